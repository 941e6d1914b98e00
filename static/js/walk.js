// Where a reader stands in a layer, and how to go on: the same in the lab and in a scene.

import { Moments } from './moments.js';
import { Player } from './player.js';
import { Stage } from './stage.js';

const FEW = 16; // steps of a layer that is played from its first; a picture from where it matters

export class Walk {
  /**
   * @param {HTMLElement} root what the server has drawn
   * @param {import('./types').LabData} data
   */
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.moments = new Moments(data);
    this.stage = new Stage(root);
    this.player = new Player(() => this.onward(), (playing) => this.playing(playing));
    /** @type {string | undefined} a moment that is pointed at */
    this.hovered = undefined;
    /** @type {string | undefined} a moment that was clicked and is not the player's */
    this.pinned = undefined;
    this.fresh = true; // nobody has chosen where to stand
    this.sums = false; // playing goes from sum to sum, not from term to term
    this.lesson = data.lesson ?? {};
    /** @type {HTMLElement[]} words that point at a moment */
    this.words = [];
  }

  /** Words that light the figure when they are pointed at, and are lit by it. @param {ParentNode | null} text */
  hear(text) {
    this.words = [...(text?.querySelectorAll('.see') ?? [])].map((word) => /** @type {HTMLElement} */ (word));
    for (const word of this.words) {
      const key = word.dataset.moment ?? '';
      for (const name of ['pointerenter', 'focus']) word.addEventListener(name, () => this.over(key));
      for (const name of ['pointerleave', 'blur']) word.addEventListener(name, () => this.over(undefined));
      word.addEventListener('click', () => this.choose(key));
    }
  }

  /** @param {string} _key a moment that is clicked */
  choose(_key) {}

  get key() {
    return `${this.data.phase}/${this.data.step}`;
  }

  /** Which moment is lit. */
  get lit() {
    return this.hovered ?? this.pinned ?? this.key;
  }

  /** The address, in the lab, of the state as it is. */
  link(language = this.data.language, lesson = this.lesson) {
    const { spec, phase, step, term, member, way, beside, mistake, names, root } = this.data;
    const query = [`lang=${language}`, `spec=${spec}`, `phase=${phase}`, `step=${step}`];
    if (term >= 0) query.push(`term=${term}`);
    if (member) query.push(`member=${member}`);
    if (way !== 'gather') query.push(`way=${way}`);
    if (beside) query.push(`beside=${beside}`);
    if (beside === 'mistakes' && mistake) query.push(`mistake=${mistake}`);
    if (names !== 'math') query.push(`names=${names}`);
    for (const [name, value] of Object.entries(lesson)) if (value) query.push(`${name}=${encodeURIComponent(value)}`);
    return `${root}/lab?${query.join('&')}`;
  }

  /** Whether a moment keeps its sum to itself. @param {string} _key */
  conceals(_key) {
    return false;
  }

  /** After something is on the screen. @param {boolean} _whole whether the player's sum is complete */
  shown(_whole) {}

  /** Shows the state as it is; the only way anything gets on the screen. */
  async show() {
    const key = this.lit;
    const [light, current] = await Promise.all([this.moments.get(key), this.moments.get(this.key)]);
    if (!light || !current || key !== this.lit) return;
    const reached = this.data.term < 0 ? current.terms : Math.min(this.data.term, current.terms);
    const currentTerm = this.conceals(this.key) ? 0 : reached;
    const term = key === this.key ? currentTerm : this.conceals(key) ? 0 : light.terms;
    this.stage.show({ key, light, term, current, currentTerm });
    this.root.classList.toggle('underway', term < light.terms);
    for (const word of this.words) word.classList.toggle('lit', word.dataset.moment === key);
    this.shown(currentTerm === current.terms);
  }

  /** @param {number} step @param {number} [term] */
  go(step, term = -1) {
    this.fresh = false;
    this.pinned = this.hovered = undefined;
    this.data.step = Math.max(0, Math.min(step, this.data.steps - 1));
    this.data.term = term;
    return this.show();
  }

  /**
   * The next contribution, or the next step; what playing does.
   * @returns {Promise<'term' | 'step' | 'end'>}
   */
  async onward() {
    if (this.sums && this.player.playing) {
      if (this.data.step >= this.data.steps - 1) return 'end';
      await this.go(this.data.step + 1);
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
    if (this.data.step > 0) return this.go(this.data.step - 1);
    return undefined;
  }

  /** Plays or pauses. A page just opened plays from the first node, a finished one again. */
  async play() {
    if (this.player.playing) return this.player.pause();
    const { step, steps, term } = this.data;
    const terms = (await this.moments.get(this.key))?.terms ?? 0;
    const over = step >= steps - 1 && (term < 0 || term >= terms);
    const anew = this.fresh || over;
    if (anew) await this.go(steps > FEW && this.fresh ? step : 0, 0);
    return this.player.play(anew);
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
}
