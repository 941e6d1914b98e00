// The story: each scene's figure plays by itself; Space goes from one to the next.

import { Pointing } from './pointing.js';
import { Walk } from './walk.js';

class Figure extends Walk {
  /**
   * Takes hold of what the server has drawn in a slot.
   * @param {HTMLElement} slot
   */
  constructor(slot) {
    const root = /** @type {HTMLElement} */ (slot.querySelector('[data-figure]'));
    super(root, JSON.parse(root.querySelector('script')?.textContent ?? ''));
    this.slot = slot;
    this.stage.renew();
    this.pointing = new Pointing(root, {
      over: (key) => this.over(key),
      choose: (key) => this.choose(key),
      edit: () => {},
      change: () => {},
      conceals: () => false,
      say: () => {},
      single: (term) => this.stage.single(term),
    });
    this.pointing.renew();
    this.hear(slot.parentElement);
    root.addEventListener('click', (event) => this.clicked(/** @type {Element} */ (event.target)));
    this.show();
    root.dataset.ready = 'true';
  }

  shown() {
    const open = /** @type {HTMLAnchorElement} */ (this.root.querySelector('a.open'));
    open.href = this.link();
  }

  /** A scene stays with what it is about. @param {string | undefined} key */
  over(key) {
    super.over(key?.startsWith(`${this.data.phase}/`) ? key : undefined);
  }

  /** Where no term is written out, a step is a whole sum. */
  async onward() {
    if (this.stage.part('formula')) return super.onward();
    if (this.data.step >= this.data.steps - 1) return /** @type {const} */ ('end');
    await this.go(this.data.step + 1);
    return /** @type {const} */ ('step');
  }

  async backward() {
    if (this.stage.part('formula')) return super.backward();
    return this.go(this.data.step - 1);
  }

  /** @param {string} key */
  choose(key) {
    const [phase, step] = key.split('/');
    if (phase === this.data.phase) this.go(Number(step));
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
for (const slot of document.querySelectorAll('.scene > .slot')) near.observe(slot);

const scenes = [...document.querySelectorAll('.scene')];

/** The figure that is looked at: the one in the middle of the window. */
function current() {
  const middle = innerHeight / 2;
  const scene = scenes.find((one) => one.getBoundingClientRect().bottom > middle);
  return figures.get(scene?.querySelector(':scope > .slot') ?? document.body);
}

/** @type {Element | null} what a pointer pressed last: it has the focus, and no claim to the keys */
let pressed = null;
document.addEventListener('click', (event) => {
  if (event.detail) pressed = /** @type {Element} */ (event.target).closest('button, summary, a');
});

// Space goes to the next scene, arrow keys step through the one that is looked at.
document.addEventListener('keydown', (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const held = target.closest('button, summary, a, [tabindex]');
  if (target.closest('input, select, textarea') || (held && held !== pressed)) return;
  if (event.key === ' ') {
    target.blur(); // else the key, let go, would press it
    const next = scenes.find((scene) => scene.getBoundingClientRect().top > 40);
    next?.scrollIntoView({ block: 'start' });
  } else if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
    const figure = current();
    figure?.player.pause();
    if (event.key === 'ArrowRight') figure?.onward();
    else figure?.backward();
  } else return;
  event.preventDefault();
});
