// Predict first: a node keeps its sum to itself until the reader has said what it will be.

import { Refused, postJson } from './server.js';

export class Prediction {
  /**
   * @param {HTMLElement} bench
   * @param {() => import('./types').LabData} now
   * @param {() => void} changed
   */
  constructor(bench, now, changed) {
    this.bench = bench;
    this.now = now;
    this.changed = changed;
    this.on = false;
    /** @type {Set<string>} nodes whose sum was found, or shown */
    this.open = new Set();
    bench.addEventListener('submit', (event) => {
      event.preventDefault();
      this.ask();
    });
  }

  /** Whether a moment has to keep its sum to itself. @param {string} key */
  hides(key) {
    return this.on && key.startsWith('deltas/') && !this.open.has(this.name(key));
  }

  /** @param {string} key */
  name(key) {
    const { spec, member } = this.now();
    return `${spec} ${member} ${key}`;
  }

  /** Shows the sum without a guess. */
  give() {
    const { phase, step } = this.now();
    this.open.add(this.name(`${phase}/${step}`));
    this.say('', false);
    this.changed();
  }

  /** Puts the form where the state is; `hidden` says whether the sum is. @param {boolean} hidden */
  show(hidden) {
    const form = /** @type {HTMLFormElement | null} */ (this.bench.querySelector('#prediction'));
    this.bench.classList.toggle('predicting', hidden);
    this.bench.querySelector('#predict')?.setAttribute('aria-pressed', String(this.on));
    if (!form) return;
    const { phase, step } = this.now();
    const key = this.name(`${phase}/${step}`);
    form.hidden = !this.on;
    form.classList.toggle('done', !hidden);
    if (form.dataset.key === key) return;
    form.dataset.key = key;
    form.reset();
    this.say('', false);
  }

  /** @param {string} words @param {boolean} good */
  say(words, good) {
    const judgement = this.bench.querySelector('#judgement');
    if (!judgement) return;
    judgement.textContent = words;
    judgement.className = good ? 'good' : 'bad';
  }

  async ask() {
    const guess = /** @type {HTMLInputElement} */ (this.bench.querySelector('#guess'));
    const { spec, phase, step, member, language, root } = this.now();
    const body = { spec, phase, step, member, language, text: guess.value };
    try {
      const answer = await postJson(`${root}/lab/predict`, body, language);
      if (answer.correct) this.give();
      this.say(answer.said, answer.correct);
      if (!answer.correct) guess.select();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.say(error.message, false);
    }
  }
}
