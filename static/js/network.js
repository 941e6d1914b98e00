// Several layers: a picture's way through them, and a training as the API streams it.

import { openPad } from './pad.js';
import { loadPlotly } from './plots.js';
import { Player } from './player.js';
import { Refused, getJson, postJson } from './server.js';
import { events } from './stream.js';

/** @typedef {{ root: string, language: string, query: Record<string, string>, training: object, runs: [string, string][], curves: Record<string, any>, gradients: Record<string, string>, said: Record<string, string> }} Data */

/** @param {string} id */
const found = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @type {Data} */
let data = JSON.parse(found('network-data').textContent ?? '');
const form = /** @type {HTMLFormElement} */ (found('experiment'));
const SIDE = 12;

/** @param {string} template @param {Record<string, unknown>} facts */
const filled = (template, facts) => template.replace(/\{(\w+)\}/g, (_, name) => String(facts[name] ?? ''));

/** @param {string} message */
function complain(message) {
  found('notice').textContent = message;
  found('notice').hidden = !message;
}

// The journey: the picture goes forwards station by station, then its deltas come back.

class Journey {
  constructor() {
    this.player = new Player(() => this.onward(), (playing) => this.playing(playing));
    /** @type {Element[]} */
    this.stations = [];
    this.at = 0; // how far: forwards station by station, then the same way back
    found('journey').addEventListener('click', (event) => this.clicked(/** @type {Element} */ (event.target)));
    this.renew();
  }

  renew() {
    this.player.pause();
    this.stations = [...found('journey').querySelectorAll('.station')];
    this.at = this.last;
    this.show();
  }

  get last() {
    return 2 * this.stations.length - 1;
  }

  show() {
    const count = this.stations.length;
    const done = this.at === this.last;
    this.stations.forEach((station, place) => {
      const back = 2 * count - 1 - place; // when the deltas reach it
      for (const map of station.querySelectorAll('.map')) {
        const when = map.getAttribute('data-lane') === 'forward' ? place : back;
        map.classList.toggle('off', this.at < when);
        map.classList.toggle('now', this.at === when && !done);
      }
      /** @type {HTMLElement} */ (station.querySelector('.verdicts')).style.visibility = this.at < back ? 'hidden' : '';
    });
    if (!done) {
      const place = this.at < count ? this.at : 2 * count - 1 - this.at;
      this.follow(/** @type {HTMLElement} */ (this.stations[place]));
    }
  }

  /** Keeps the station in sight, without moving the page. @param {HTMLElement} station */
  follow(station) {
    const strip = /** @type {HTMLElement} */ (station.parentElement);
    const left = station.offsetLeft - strip.offsetLeft;
    if (left < strip.scrollLeft || left + station.offsetWidth > strip.scrollLeft + strip.clientWidth) {
      strip.scrollLeft = left - (strip.clientWidth - station.offsetWidth) / 2;
    }
  }

  async onward() {
    if (this.at >= this.last) return /** @type {const} */ ('end');
    this.at += 1;
    this.show();
    return /** @type {const} */ ('term');
  }

  /** @param {boolean} playing */
  playing(playing) {
    const button = /** @type {HTMLElement | null} */ (found('journey').querySelector('[data-act="play"]'));
    found('journey').classList.toggle('playing', playing);
    button?.setAttribute('aria-label', (playing ? button.dataset.pause : button.dataset.play) ?? '');
  }

  /** @param {Element} target */
  clicked(target) {
    const act = target.closest('button')?.dataset.act;
    if (act === 'play') {
      if (this.player.playing) return this.player.pause();
      if (this.at >= this.last) {
        this.at = 0;
        this.show();
      }
      this.player.play(true);
    } else if (act) {
      this.player.pause();
      this.at = Math.max(0, Math.min(this.last, this.at + (act === 'forth' ? 1 : -1)));
      this.show();
    }
  }
}

// The form: every change asks for the journey anew, and the address says what stands there.

let asked = 0;

async function changed() {
  const mine = ++asked;
  const channels = [...form.querySelectorAll('.channel')].map((field) => /** @type {HTMLInputElement} */ (field).value);
  /** @type {HTMLInputElement} */ (form.elements.namedItem('channels')).value = channels.join(',');
  const query = new URLSearchParams(/** @type {any} */ (new FormData(form)));
  try {
    const answer = await getJson(`${data.root}/network/journey?${query}`, data.language);
    if (mine !== asked) return;
    complain('');
    data = answer.data;
    found('journey').innerHTML = answer.html;
    journey.renew();
    address();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (mine === asked) complain(error.message);
  }
}

function address() {
  const link = (/** @type {string} */ language) => `${data.root}/network?${new URLSearchParams({ lang: language, ...data.query })}`;
  history.replaceState(null, '', link(data.language));
  for (const other of document.querySelectorAll('a.language')) {
    const anchor = /** @type {HTMLAnchorElement} */ (other);
    anchor.href = link(anchor.hreflang);
  }
}

form.addEventListener('change', (event) => {
  if (/** @type {HTMLElement} */ (event.target).id !== 'file') changed();
});
form.addEventListener('submit', (event) => {
  event.preventDefault();
  changed();
});

/** @param {number} by */
function layers(by) {
  const fields = form.querySelectorAll('.channel');
  const last = /** @type {HTMLInputElement} */ (fields[fields.length - 1]);
  if (by < 0) last.remove();
  else {
    const more = /** @type {HTMLInputElement} */ (last.cloneNode());
    more.setAttribute('aria-label', (last.getAttribute('aria-label') ?? '').replace(/\d+/, String(fields.length + 1)));
    last.after(more);
  }
  const count = fields.length + by;
  /** @type {HTMLButtonElement} */ (found('add-layer')).disabled = count > 2;
  /** @type {HTMLButtonElement} */ (found('drop-layer')).disabled = count < 3;
  changed();
}

found('add-layer').addEventListener('click', () => layers(1));
found('drop-layer').addEventListener('click', () => layers(-1));

/** A picture of the reader's own becomes 12×12 cells of ink, in the link. @param {Blob | null} picture */
async function take(picture) {
  const field = /** @type {HTMLInputElement} */ (form.elements.namedItem('picture'));
  if (picture) {
    try {
      const bitmap = await createImageBitmap(picture, { resizeWidth: SIDE, resizeHeight: SIDE, resizeQuality: 'high' });
      const canvas = document.createElement('canvas');
      canvas.width = canvas.height = SIDE;
      const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
      pen.drawImage(bitmap, 0, 0);
      const { data: pixels } = pen.getImageData(0, 0, SIDE, SIDE);
      const cells = Array.from({ length: SIDE * SIDE }, (_, i) =>
        Math.round(0.299 * (pixels[4 * i] ?? 0) + 0.587 * (pixels[4 * i + 1] ?? 0) + 0.114 * (pixels[4 * i + 2] ?? 0)));
      field.value = btoa(String.fromCharCode(...cells)).replaceAll('+', '-').replaceAll('/', '_');
    } catch {
      return complain(found('file').dataset.refused ?? '');
    }
  } else field.value = '';
  /** @type {HTMLButtonElement} */ (found('made')).disabled = !picture;
  return changed();
}

found('draw').addEventListener('click', () => openPad(/** @type {HTMLDialogElement} */ (found('pad')), take));
const file = /** @type {HTMLInputElement} */ (found('file'));
found('choose').addEventListener('click', () => file.click());
file.addEventListener('change', () => {
  if (file.files?.[0]) take(file.files[0]);
  file.value = '';
});
found('made').addEventListener('click', () => take(null));

// The training: events come in order and are shown in order; a pause keeps them waiting.

class Training {
  constructor() {
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

  empty() {
    /** @type {Record<string, Record<string, { x: number[], y: number[] }>>} */
    this.points = { loss: {}, accuracy: {} };
    for (const lines of Object.values(this.points)) for (const [run] of data.runs) lines[run] = { x: [], y: [] };
    /** @type {Record<string, Record<string, any>>} */
    this.checks = {};
  }

  pause() {
    this.paused = !this.paused;
    this.label();
    if (!this.paused) this.resume?.();
  }

  label() {
    const { start, pause, resume } = data.said;
    this.start.textContent = (!this.going ? start : this.paused ? resume : pause) ?? '';
    this.cancel.disabled = !this.going;
  }

  async run() {
    this.empty();
    this.paused = false;
    const going = (this.going = new AbortController());
    this.label();
    complain('');
    found('outcome').hidden = true;
    try {
      await this.charts();
      for await (const { name, value } of events(`${data.root}/api/v1/train`, data.training, data.language, going.signal)) {
        if (this.paused) await new Promise((resolve) => (this.resume = /** @type {() => void} */ (resolve)));
        if (going.signal.aborted) break;
        await this.took(name, value);
      }
    } catch (error) {
      if (!going.signal.aborted) {
        if (!(error instanceof Refused)) throw error;
        complain(error.message);
      }
    } finally {
      this.going = null;
      this.label();
      if (going.signal.aborted) found('stand').textContent = data.said.cancelled ?? '';
      await this.charts();
    }
  }

  /** @param {string} name @param {any} value */
  async took(name, value) {
    if (name === 'queued') found('stand').textContent = filled(data.said.queued ?? '', value);
    if (name === 'started') {
      this.steps = value.steps * value.epochs;
      this.perEpoch = value.steps;
      this.epochs = value.epochs;
    }
    if (name === 'failed') complain(value.detail);
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
      found('stand').textContent = filled(data.said.epoch ?? '', { epoch: value.epoch, epochs: this.epochs });
      if (performance.now() - this.drawn > 120) {
        this.drawn = performance.now();
        this.table();
        await this.charts();
      }
    }
    if (name === 'finished') {
      this.table();
      const said = value.runs.map((/** @type {any} */ one) =>
        filled(data.said.outcome ?? '', { run: new Map(data.runs).get(one.run), accuracy: `${Math.round(one.accuracy * 100)}%`, loss: one.loss.toFixed(2) }));
      found('stand').textContent = found('said').textContent = said.join(' · ');
      const answer = await postJson(`${data.root}/network/learned`, value, data.language);
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
      head.textContent = data.gradients[gradient] ?? gradient;
      row.append(head, ...data.runs.map(([run]) => {
        const cell = document.createElement('td');
        const check = runs[run];
        cell.textContent = check ? `${check.passes ? '✓' : '✗'} ${(check.passes ? data.said.passes : data.said.fails) ?? ''}` : '';
        if (check) cell.className = check.passes ? 'good' : 'bad';
        return cell;
      }));
      return row;
    }));
  }

  /** The curves' numbers at the end of each epoch. */
  numbers() {
    const epochs = [...(this.points?.loss?.[data.runs[0]?.[0] ?? '']?.x ?? [])].filter(Number.isInteger);
    found('numbers').hidden = !epochs.length;
    found('points').replaceChildren(...epochs.map((epoch) => {
      const row = document.createElement('tr');
      const head = document.createElement('th');
      head.scope = 'row';
      head.textContent = String(epoch);
      row.append(head, ...data.runs.flatMap(([run]) => ['loss', 'accuracy'].map((kind) => {
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
    await loadPlotly(`${data.root}/plotly.js`);
    const theme = getComputedStyle(document.body).getPropertyValue('--theme').trim();
    const figures = data.curves[theme === 'dark' ? 'dark' : 'light'];
    for (const one of document.querySelectorAll('.chart')) {
      const chart = /** @type {HTMLElement} */ (one);
      const kind = chart.dataset.chart ?? '';
      const lines = data.runs.map(([run]) => this.points?.[kind]?.[run]);
      const traces = figures[kind].data.map((/** @type {any} */ trace, /** @type {number} */ i) => ({ ...trace, x: [...(lines[i]?.x ?? [])], y: [...(lines[i]?.y ?? [])] }));
      await window.Plotly.react(chart, traces, figures[kind].layout, { displayModeBar: false, displaylogo: false, responsive: true, showSendToCloud: false });
    }
  }
}

const journey = new Journey();
const training = new Training();
// the empty axes, when they come near
new IntersectionObserver((entries, self) => {
  if (!entries.some((entry) => entry.isIntersecting)) return;
  self.disconnect();
  training.charts();
}, { rootMargin: '300px' }).observe(/** @type {Element} */ (document.querySelector('.charts')));
document.documentElement.dataset.ready = 'true';
