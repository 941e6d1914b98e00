// Worksheets: answers go to the server and come back judged; what was typed stays until the tab is closed.

import { Refused, postJson } from './server.js';

/** @type {{ root: string, language: string, level: number, operation: string }} */
const sheet = JSON.parse(document.querySelector('#worksheet-data')?.textContent ?? '');

/** @param {HTMLFormElement} form @returns {HTMLInputElement[]} */
const inputs = (form) => [...form.querySelectorAll('input')];

/** What an exercise is answered with, as the server reads it. @param {HTMLFormElement} form */
function answerOf(form) {
  const grid = /** @type {HTMLElement | null} */ (form.querySelector('.grid'));
  const fields = inputs(form);
  if (grid) {
    const columns = Number(grid.style.getPropertyValue('--columns'));
    const rows = Array.from({ length: fields.length / columns }, (_, y) => y * columns);
    return rows.map((from) => fields.slice(from, from + columns).map((one) => one.value));
  }
  if (fields[0].type === 'text') return fields[0].value;
  return fields.filter((one) => one.checked).map((one) => Number(one.value));
}

/** Where the answer is kept while the form above changes. @param {HTMLFormElement} form */
const place = ({ dataset }) =>
  `worksheet ${dataset.seed} ${sheet.level} ${sheet.operation} ${dataset.number}`;

/** @param {HTMLFormElement} form */
function keep(form) {
  const written = inputs(form).map((one) => (one.type === 'text' ? one.value : one.checked));
  try {
    sessionStorage.setItem(place(form), JSON.stringify(written));
  } catch {
    // no storage, no memory
  }
}

/** @param {HTMLFormElement} form */
function restore(form) {
  try {
    const written = JSON.parse(sessionStorage.getItem(place(form)) ?? '[]');
    inputs(form).forEach((one, i) => {
      if (typeof written[i] === 'string') one.value = written[i];
      if (typeof written[i] === 'boolean') one.checked = written[i];
    });
  } catch {
    // as above
  }
}

/** @param {HTMLFormElement} form @param {string} words @param {boolean} good */
function say(form, words, good) {
  const judgement = /** @type {HTMLElement} */ (form.querySelector('.judgement'));
  judgement.textContent = words;
  judgement.className = `judgement ${good ? 'good' : 'bad'}`;
}

/** @param {HTMLFormElement} form */
async function check(form) {
  const { seed, number } = form.dataset;
  const { root, language, level, operation } = sheet;
  const answer = answerOf(form);
  const body = { seed: Number(seed), number: Number(number), level, operation, language, answer };
  try {
    const { said, correct } = await postJson(`${root}/worksheet/check`, body, language);
    say(form, said, correct);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    say(form, error.message, false);
  }
}

for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll('.answer'))) {
  restore(form);
  form.querySelector('button')?.removeAttribute('disabled');
  form.addEventListener('input', () => keep(form));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    check(form);
  });
}
document.querySelector('#print')?.addEventListener('click', () => print());
