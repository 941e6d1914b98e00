// Several layers: a picture's way through them, and a training as the API streams it.

import { Journey } from './journey.js';
import { openPad } from './pad.js';
import { shown, shrunk } from './picture.js';
import { Refused, getJson } from './server.js';
import { Training } from './training.js';

/** @param {string} id */
const found = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @type {import('./types').NetworkData} */
let data = JSON.parse(found('network-data').textContent ?? '');
const form = /** @type {HTMLFormElement} */ (found('experiment'));

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

const journey = new Journey();
new Training(() => data, faulty, complain);
new ResizeObserver(() => journey.further()).observe(found('journey'));
document.documentElement.dataset.ready = 'true';
