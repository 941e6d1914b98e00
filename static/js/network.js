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

/** What is wrong, beside the field that it is about, or above all; "" takes everything away. @param {string} message @param {string} [name] */
function complain(message, name = '') {
  const beside = document.getElementById(`${name}-fault`);
  for (const fault of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll('.fault'))) {
    fault.hidden = fault !== beside;
    fault.textContent = fault === beside ? message : '';
    for (const field of form.querySelectorAll(`[aria-describedby="${fault.id}"]`)) {
      if (fault === beside) field.setAttribute('aria-invalid', 'true');
      else field.removeAttribute('aria-invalid');
    }
  }
  if (beside) beside.closest('details')?.setAttribute('open', '');
  found('notice').textContent = beside ? '' : message;
  found('notice').hidden = Boolean(beside) || !message;
}

/** The first field that is wrong. @returns {HTMLElement | null} */
const faulty = () => form.querySelector('[aria-invalid="true"]');

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
    this.strip.addEventListener('scroll', () => this.further(), { passive: true });
    this.further();
  }

  get strip() {
    return /** @type {HTMLElement} */ (found('journey').querySelector('.stations'));
  }

  /** Says whether there are stations beyond the strip's right end. */
  further() {
    const { scrollLeft, scrollWidth, clientWidth } = this.strip;
    this.strip.parentElement?.classList.toggle('more', scrollLeft + clientWidth < scrollWidth - 8);
    /** @type {HTMLElement} */ (found('journey').querySelector('.further')).hidden = scrollWidth <= clientWidth + 8;
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

  /** Keeps the station in sight; where stations stand side by side without moving the page. @param {HTMLElement} station */
  follow(station) {
    const strip = this.strip;
    if (getComputedStyle(strip).gridAutoFlow === 'row') return station.scrollIntoView({ block: 'nearest' });
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
    if (mine === asked) complain(error.message, error.field);
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

/** The middle of a picture as 12×12 cells from 0 to 255. @param {Blob} picture @returns {Promise<number[]>} */
async function shrunk(picture) {
  const whole = await createImageBitmap(picture);
  const side = Math.min(whole.width, whole.height); // squeezed, a stroke would have another angle
  const bitmap = await createImageBitmap(whole, (whole.width - side) / 2, (whole.height - side) / 2, side, side,
    { resizeWidth: SIDE, resizeHeight: SIDE, resizeQuality: 'high' });
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = SIDE;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  pen.drawImage(bitmap, 0, 0);
  const { data: pixels } = pen.getImageData(0, 0, SIDE, SIDE);
  return Array.from({ length: SIDE * SIDE }, (_, i) =>
    Math.round(0.299 * (pixels[4 * i] ?? 0) + 0.587 * (pixels[4 * i + 1] ?? 0) + 0.114 * (pixels[4 * i + 2] ?? 0)));
}

/**
 * Asks what a picture shows; nothing is taken before that is said.
 * @param {number[]} cells
 * @returns {Promise<{ cells: number[], stroke: string } | null>}
 */
function shown(cells) {
  const dialog = /** @type {HTMLDialogElement} */ (found('shows'));
  const swap = /** @type {HTMLInputElement} */ (found('swap'));
  const pen = /** @type {CanvasRenderingContext2D} */ (/** @type {HTMLCanvasElement} */ (found('shows-canvas')).getContext('2d'));
  const now = () => (swap.checked ? cells.map((cell) => 255 - cell) : cells);
  const preview = () => pen.putImageData(new ImageData(new Uint8ClampedArray(now().flatMap((cell) => [cell, cell, cell, 255])), SIDE), 0, 0);
  const rim = cells.filter((_, i) => i < SIDE || i >= SIDE * (SIDE - 1) || i % SIDE === 0 || i % SIDE === SIDE - 1);
  swap.checked = rim.reduce((sum, cell) => sum + cell, 0) > 127 * rim.length; // light paper, most likely
  preview();
  dialog.showModal();
  return new Promise((resolve) => {
    const done = new AbortController();
    const { signal } = done;
    swap.addEventListener('change', preview, { signal });
    found('shows-cancel').addEventListener('click', () => dialog.close(), { signal });
    for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (dialog.querySelectorAll('.angles button'))) {
      button.addEventListener('click', () => {
        resolve({ cells: now(), stroke: button.value });
        dialog.close();
      }, { signal });
    }
    dialog.addEventListener('close', () => {
      done.abort();
      resolve(null); // unless a button has said more
    }, { signal });
  });
}

/** A picture of the reader's own stands in the link, with what it shows. @param {Blob | null} picture */
async function take(picture) {
  let packed = '';
  if (picture) {
    const cells = await shrunk(picture).catch(() => null);
    if (!cells) return complain(found('file').dataset.refused ?? '', 'picture');
    const told = await shown(cells);
    if (!told) return undefined;
    packed = btoa(String.fromCharCode(...told.cells)).replaceAll('+', '-').replaceAll('/', '_');
    /** @type {HTMLSelectElement} */ (form.elements.namedItem('stroke')).value = told.stroke;
  }
  /** @type {HTMLInputElement} */ (form.elements.namedItem('picture')).value = packed;
  /** @type {HTMLButtonElement} */ (found('made')).disabled = !picture;
  form.classList.toggle('drawn', Boolean(picture));
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
    const wrong = faulty();
    if (wrong) return wrong.focus(); // what would be trained is not what the form says
    this.empty();
    this.paused = false;
    const going = (this.going = new AbortController());
    this.label();
    complain('');
    found('outcome').hidden = true;
    found('charts').hidden = false;
    found('waiting').hidden = true;
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
    if (found('charts').hidden) return;
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
new Training();
new ResizeObserver(() => journey.further()).observe(found('journey'));
document.documentElement.dataset.ready = 'true';
