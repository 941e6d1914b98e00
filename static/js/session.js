// The layer's history: every change goes to the server, one after the other, and can be undone.

import { Refused, postFile, postJson, standing } from './server.js';

/** @typedef {{ html: string, data: import('./types').LabData }} Answer */

export class Session {
  /**
   * @param {() => import('./types').LabData} now where the reader stands
   * @param {(answer: Answer) => void} received
   * @param {(message: string, control?: HTMLElement) => void} complain
   */
  constructor(now, received, complain) {
    this.now = now;
    this.received = received;
    this.complain = complain;
    /** @type {string[]} permalinks before this one */
    this.past = [];
    /** @type {string[]} and after it, once something was undone */
    this.future = [];
    /** @type {Promise<unknown>} */
    this.busy = Promise.resolve();
  }

  /**
   * Asks for a change or another view; waits for those before it.
   * @param {object} more
   * @param {boolean} remember
   * @returns {Promise<void>}
   */
  ask(more, remember) {
    return this.queue(() => this.post('view', more), remember);
  }

  /** The rows of a panel's table, as HTML. @param {string} panel @returns {Promise<string>} */
  async table(panel) {
    return (await this.post('table', { panel })).rows;
  }

  /** @param {string} what @param {object} more */
  post(what, more) {
    const { root, language } = this.now();
    return postJson(`${root}/lab/${what}`, { ...standing(this.now()), ...more }, language);
  }

  /**
   * The same, with a refusal shown instead of thrown.
   * @param {object} more
   * @param {boolean} remember
   * @param {HTMLElement} [control] what it was asked with
   */
  attempt(more, remember, control) {
    return this.ask(more, remember).catch((error) => this.refused(error, control));
  }

  /** @param {Blob} file @param {HTMLElement} [control] */
  upload(file, control) {
    return this.queue(() => {
      const { spec, phase, way, beside, mistake, names, language, root } = this.now();
      const query = new URLSearchParams({ spec, phase, way, beside, mistake, names, lang: language });
      return postFile(`${root}/lab/picture?${query}`, file, language);
    }, true).catch((error) => this.refused(error, control));
  }

  /** @param {'past' | 'future'} from @param {'past' | 'future'} to */
  travel(from, to) {
    const spec = this[from].pop();
    if (spec === undefined) return;
    this[to].push(this.now().spec);
    this.attempt({ spec }, false);
  }

  /**
   * @param {() => Promise<Answer>} request
   * @param {boolean} remember
   */
  queue(request, remember) {
    const next = this.busy.then(request).then((answer) => {
      const before = this.now().spec;
      if (remember && answer.data.spec !== before) {
        this.past.push(before);
        this.future = [];
      }
      this.received(answer);
    });
    this.busy = next.catch(() => {});
    return next;
  }

  /** @param {unknown} error @param {HTMLElement} [control] */
  refused(error, control) {
    if (!(error instanceof Refused)) throw error;
    this.complain(error.message, control);
  }
}
