// What is wrong is said beside what it is about, one thing at a time; what was typed stays.

const ID = 'complaint';

/** The words under a control or a panel, until something else is wrong or right. @param {HTMLElement} control @param {string} message */
export function complain(control, message) {
  settle();
  const words = document.createElement('p');
  words.className = ID;
  words.id = ID;
  words.setAttribute('role', 'alert');
  words.textContent = message;
  const panel = control.closest('.panel');
  if (panel) panel.querySelector('.plate')?.after(words);
  else (control.closest('label, .field') ?? control).after(words);
  words.scrollIntoView({ block: 'nearest' });
  if (panel === control) return; // a whole map was pasted: no one entry is wrong
  control.setAttribute('aria-invalid', 'true');
  const described = control.getAttribute('aria-describedby');
  control.setAttribute('aria-describedby', described ? `${described} ${ID}` : ID);
}

/** What was wrong is so no more. */
export function settle() {
  document.getElementById(ID)?.remove();
  for (const control of document.querySelectorAll(`[aria-describedby~="${ID}"]`)) {
    control.removeAttribute('aria-invalid');
    const others = (control.getAttribute('aria-describedby') ?? '').replace(ID, '').trim();
    if (others) control.setAttribute('aria-describedby', others);
    else control.removeAttribute('aria-describedby');
  }
}

/** @returns {string | undefined} what is said to be wrong */
export const complaint = () => document.getElementById(ID)?.textContent ?? undefined;
