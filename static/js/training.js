// The training: events come in order and are shown in order; a pause keeps them waiting.

import { loadPlotly } from './plots.js';
import { Refused, postJson } from './server.js';
import { events } from './stream.js';

/** @param {string} id */
const found = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {string} template @param {Record<string, unknown>} facts */
const filled = (template, facts) => template.replace(/\{(\w+)\}/g, (_, name) => String(facts[name] ?? ''));

/** @typedef {import('./types').NetworkData} Data */

export class Training {
  /**
   * @param {() => Data} now what the page knows; a change of the form replaces it
   * @param {() => HTMLElement | null} faulty the form's first field that is wrong
   * @param {(message: string) => void} complain
   */
  constructor(now, faulty, complain) {
    this.now = now;
    this.faulty = faulty;
    this.complain = complain;
    this.start = /** @type {HTMLButtonElement} */ (found('start'));
    this.cancel = /** @type {HTMLButtonElement} */ (found('cancel'));
    /** @type {AbortController | null} */
    this.going = null;
    this.paused = false;
    /** @type {(() => void) | null} */
    this.resume = null;
    this.drawn = 0;
    this.start.addEventListener('click', () => (this.going ? this.pause() : this.run()));
    this.cancel.addEventListener('click', () => {
      this.going?.abort();
      this.resume?.(); // what waits in a pause is let go
    });
    document.addEventListener('theme', () => this.charts());
    this.empty();
  }

  get data() {
    return this.now();
  }

  empty() {
    /** @type {Record<string, Record<string, { x: number[], y: number[] }>>} */
    this.points = { loss: {}, accuracy: {} };
    for (const lines of Object.values(this.points)) for (const [run] of this.data.runs) lines[run] = { x: [], y: [] };
    /** @type {Record<string, Record<string, any>>} */
    this.checks = {};
  }

  pause() {
    this.paused = !this.paused;
    this.label();
    if (!this.paused) this.resume?.();
  }

  label() {
    const { start, pause, resume } = this.data.said;
    this.start.textContent = (!this.going ? start : this.paused ? resume : pause) ?? '';
    this.cancel.disabled = !this.going;
  }

  async run() {
    const wrong = this.faulty();
    if (wrong) return wrong.focus(); // what would be trained is not what the form says
    this.empty();
    this.paused = false;
    const going = (this.going = new AbortController());
    this.label();
    this.complain('');
    found('outcome').hidden = true;
    found('charts').hidden = false;
    found('waiting').hidden = true;
    try {
      await this.charts();
      for await (const { name, value } of events(`${this.data.root}/api/v1/train`, this.data.training, this.data.language, going.signal)) {
        if (this.paused) await new Promise((resolve) => (this.resume = /** @type {() => void} */ (resolve)));
        if (going.signal.aborted) break;
        await this.took(name, value);
      }
    } catch (error) {
      if (!going.signal.aborted) {
        if (!(error instanceof Refused)) throw error;
        this.complain(error.message);
      }
    } finally {
      this.going = null;
      this.label();
      if (going.signal.aborted) found('stand').textContent = this.data.said.cancelled ?? '';
      await this.charts();
    }
  }

  /** @param {string} name @param {any} value */
  async took(name, value) {
    if (name === 'queued') found('stand').textContent = filled(this.data.said.queued ?? '', value);
    if (name === 'started') {
      this.steps = value.steps * value.epochs;
      this.perEpoch = value.steps;
      this.epochs = value.epochs;
    }
    if (name === 'failed') this.complain(value.detail);
    if (name === 'progress') {
      const x = value.step / (this.perEpoch ?? 1);
      for (const kind of /** @type {const} */ (['loss', 'accuracy'])) {
        const line = this.points?.[kind]?.[value.run];
        line?.x.push(x);
        line?.y.push(value[kind]);
      }
      for (const check of value.checks ?? []) {
        const row = (this.checks[`${check.layer}/${check.gradient}`] ??= {});
        row[value.run] = check;
      }
      /** @type {HTMLProgressElement} */ (found('progress')).value = value.step / (this.steps ?? 1);
      found('stand').textContent = filled(this.data.said.epoch ?? '', { epoch: value.epoch, epochs: this.epochs });
      if (performance.now() - this.drawn > 120) {
        this.drawn = performance.now();
        this.table();
        await this.charts();
      }
    }
    if (name === 'finished') {
      this.table();
      const said = value.runs.map((/** @type {any} */ one) =>
        filled(this.data.said.outcome ?? '', { run: new Map(this.data.runs).get(one.run), accuracy: `${Math.round(one.accuracy * 100)}%`, loss: one.loss.toFixed(2) }));
      found('stand').textContent = found('said').textContent = said.join(' · ');
      const answer = await postJson(`${this.data.root}/network/learned`, value, this.data.language);
      found('learned').innerHTML = answer.html;
    }
  }

  table() {
    this.numbers();
    found('outcome').hidden = !Object.keys(this.checks).length;
    found('checks').replaceChildren(...Object.entries(this.checks).map(([gradient, runs]) => {
      const row = document.createElement('tr');
      const head = document.createElement('th');
      head.scope = 'row';
      head.textContent = this.data.gradients[gradient] ?? gradient;
      row.append(head, ...this.data.runs.map(([run]) => {
        const cell = document.createElement('td');
        const check = runs[run];
        cell.textContent = check ? `${check.passes ? '✓' : '✗'} ${(check.passes ? this.data.said.passes : this.data.said.fails) ?? ''}` : '';
        if (check) cell.className = check.passes ? 'good' : 'bad';
        return cell;
      }));
      return row;
    }));
  }

  /** The curves' numbers at the end of each epoch. */
  numbers() {
    const epochs = [...(this.points?.loss?.[this.data.runs[0]?.[0] ?? '']?.x ?? [])].filter(Number.isInteger);
    found('numbers').hidden = !epochs.length;
    found('points').replaceChildren(...epochs.map((epoch) => {
      const row = document.createElement('tr');
      const head = document.createElement('th');
      head.scope = 'row';
      head.textContent = String(epoch);
      row.append(head, ...this.data.runs.flatMap(([run]) => ['loss', 'accuracy'].map((kind) => {
        const cell = document.createElement('td');
        const line = this.points?.[kind]?.[run];
        const value = line?.y[line.x.indexOf(epoch)];
        cell.textContent = value === undefined ? '' : kind === 'loss' ? value.toFixed(3) : `${(100 * value).toFixed(1)}%`;
        return cell;
      })));
      return row;
    }));
  }

  async charts() {
    if (found('charts').hidden) return;
    await loadPlotly();
    const theme = getComputedStyle(document.body).getPropertyValue('--theme').trim();
    const figures = this.data.curves[theme === 'dark' ? 'dark' : 'light'];
    for (const one of document.querySelectorAll('.chart')) {
      const chart = /** @type {HTMLElement} */ (one);
      const kind = chart.dataset.chart ?? '';
      const lines = this.data.runs.map(([run]) => this.points?.[kind]?.[run]);
      const traces = figures[kind].data.map((/** @type {any} */ trace, /** @type {number} */ i) => ({ ...trace, x: [...(lines[i]?.x ?? [])], y: [...(lines[i]?.y ?? [])] }));
      await window.Plotly.react(chart, traces, figures[kind].layout, { displayModeBar: false, displaylogo: false, responsive: true, showSendToCloud: false });
    }
  }
}
