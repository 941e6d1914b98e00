// Buttons, menus and keys: each says to the lab what is wanted, and nothing else.

import { copy } from './clipboard.js';
import { endLesson, openLesson } from './lesson.js';
import { openPad } from './pad.js';

/** @typedef {import('./lab.js').Lab} Lab */

/** @param {string} id */
const dialog = (id) => /** @type {HTMLDialogElement} */ (document.getElementById(id));

/**
 * @param {HTMLElement} bench
 * @param {Lab} lab
 */
export function wireControls(bench, lab) {
  bench.addEventListener('click', (event) => clicked(/** @type {Element} */ (event.target), lab));
  bench.addEventListener('input', (event) => {
    const control = /** @type {HTMLInputElement} */ (event.target);
    if (control.id !== 'scrub') return;
    lab.player.pause();
    lab.go(Number(control.value));
  });
  bench.addEventListener('change', (event) => chosen(/** @type {HTMLInputElement} */ (event.target), lab));
  document.addEventListener('keydown', (event) => pressed(event, lab));
  document.addEventListener('theme', () => lab.plots.renew(lab.data));
  document.getElementById('end-lesson')?.addEventListener('click', () => endLesson(/** @type {HTMLElement} */ (bench.parentElement), lab));
  document.getElementById('copy-lesson')?.addEventListener('click', (event) => {
    const field = /** @type {HTMLInputElement} */ (document.querySelector('#lesson [name="link"]'));
    copy(/** @type {HTMLButtonElement} */ (event.currentTarget), field.value).then((done) => done || field.select());
  });
  document.getElementById('project')?.addEventListener('click', () => lab.project());
}

/** What each button does, by its id. @type {Record<string, (lab: Lab, button: HTMLButtonElement) => unknown>} */
const BUTTONS = {
  play: (lab) => lab.play(),
  forth: (lab) => pause(lab).onward(),
  back: (lab) => pause(lab).backward(),
  random: (lab) => random(lab),
  reset: (lab) => example('article', lab),
  undo: (lab) => lab.session.travel('past', 'future'),
  redo: (lab) => lab.session.travel('future', 'past'),
  turn: (lab) => lab.stage.turn(),
  draw: (lab) => openPad(dialog('pad'), (picture) => upload(picture, lab)),
  predict: (lab) => predict(pause(lab)),
  'show-sum': (lab) => lab.prediction.give(),
  'show-keys': () => dialog('keys').showModal(),
  'copy-link': (lab, button) => copyLink(button, lab),
  'make-lesson': (lab) => openLesson(dialog('lesson'), pause(lab)),
};

/** @param {Element} target @param {Lab} lab */
function clicked(target, lab) {
  const button = /** @type {HTMLButtonElement | null} */ (target.closest('button'));
  if (!button || button.classList.contains('cursor')) return;
  const { operation, phase, way, beside, mistake, step, stepper, by, preset, end, names } = button.dataset;
  if (button.getAttribute('aria-disabled') === 'true') why(end ?? '');
  else if (operation) lab.attempt({ kind: 'set', field: 'operation', value: operation });
  else if (phase) lab.look({ phase, step: 0, term: -1 });
  else if (way) lab.look({ way });
  else if (beside) lab.look({ beside: lab.data.beside === beside ? '' : beside });
  else if (names) lab.look({ names });
  else if (mistake) lab.look({ mistake });
  else if (step) pause(lab).go(Number(step));
  else if (stepper) lab.attempt({ kind: 'step', name: stepper, by: Number(by) }).then(() => lab.tell(button.id));
  else if (preset) example(preset, lab).then(() => lab.face());
  else BUTTONS[button.id]?.(lab, button);
}

/** Another layer, from its beginning. @param {string} name @param {Lab} lab */
function example(name, lab) {
  lab.player.pause();
  return lab.attempt({ kind: 'preset', name }).then(() => void (lab.fresh = true));
}

/** Why a control goes no further. @param {string} words */
function why(words) {
  const place = document.getElementById('why');
  if (place) place.textContent = words;
}

/** @param {Lab} lab */
function pause(lab) {
  lab.player.pause();
  return lab;
}

/** @param {Blob} picture @param {Lab} lab @param {HTMLElement} [control] */
async function upload(picture, lab, control) {
  lab.player.pause();
  const sent = await smaller(picture);
  if (!sent) return lab.complain(document.getElementById('picture')?.dataset.refused ?? '', control);
  const before = lab.data;
  await lab.session.upload(sent, control);
  if (lab.data === before) return undefined;
  lab.fresh = true;
  return lab.face();
}

const ENOUGH = 512; // pixels along a picture's longer side; the server makes at most 64 of them

/** A photograph made small enough to be sent, or null if it is none. @param {Blob} picture */
async function smaller(picture) {
  if (picture.size < 1e6) return picture;
  try {
    const bitmap = await createImageBitmap(picture);
    const scale = Math.min(1, ENOUGH / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    pen.imageSmoothingQuality = 'high';
    pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    /** @type {Blob | null} */
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
    return blob;
  } catch {
    return null;
  }
}

/** The numbers of the seed that stands there; the next press takes the next seed. @param {Lab} lab */
function random(lab) {
  const field = /** @type {HTMLInputElement} */ (document.getElementById('seed'));
  const seed = Math.min(Math.max(0, Math.floor(Number(field.value)) || 0), 2 ** 32 - 1);
  lab.seed = (seed + 1) % 2 ** 32;
  lab.attempt({ kind: 'random', seed });
}

/** How playing goes on: term by term, so many times as fast, or from sum to sum. @param {string} value @param {Lab} lab */
function pace(value, lab) {
  lab.sums = value === 'sums';
  lab.player.speed = lab.sums ? 2 : Number(value);
}

/** @param {HTMLInputElement} control @param {Lab} lab */
function chosen(control, lab) {
  if (control.id === 'speed') pace(control.value, lab);
  else if (control.id === 'bias') lab.attempt({ kind: 'bias', text: control.value }, control);
  else if (control.id === 'member') lab.look({ member: Number(control.value) });
  else if (control.id === 'picture' && control.files?.[0]) upload(control.files[0], lab, control);
  else if (control.dataset.set) lab.attempt({ kind: 'set', field: control.dataset.set, value: control.value }, control);
}

/** Keys that work wherever nothing is typed. @type {Record<string, (lab: Lab) => unknown>} */
const KEYS = {
  ' ': (lab) => lab.play(),
  ArrowRight: (lab) => pause(lab).onward(),
  ArrowLeft: (lab) => pause(lab).backward(),
  ArrowDown: (lab) => pause(lab).go(lab.data.step + 1),
  ArrowUp: (lab) => pause(lab).go(lab.data.step - 1),
  Home: (lab) => pause(lab).go(0, 0),
  End: (lab) => pause(lab).go(lab.data.steps - 1),
  Escape: (lab) => lab.release(),
  '?': () => dialog('keys').showModal(),
  1: (lab) => lab.look({ phase: 'forward', step: 0, term: -1 }),
  2: (lab) => lab.look({ phase: 'deltas', step: 0, term: -1 }),
  3: (lab) => lab.look({ phase: 'weights', step: 0, term: -1 }),
  c: (lab) => press('[data-operation][aria-pressed="false"]', lab),
  n: (lab) => press('[data-names][aria-pressed="false"]', lab),
  g: (lab) => press('[data-way][aria-pressed="false"]', lab),
  p: (lab) => lab.project(),
};

/** Asks for a guess, and waits for it where it is typed. @param {Lab} lab */
async function predict(lab) {
  lab.prediction.on = !lab.prediction.on;
  lab.prediction.open.clear();
  await lab.show();
  const guess = document.getElementById('guess');
  if (!lab.prediction.on || !guess) return;
  // the wires are wanted in sight as well
  document.querySelector('.staging')?.scrollIntoView({ block: 'start' });
  guess.scrollIntoView({ block: 'nearest' });
  guess.focus({ preventScroll: true });
}

/** @param {string} selector @param {Lab} lab */
function press(selector, lab) {
  const button = document.querySelector(selector);
  if (button) clicked(button, lab);
}

/** @param {KeyboardEvent} event @param {Lab} lab */
function pressed(event, lab) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.key.toLowerCase() === 'z' && (event.ctrlKey || event.metaKey) && !target.closest('input')) {
    event.preventDefault();
    return lab.session.travel(event.shiftKey ? 'future' : 'past', event.shiftKey ? 'past' : 'future');
  }
  if (event.ctrlKey || event.metaKey || event.altKey || target.closest('dialog')) return;
  if (target.closest('input, select, textarea, summary, .scroll')) return;
  if (event.key === ' ' && target.closest('button:not(#play, .cursor)')) return;
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  act(lab);
}

/** @param {HTMLButtonElement} button @param {Lab} lab */
async function copyLink(button, lab) {
  const link = new URL(lab.link(), location.href).href;
  if (!(await copy(button, link))) history.replaceState(null, '', link); // the address bar has it
}
