// The lab: one state, one way to change it, one way to show it.

import { Editor } from './editor.js';
import { Moments } from './moments.js';
import { Player } from './player.js';
import { Prediction } from './predict.js';
import { Plots } from './plots.js';
import { Pointing } from './pointing.js';
import { Session } from './session.js';
import { Stage } from './stage.js';
import { wireControls } from './controls.js';

const bench = /** @type {HTMLElement} */ (document.getElementById('bench'));
const said = /** @type {HTMLElement} */ (document.getElementById('said'));
const notice = /** @type {HTMLElement} */ (document.getElementById('notice'));
/** @type {import('./types').LabData} */
const first = JSON.parse(document.getElementById('lab-data')?.textContent ?? '');

export class Lab {
  constructor() {
    this.addressing = this.saying = 0;
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
    this.session = new Session(
      () => this.data,
      (answer) => this.received(answer),
      (message) => this.complain(message),
    );
    this.player = new Player(() => this.onward(), (playing) => this.playing(playing));
    this.editor = new Editor((change) => this.session.ask({ change }, true), (name, square, key) => this.follow(name, square, key));
    this.prediction = new Prediction(bench, () => this.data, () => this.show());
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
    const hidden = this.prediction.hides(this.key);
    const reached = this.data.term < 0 ? current.terms : Math.min(this.data.term, current.terms);
    const landed = hidden ? 0 : reached;
    this.stage.show({
      key,
      light,
      term: key === this.key ? landed : this.prediction.hides(key) ? 0 : light.terms,
      current,
      currentTerm: landed,
    });
    this.prediction.show(hidden);
    this.mark();
    if (this.pinned || (!this.hovered && landed === current.terms)) this.announce();
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
    const { spec, phase, step, term, member, way, beside, mistake, language, root } = this.data;
    const query = [`lang=${language}`, `spec=${spec}`, `phase=${phase}`, `step=${step}`];
    if (term >= 0) query.push(`term=${term}`);
    if (member) query.push(`member=${member}`);
    if (way !== 'gather') query.push(`way=${way}`);
    if (beside) query.push(`beside=${beside}`);
    if (beside === 'mistakes' && mistake) query.push(`mistake=${mistake}`);
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
  }

  play() {
    const done = this.touched && this.data.step >= this.data.steps - 1 && this.data.term < 0;
    if (!this.player.playing && done) this.go(0, 0).then(() => this.player.play());
    else this.player.toggle();
  }

  /** Says a finished sum once; what is passed over quickly is not said. */
  announce() {
    clearTimeout(this.saying);
    const sentence = bench.querySelector('#sentence')?.textContent ?? '';
    this.saying = window.setTimeout(() => {
      if (said.textContent !== sentence) said.textContent = sentence;
    }, 150);
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
      this.go(Number(step));
    } else {
      this.pinned = this.pinned === key ? undefined : key;
      this.show();
    }
  }

  /** @param {object} change */
  attempt(change) {
    return this.session.attempt({ change }, true);
  }

  /**
   * Another look at the same layer: a phase, a way, a batch member.
   * @param {object} view
   */
  look(view) {
    this.player.pause();
    this.touched = true;
    return this.session.attempt(view, false);
  }

  /** Looks at the stage again, after something far below it was chosen. */
  face() {
    const { top } = bench.getBoundingClientRect();
    if (top < -40) bench.scrollIntoView({ block: 'start' });
  }

  /** @param {string} message */
  complain(message) {
    notice.textContent = message;
    notice.hidden = !message;
  }

  /** The server has drawn the bench anew. @param {{ html: string, data: import('./types').LabData }} answer */
  received(answer) {
    this.complain('');
    const focus = document.activeElement?.id;
    this.data = answer.data;
    this.moments = new Moments(answer.data);
    this.hovered = this.pinned = undefined;
    this.editor.across(
      () => {
        bench.innerHTML = answer.html;
        this.renewed();
        if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
      },
      (name) => bench.querySelector(`[data-panel="${name}"]`),
    );
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
    undo.disabled = !this.session.past.length;
    redo.disabled = !this.session.future.length;
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
