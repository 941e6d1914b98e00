// Moments by key (phase/step): those that came with the page, and the others when they are asked for.

import { postJson, standing } from './server.js';

const AHEAD = 12; // steps fetched together: enough that playing does not wait

export class Moments {
  /** @param {import('./types').LabData} data */
  constructor(data) {
    /** @type {Map<string, import('./types').Moment>} */
    this.known = new Map(Object.entries(data.moments));
    this.data = data;
    /** @type {Map<string, Promise<void>>} */
    this.asked = new Map();
  }

  /** @param {string} key */
  has(key) {
    return this.known.has(key);
  }

  /**
   * The moment, at once if it is known.
   * @param {string} key
   * @returns {Promise<import('./types').Moment | undefined>}
   */
  async get(key) {
    if (!this.known.has(key)) await this.fetch(key);
    return this.known.get(key);
  }

  /**
   * Fetches a step and those after it.
   * @param {string} key
   */
  fetch(key) {
    const waiting = this.asked.get(key);
    if (waiting) return waiting;
    const [phase, number] = key.split('/');
    const first = Number(number);
    const last = phase === this.data.phase ? Math.min(first + AHEAD, this.data.steps) : first + 1;
    /** @type {string[]} */
    const keys = [];
    for (let step = first; step < last; step++) {
      const next = `${phase}/${step}`;
      if (!this.known.has(next) && !this.asked.has(next)) keys.push(next);
    }
    const { root, language } = this.data;
    const request = postJson(`${root}/lab/moments`, { ...standing(this.data), keys }, language)
      .then((answer) => {
        for (const [name, moment] of Object.entries(answer.moments)) this.known.set(name, moment);
      })
      .finally(() => keys.forEach((name) => this.asked.delete(name)));
    keys.forEach((name) => this.asked.set(name, request));
    return request;
  }

  /**
   * Has the steps that follow one ready.
   * @param {string} phase
   * @param {number} step
   */
  prepare(phase, step) {
    const ahead = `${phase}/${step + AHEAD / 2}`;
    if (step + AHEAD / 2 < this.data.steps && !this.known.has(ahead)) this.fetch(ahead).catch(() => {});
  }
}
