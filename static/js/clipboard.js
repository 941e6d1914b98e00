// To the clipboard, and back to whoever pressed the button: it says that it is done.

let copied = 0; // until the button has its name again

/**
 * To the clipboard, by the old way where there is no HTTPS.
 * @param {HTMLButtonElement} button which says so
 * @param {string} text
 */
export async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = document.createElement('textarea');
    field.value = text;
    button.after(field);
    field.select();
    const done = document.execCommand('copy');
    field.remove();
    button.focus();
    if (!done) return false;
  }
  const label = /** @type {HTMLElement} */ (button.querySelector('.label'));
  label.textContent = button.dataset.done ?? '';
  button.classList.add('done');
  clearTimeout(copied);
  copied = window.setTimeout(() => {
    label.textContent = button.dataset.name ?? '';
    button.classList.remove('done');
  }, 1500);
  return true;
}
