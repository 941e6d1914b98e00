// A lesson is a link: what a teacher wants read, guessed and out of the way is put into it.

/** @typedef {import('./lab.js').Lab} Lab */

/**
 * @param {HTMLDialogElement} dialog
 * @param {Lab} lab
 */
export function openLesson(dialog, lab) {
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector('form'));
  const link = /** @type {HTMLInputElement} */ (form.querySelector('[name="link"]'));
  const write = () => {
    const given = new FormData(form);
    const text = (/** @type {string} */ name) => String(given.get(name) ?? '').trim();
    const hide = given.getAll('hide').join('.');
    const lesson = { title: text('title'), text: text('text'), hide, predict: text('predict') };
    link.value = new URL(lab.link(lab.data.language, lesson), location.href).href;
  };
  form.oninput = write;
  write();
  dialog.showModal();
}

/** Takes a lesson's words away and brings everything back. @param {HTMLElement} main @param {Lab} lab */
export function endLesson(main, lab) {
  main.querySelector('#lesson-card')?.remove();
  delete main.dataset.hide;
  lab.lesson = {};
  lab.mark();
  main.querySelector('h1')?.scrollIntoView({ block: 'nearest' });
  /** @type {HTMLElement | null} */ (main.querySelector('#play'))?.focus({ preventScroll: true });
}
