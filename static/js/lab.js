// The lab: one state, one way to change it, one way to show it.

import { Editor } from './editor.js';
import { Moments } from './moments.js';
import { Player } from './player.js';
import { Plots } from './plots.js';
import { Pointing } from './pointing.js';
import { Refused, postFile, postJson } from './server.js';
import { Stage } from './stage.js';
import { wireControls } from './controls.js';

const bench = /** @type {HTMLElement} */ (document.getElementById('bench'));
const said = /** @type {HTMLElement} */ (document.getElementById('said'));
const notice = /** @type {HTMLElement} */ (document.getElementById('notice'));
/** @type {import('./types').LabData} */
const first = JSON.parse(document.getElementById('lab-data')?.textContent ?? '');

export class Lab {
  constructor() {
    this.addressing = 0;
    this.data = first;
    this.moments = new Moments(first);
    this.stage = new Stage(bench);
    this.plots = new Plots(bench, `${first.root}/plotly.js`);
    /** @type {string | undefined} */
    this.hovered = undefined;
    /** @type {string | undefined} */
    this.pinned = undefined;
    this.touched = false;
    this.seed = 180;
    /** @type {string[]} */
    this.past = [];
    /** @type {string[]} */
    this.future = [];
    this.busy = Promise.resolve();
    this.player = new Player(() => this.onward(), (playing) => this.playing(playing));
    this.editor = new Editor((change) => this.change(change), (name, square, key) => this.follow(name, square, key));
    this.pointing = new Pointing(bench, {
      over: (key) => this.over(key),
      choose: (key) => this.choose(key),
      edit: (panel, square, typed) => this.editor.open({ panel, square, typed }),
      change: (change) => this.attempt(change),
      say: (words) => (said.textContent = words),
      single: (term) => this.stage.single(term),
    });
    wireControls(bench, this);
    this.renewed();
  }

  get key() {
    return `${this.data.phase}/${this.data.step}`;
  }

  /** Shows the state as it is; the only way anything gets on the screen. */
  async show() {
    const key = this.hovered ?? this.pinned ?? this.key;
    const [light, current] = await Promise.all([this.moments.get(key), this.moments.get(this.key)]);
    if (!light || !current || key !== (this.hovered ?? this.pinned ?? this.key)) return;
    const landed = this.data.term < 0 ? current.terms : Math.min(this.data.term, current.terms);
    this.stage.show({
      key,
      light,
      term: key === this.key ? landed : light.terms,
      current,
      currentTerm: landed,
    });
    this.mark();
    this.moments.prepare(this.data.phase, this.data.step);
  }

  /** Puts timeline and address bar where the state is. */
  mark() {
    const scrub = /** @type {HTMLInputElement} */ (bench.querySelector('#scrub'));
    scrub.value = String(this.data.step);
    scrub.setAttribute('aria-valuetext', bench.querySelector('#sentence')?.textContent ?? '');
    for (const chip of bench.querySelectorAll('.chips [data-step]')) {
      const here = /** @type {HTMLElement} */ (chip).dataset.step === String(this.data.step);
      if (here) chip.setAttribute('aria-current', 'step');
      else chip.removeAttribute('aria-current');
    }
    clearTimeout(this.addressing);
    this.addressing = window.setTimeout(() => history.replaceState(null, '', this.link()), 150);
  }

  /** The address of the state as it is. */
  link() {
    const { spec, phase, step, term, member, way, language, root } = this.data;
    const query = [`lang=${language}`, `spec=${spec}`, `phase=${phase}`, `step=${step}`];
    if (term >= 0) query.push(`term=${term}`);
    if (member) query.push(`member=${member}`);
    if (way !== 'gather') query.push(`way=${way}`);
    return `${root}/lab?${query.join('&')}`;
  }

  /** @param {number} step @param {number} [term] */
  go(step, term = -1) {
    this.touched = true;
    this.pinned = this.hovered = undefined;
    this.data.step = Math.max(0, Math.min(step, this.data.steps - 1));
    this.data.term = term;
    return this.show();
  }

  /** The next contribution, or the next step; what playing does. */
  async onward() {
    if (!this.touched) {
      await this.go(0, 0);
      return /** @type {const} */ ('step');
    }
    const moment = await this.moments.get(this.key);
    const terms = moment?.terms ?? 0;
    if (this.data.term >= 0 && this.data.term < terms) {
      await this.go(this.data.step, this.data.term + 1);
      return /** @type {const} */ ('term');
    }
    if (this.data.step >= this.data.steps - 1) return /** @type {const} */ ('end');
    await this.go(this.data.step + 1, 0);
    return /** @type {const} */ ('step');
  }

  async backward() {
    const moment = await this.moments.get(this.key);
    const term = this.data.term < 0 ? (moment?.terms ?? 0) : this.data.term;
    if (term > 0) return this.go(this.data.step, term - 1);
    if (this.data.step > 0) return this.go(this.data.step - 1);
    return undefined;
  }

  /** Larger, and nothing beside the stage; the same again brings it back. */
  project() {
    document.documentElement.toggleAttribute('data-projector');
    this.plots.scale();
  }

  /** Lets go of what is pinned. */
  release() {
    this.pinned = this.hovered = undefined;
    this.show();
  }

  /** @param {boolean} playing */
  playing(playing) {
    const button = /** @type {HTMLElement} */ (bench.querySelector('#play'));
    bench.classList.toggle('playing', playing);
    button.setAttribute('aria-label', (playing ? button.dataset.pause : button.dataset.play) ?? '');
    if (!playing) this.announce();
  }

  play() {
    const done = this.touched && this.data.step >= this.data.steps - 1 && this.data.term < 0;
    if (!this.player.playing && done) this.go(0, 0).then(() => this.player.play());
    else this.player.toggle();
  }

  announce() {
    said.textContent = bench.querySelector('#sentence')?.textContent ?? '';
  }

  /** @param {string | undefined} key */
  over(key) {
    if (key === this.hovered || this.player.playing) return;
    this.hovered = key;
    this.show();
  }

  /** @param {string} key */
  choose(key) {
    this.player.pause();
    const [phase, step] = key.split('/');
    this.hovered = undefined;
    if (phase === this.data.phase) {
      this.go(Number(step)).then(() => this.announce());
    } else {
      this.pinned = this.pinned === key ? undefined : key;
      this.show().then(() => this.announce());
    }
  }

  /** @param {object} change */
  attempt(change) {
    return this.change(change).catch((error) => {
      if (!(error instanceof Refused)) throw error;
      this.complain(error.message);
    });
  }

  /** @param {string} message */
  complain(message) {
    notice.textContent = message;
    notice.hidden = !message;
  }

  /**
   * Changes the layer, one change after the other.
   * @param {object} change
   */
  change(change) {
    const next = this.busy.then(() => this.ask({ change }, true));
    this.busy = next.catch(() => {});
    return next;
  }

  /**
   * @param {object} more
   * @param {boolean} remember
   */
  async ask(more, remember) {
    const { spec, phase, step, term, member, way, language, root } = this.data;
    const body = { spec, phase, step, term, member, way, language, ...more };
    const answer = await postJson(`${root}/lab/view`, body, language);
    if (remember && answer.data.spec !== spec) {
      this.past.push(spec);
      this.future = [];
    }
    this.received(answer);
  }

  /** @param {'past' | 'future'} from @param {'past' | 'future'} to */
  travel(from, to) {
    const spec = this[from].pop();
    if (spec === undefined) return;
    this[to].push(this.data.spec);
    this.ask({ spec }, false);
  }

  /**
   * Another look at the same layer: a phase, a way, a batch member.
   * @param {object} view
   */
  look(view) {
    this.player.pause();
    this.touched = true;
    this.ask(view, false);
  }

  /** @param {Blob} file */
  async upload(file) {
    const { spec, phase, way, language, root } = this.data;
    const query = new URLSearchParams({ spec, phase, way, lang: language });
    try {
      const answer = await postFile(`${root}/lab/picture?${query}`, file, language);
      this.past.push(spec);
      this.future = [];
      this.received(answer);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.complain(error.message);
    }
  }

  /** @param {{ html: string, data: import('./types').LabData }} answer */
  received(answer) {
    this.complain('');
    const focus = document.activeElement?.id;
    this.editor.close();
    bench.innerHTML = answer.html;
    this.data = answer.data;
    this.moments = new Moments(answer.data);
    this.hovered = this.pinned = undefined;
    this.renewed();
    if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
  }

  /** The bench was drawn by the server: take hold of it. */
  renewed() {
    delete bench.dataset.plotted;
    this.stage.renew();
    this.pointing.renew();
    const seed = /** @type {HTMLInputElement} */ (bench.querySelector('#seed'));
    seed.value = String(this.seed);
    const undo = /** @type {HTMLButtonElement} */ (bench.querySelector('#undo'));
    const redo = /** @type {HTMLButtonElement} */ (bench.querySelector('#redo'));
    undo.disabled = !this.past.length;
    redo.disabled = !this.future.length;
    this.show();
    this.plots.renew(this.data);
  }

  /**
   * After an entry: on to the next cell, as in a spreadsheet.
   * @param {string} name
   * @param {number} square
   * @param {string} key
   */
  follow(name, square, key) {
    this.pointing.step(name, square, key);
  }
}

new Lab();
bench.dataset.ready = 'true';
