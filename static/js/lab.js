// The lab: one state, one way to change it, one way to show it.

import { Editor } from './editor.js';
import { complain, settle } from './faults.js';
import { Moments } from './moments.js';
import { Prediction } from './predict.js';
import { Plots } from './plots.js';
import { Pointing } from './pointing.js';
import { Session } from './session.js';
import { Walk } from './walk.js';
import { wireControls } from './controls.js';

const bench = /** @type {HTMLElement} */ (document.getElementById('bench'));
const said = /** @type {HTMLElement} */ (document.getElementById('said'));
const notice = /** @type {HTMLElement} */ (document.getElementById('notice'));
/** @type {import('./types').LabData} */
const first = JSON.parse(document.getElementById('lab-data')?.textContent ?? '');

export class Lab extends Walk {
  constructor() {
    super(bench, first);
    this.fresh = !new URLSearchParams(location.search).has('step');
    this.addressing = this.saying = 0;
    this.plots = new Plots(bench);
    this.seed = 180;
    this.session = new Session(
      () => this.data,
      (answer) => this.received(answer),
      (message, control) => this.complain(message, control),
    );
    this.editor = new Editor(
      (change) => this.session.ask({ change }, true),
      (name, square, key) => this.pointing.step(name, square, key),
      (name) => bench.querySelector(`[data-panel="${name}"]`),
      (message) => this.complain(message),
    );
    this.prediction = new Prediction(bench, () => this.data, () => this.show());
    this.pointing = new Pointing(bench, {
      over: (key) => this.over(key),
      choose: (key) => this.choose(key),
      edit: (panel, square, typed) => this.editor.open({ panel, square, typed }),
      change: (change, panel) => this.attempt(change, panel),
      conceals: (key) => key !== undefined && this.conceals(key),
      say: (words) => (said.textContent = words),
      single: (term) => this.stage.single(term),
    });
    // a large map's table comes when somebody turns to it
    bench.addEventListener('focusin', (event) => this.tabulate(/** @type {Element} */ (event.target)));
    bench.addEventListener('toggle', (event) => this.tabulate(/** @type {Element} */ (event.target)), true);
    wireControls(bench, this);
    this.hear(document.getElementById('lesson-card'));
    if (this.lesson.predict) this.prediction.on = true;
    this.renewed();
  }

  /** @param {string} key */
  conceals(key) {
    return this.prediction.hides(key);
  }

  /** Playing waits where a sum is to be guessed. */
  async onward() {
    if (this.player.playing && this.conceals(this.key)) return /** @type {const} */ ('end');
    return super.onward();
  }

  /** @param {boolean} whole */
  shown(whole) {
    this.prediction.show(this.conceals(this.key));
    this.mark();
    if (this.conceals(this.key)) said.textContent = '';
    else if (this.pinned || (!this.hovered && whole)) this.announce();
    this.moments.prepare(this.data.phase, this.data.step);
  }

  /** The sentence of what is lit, as it is to be heard. */
  get spoken() {
    return /** @type {HTMLElement} */ (bench.querySelector('#sentence')).dataset.spoken ?? '';
  }

  /** Puts timeline and address bar where the state is. */
  mark() {
    const scrub = /** @type {HTMLInputElement} */ (bench.querySelector('#scrub'));
    scrub.value = String(this.data.step);
    scrub.setAttribute('aria-valuetext', this.conceals(this.key) ? '?' : this.spoken);
    for (const chip of bench.querySelectorAll('.chips [data-step]')) this.chip(/** @type {HTMLElement} */ (chip));
    for (const other of document.querySelectorAll('a.language')) {
      const anchor = /** @type {HTMLAnchorElement} */ (other);
      anchor.href = this.link(anchor.hreflang);
    }
    clearTimeout(this.addressing);
    this.addressing = window.setTimeout(() => history.replaceState(null, '', this.link()), 150);
  }

  /** @param {HTMLElement} chip */
  chip(chip) {
    const here = chip.dataset.step === String(this.data.step);
    if (here === (chip.getAttribute('aria-current') === 'step')) return;
    if (!here) return chip.removeAttribute('aria-current');
    chip.setAttribute('aria-current', 'step');
    const strip = /** @type {HTMLElement} */ (chip.parentElement);
    strip.scrollLeft = chip.offsetLeft - (strip.clientWidth - chip.offsetWidth) / 2;
  }

  /** Larger, and nothing beside the stage; the same again brings it back. */
  project() {
    const on = document.documentElement.toggleAttribute('data-projector');
    document.getElementById('project')?.setAttribute('aria-pressed', String(on));
    this.plots.scale();
  }

  /** Lets go of what is pinned. */
  release() {
    this.pinned = this.hovered = undefined;
    this.show();
  }

  /** Says a finished sum once; what is passed over quickly is not said. */
  announce() {
    clearTimeout(this.saying);
    const sentence = this.spoken;
    this.saying = window.setTimeout(() => {
      if (said.textContent !== sentence) said.textContent = sentence;
    }, 150);
  }

  /** Says a setting's new value. @param {string} id of the button that changed it */
  tell(id) {
    const setting = document.getElementById(id)?.closest('[role="group"]');
    const words = `${setting?.getAttribute('aria-label')}: ${setting?.querySelector('output')?.textContent}`;
    clearTimeout(this.saying);
    this.saying = window.setTimeout(() => (said.textContent = words), 150);
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

  /** @param {object} change @param {HTMLElement} [control] what it was asked with */
  attempt(change, control) {
    return this.session.attempt({ change }, true, control);
  }

  /**
   * Another look at the same layer: a phase, a way, a batch member.
   * @param {object} view
   */
  look(view) {
    this.player.pause();
    this.fresh = 'phase' in view;
    return this.session.attempt(view, false);
  }

  /** Looks at the stage again, after something far below it was chosen. */
  face() {
    const { top } = bench.getBoundingClientRect();
    if (top < -40) bench.scrollIntoView({ block: 'start' });
  }

  /** Says what is wrong beside the control, or at the top. @param {string} message @param {HTMLElement} [control] */
  complain(message, control) {
    if (control?.isConnected) return complain(control, message);
    notice.textContent = message;
    notice.hidden = !message;
  }

  /** The server has drawn the bench anew. @param {{ html: string, data: import('./types').LabData }} answer */
  received(answer) {
    this.complain('');
    if (!this.editor.edit) settle();
    const focus = document.activeElement?.id;
    this.data = answer.data;
    /** @type {Walk} */ (this).moments.leave();
    this.moments = new Moments(answer.data);
    this.hovered = this.pinned = undefined;
    this.editor.across(() => {
      bench.innerHTML = answer.html;
      this.renewed();
      if (focus) this.refocus(focus);
    });
  }

  /** The focus goes back to where it was; a button that is done for now gives it to its neighbour. @param {string} id */
  refocus(id) {
    const other = { undo: 'redo', redo: 'undo' }[id] ?? '';
    for (const name of [id, other, 'cursor-input']) {
      const element = document.getElementById(name);
      if (!element || element.matches(':disabled')) continue;
      return element.focus({ preventScroll: true });
    }
  }

  /** @param {Element} target */
  async tabulate(target) {
    const late = target.closest('.panel')?.querySelector('.as-table[data-late]');
    if (!(late instanceof HTMLElement) || target.matches('details:not([open])')) return;
    delete late.dataset.late;
    const panel = target.closest('.panel')?.getAttribute('data-panel');
    const rows = await this.session.table(panel ?? '').catch(() => undefined);
    if (rows === undefined) late.dataset.late = '';
    else /** @type {HTMLElement} */ (late.querySelector('tbody')).innerHTML = rows;
  }

  /** The bench was drawn by the server: take hold of it. */
  renewed() {
    delete bench.dataset.plotted;
    this.stage.renew();
    this.pointing.renew();
    const seed = /** @type {HTMLInputElement} */ (bench.querySelector('#seed'));
    seed.value = String(this.seed);
    const speed = /** @type {HTMLSelectElement} */ (bench.querySelector('#speed'));
    speed.value = this.sums ? 'sums' : String(this.player.speed);
    const undo = /** @type {HTMLButtonElement} */ (bench.querySelector('#undo'));
    const redo = /** @type {HTMLButtonElement} */ (bench.querySelector('#redo'));
    undo.disabled = !this.session.past.length;
    redo.disabled = !this.session.future.length;
    this.show();
    this.plots.renew(this.data);
  }
}

new Lab();
bench.dataset.ready = 'true';
