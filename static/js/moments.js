// Moments by key (phase/step): those that came with the page, and the others when they are asked for.

import { postJson, standing } from './server.js';

const LATER = 150; // ms after an edit: its own sum first, the others of a small layer when nobody waits
const AHEAD = 12; // steps fetched together: enough that playing does not wait

export class Moments {
  /** @param {import('./types').LabData} data */
  constructor(data) {
    /** @type {Map<string, import('./types').Moment>} */
    this.known = new Map(Object.entries(data.moments));
    this.data = data;
    /** @type {Map<string, Promise<void>>} */
    this.asked = new Map();
    this.timer = data.later?.length ? window.setTimeout(() => this.fetchAll(data.later ?? []).catch(() => {}), LATER) : 0;
  }

  /** The layer has changed: nothing more is wanted of this one. */
  leave() {
    clearTimeout(this.timer);
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
    return this.fetchAll(keys);
  }

  /** @param {string[]} keys @returns {Promise<void>} */
  fetchAll(keys) {
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
