// The check: the form goes to the server, the answer comes back as a part of the page. What was typed
// stays where it is, whatever comes of it.

import { copy } from './clipboard.js';
import { Refused, postFile, postJson } from './server.js';

const form = /** @type {HTMLFormElement} */ (document.getElementById('check'));
const place = /** @type {HTMLElement} */ (document.getElementById('checked'));
const said = /** @type {HTMLElement} */ (document.getElementById('said'));
const language = document.documentElement.lang.slice(0, 2);
const { root = '', most = '', tooLarge = '' } = form.dataset;
const KEPT = 'check'; // in this tab's storage, until it is closed

/** @param {string} id */
const field = (id) => /** @type {HTMLTextAreaElement} */ (document.getElementById(id));
const typed = () => Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));

/** What is wrong, beside the field that it is about; "" takes everything away. @param {string} message @param {string} [name] */
function complain(message, name = '') {
  for (const fault of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll('.fault'))) {
    const here = fault.id === `${name}-fault`;
    fault.hidden = !here;
    fault.textContent = here ? message : '';
    const id = fault.id.replace('-fault', '');
    field(id).toggleAttribute('aria-invalid', here);
    if (here) field(id).setAttribute('aria-invalid', 'true');
  }
}

/** @param {unknown} error */
function refused(error) {
  if (!(error instanceof Refused)) throw error;
  const name = document.getElementById(`${error.field}-fault`) ? error.field : 'answer';
  complain(error.message, name);
  field(name).focus();
}

/** @param {() => Promise<void>} work */
async function busily(work) {
  const button = /** @type {HTMLButtonElement} */ (document.getElementById('go'));
  button.setAttribute('aria-busy', 'true');
  await work().catch(refused);
  button.removeAttribute('aria-busy');
}

let asked = 0; // only the last question's answer is shown

function check() {
  const mine = ++asked;
  return busily(async () => {
    const answer = await postJson(`${root}/check/answer?lang=${language}`, typed(), language).catch((error) => {
      place.querySelector('.judged')?.remove(); // it was of other numbers
      throw error;
    });
    if (mine !== asked) return;
    complain('');
    place.innerHTML = answer.html;
    said.textContent = answer.said;
    history.replaceState(null, '', answer.addresses[language]);
    for (const other of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll('a.language'))) {
      other.href = answer.addresses[other.hreflang];
    }
    const verdict = document.getElementById('verdict');
    const box = verdict?.getBoundingClientRect();
    if (box && (box.top < 0 || box.bottom > innerHeight)) verdict?.scrollIntoView({ block: 'start' });
  });
}

// What was typed and is replaced, by a file or the example, can be had back.

/** @type {Record<string, string> | null} */
let former = null;

/** @param {Record<string, string>} values */
function fill(values) {
  for (const [name, value] of Object.entries(values)) {
    const control = form.elements.namedItem(name);
    if (control && 'value' in control) control.value = value;
  }
}

/** @param {Record<string, string> | null | undefined} values what the fields held before */
function remember(values) {
  const now = typed();
  if (values?.answer?.trim() && Object.keys(now).some((name) => now[name] !== values[name])) former = values;
  /** @type {HTMLElement} */ (document.getElementById('former')).hidden = !former;
}

/** @param {Record<string, string>} values */
function exchange(values) {
  const before = typed();
  fill(values);
  remember(before);
  check();
}

/** A file's numbers become a field's text. @param {File} file @param {HTMLTextAreaElement} into */
function read(file, into) {
  if (file.size > Number(most)) return complain(tooLarge, into.id);
  return busily(async () => {
    const { text } = await postFile(`${root}/check/file?lang=${language}`, file, language);
    const before = typed();
    into.value = text;
    remember(before);
    if (into.id === 'answer') return check();
    complain('');
  });
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  check();
});
form.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) check();
});
form.addEventListener('change', (event) => {
  const { id, files } = /** @type {HTMLInputElement} */ (event.target);
  if (id !== 'file' || !files?.[0]) return;
  read(files[0], field('answer'));
  /** @type {HTMLInputElement} */ (event.target).value = ''; // the same file may come again
});

// files are dropped on a field of arrays, or anywhere else for the answer
document.addEventListener('dragover', (event) => {
  if (!event.dataTransfer?.types.includes('Files')) return;
  event.preventDefault();
  form.classList.add('over');
});
document.addEventListener('dragleave', (event) => event.relatedTarget || form.classList.remove('over'));
document.addEventListener('drop', (event) => {
  const file = event.dataTransfer?.files[0];
  form.classList.remove('over');
  if (!file) return;
  event.preventDefault();
  const over = /** @type {Element} */ (event.target).closest('.by-arrays textarea');
  read(file, /** @type {HTMLTextAreaElement | null} */ (over) ?? field('answer'));
});

document.addEventListener('click', (event) => {
  const target = /** @type {Element} */ (event.target);
  const button = /** @type {HTMLButtonElement | null} */ (target.closest('[data-copies]'));
  if (button) copy(button, document.getElementById(button.dataset.copies ?? '')?.textContent ?? '');
  if (target.id === 'former' && former) exchange(former);
  if (target.id === 'example' && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    const query = new URL(/** @type {HTMLAnchorElement} */ (target).href).searchParams;
    exchange({ source: 'link', spec: '', ...Object.fromEntries(query) });
  }
});

// The fields outlive the page: a reload, the other language, a visit elsewhere. An address is too
// short for many numbers, and has nothing of what was not yet checked.

addEventListener('pagehide', () => {
  const judged = Boolean(place.querySelector('.judged'));
  const here = [...document.querySelectorAll('a.language')].map((link) => /** @type {HTMLAnchorElement} */ (link).href);
  const state = { here: [location.href, ...here], judged, typed: typed(), former };
  for (const one of [state, { ...state, former: null }]) {
    try {
      return sessionStorage.setItem(KEPT, JSON.stringify(one));
    } catch {
      // no storage, or too much for it: less, then
    }
  }
});

function restore() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? 'null');
    if (!kept) return;
    former = kept.former;
    if (kept.here.includes(location.href)) {
      fill(kept.typed);
      if (kept.judged && !place.querySelector('.judged')) check();
    }
    remember(kept.typed);
  } catch {
    // as above
  }
}

restore();
form.dataset.ready = 'true';
