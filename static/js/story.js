// The story: each scene's figure plays by itself; Space goes from one to the next.

import { Moments } from './moments.js';
import { Player } from './player.js';
import { Pointing } from './pointing.js';
import { Stage } from './stage.js';

class Figure {
  /**
   * Takes hold of what the server has drawn in a slot.
   * @param {HTMLElement} slot
   */
  constructor(slot) {
    this.slot = slot;
    this.root = /** @type {HTMLElement} */ (this.slot.querySelector('[data-figure]'));
    /** @type {import('./types').LabData} */
    this.data = JSON.parse(this.root.querySelector('script')?.textContent ?? '');
    this.moments = new Moments(this.data);
    this.stage = new Stage(this.root);
    this.stage.renew();
    this.player = new Player(() => this.onward(), (playing) => this.playing(playing));
    this.pointing = new Pointing(this.root, {
      over: (key) => this.over(key),
      choose: (key) => this.choose(key),
      edit: () => {},
      change: () => {},
      say: () => {},
      single: (term) => this.stage.single(term),
    });
    this.pointing.renew();
    /** @type {string | undefined} */
    this.hovered = undefined;
    this.touched = false;
    this.root.addEventListener('click', (event) => this.clicked(/** @type {Element} */ (event.target)));
    this.show();
  }

  get key() {
    return `${this.data.phase}/${this.data.step}`;
  }

  async show() {
    const key = this.hovered ?? this.key;
    const [light, current] = await Promise.all([this.moments.get(key), this.moments.get(this.key)]);
    if (!light || !current || key !== (this.hovered ?? this.key)) return;
    const landed = this.data.term < 0 ? current.terms : Math.min(this.data.term, current.terms);
    const term = key === this.key ? landed : light.terms;
    this.stage.show({ key, light, term, current, currentTerm: landed });
  }

  /** @param {number} step @param {number} term */
  go(step, term) {
    this.touched = true;
    this.hovered = undefined;
    this.data.step = step;
    this.data.term = term;
    return this.show();
  }

  /** @returns {Promise<'term' | 'step' | 'end'>} */
  async onward() {
    if (!this.touched) {
      await this.go(0, 0);
      return 'step';
    }
    const terms = (await this.moments.get(this.key))?.terms ?? 0;
    if (this.data.term >= 0 && this.data.term < terms) {
      await this.go(this.data.step, this.data.term + 1);
      return 'term';
    }
    if (this.data.step >= this.data.steps - 1) return 'end';
    await this.go(this.data.step + 1, 0);
    return 'step';
  }

  async backward() {
    const terms = (await this.moments.get(this.key))?.terms ?? 0;
    const term = this.data.term < 0 ? terms : this.data.term;
    if (term > 0) return this.go(this.data.step, term - 1);
    if (this.data.step > 0) return this.go(this.data.step - 1, -1);
    return undefined;
  }

  /** @param {boolean} playing */
  playing(playing) {
    const button = /** @type {HTMLElement} */ (this.root.querySelector('[data-act="play"]'));
    this.root.classList.toggle('playing', playing);
    button.setAttribute('aria-label', (playing ? button.dataset.pause : button.dataset.play) ?? '');
  }

  /** @param {string | undefined} key */
  over(key) {
    if (key === this.hovered || this.player.playing) return;
    this.hovered = key;
    this.show();
  }

  /** @param {string} key */
  choose(key) {
    const [phase, step] = key.split('/');
    if (phase === this.data.phase) this.go(Number(step), -1);
  }

  /** @param {Element} target */
  clicked(target) {
    const button = /** @type {HTMLElement | null} */ (target.closest('button'));
    const act = button?.dataset.act;
    if (button?.dataset.operation) this.exchange(button.dataset.operation);
    else if (act === 'play') this.play();
    else if (act === 'turn') this.stage.turn();
    else if (act === 'forth' || act === 'back') {
      this.player.pause();
      if (act === 'forth') this.onward();
      else this.backward();
    }
  }

  play() {
    const over = this.touched && this.data.step >= this.data.steps - 1 && !this.player.playing;
    if (over) this.go(0, 0).then(() => this.player.play());
    else this.player.toggle();
  }

  /** The same scene in the other operation. @param {string} operation */
  async exchange(operation) {
    this.player.pause();
    const { language, root } = this.data;
    const name = this.root.dataset.figure;
    const response = await fetch(`${root}/story/${name}?lang=${language}&operation=${operation}`);
    this.slot.innerHTML = await response.text();
    figures.set(this.slot, new Figure(this.slot));
    /** @type {HTMLElement | null} */ (this.slot.querySelector(`[data-operation="${operation}"]`))?.focus();
  }
}

/** @type {Map<Element, Figure>} */
const figures = new Map();
const near = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting && !figures.has(target)) figures.set(target, new Figure(/** @type {HTMLElement} */ (target)));
      else if (!isIntersecting) figures.get(target)?.player.pause();
    }
  },
  { rootMargin: '200px' },
);
for (const slot of document.querySelectorAll('.slot')) near.observe(slot);

// Space goes on: first the scene plays, then the next one comes.
document.addEventListener('keydown', (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.key !== ' ' || target.closest('button, summary, input, select, a, .scroll')) return;
  event.preventDefault();
  const scenes = [...document.querySelectorAll('.scene')];
  const next = scenes.find((scene) => scene.getBoundingClientRect().top > 40);
  next?.scrollIntoView({ block: 'start' });
});
