// Buttons, menus and keys: each says to the lab what is wanted, and nothing else.

/**
 * @typedef {object} Wanted
 * @property {import('./types').LabData} data
 * @property {import('./player.js').Player} player
 * @property {import('./plots.js').Plots} plots
 * @property {() => void} play
 * @property {() => Promise<unknown>} onward
 * @property {() => Promise<unknown>} backward
 * @property {(step: number, term?: number) => Promise<void>} go
 * @property {(change: object) => Promise<unknown>} attempt
 * @property {(phase: string) => void} phase
 * @property {(file: File) => void} upload
 * @property {(from: 'past' | 'future', to: 'past' | 'future') => void} travel
 * @property {(message: string) => void} complain
 * @property {() => void} announce
 * @property {() => string} link
 */

/**
 * @param {HTMLElement} bench
 * @param {Wanted} lab
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
  document.getElementById('theme')?.addEventListener('click', () => {
    const root = document.documentElement;
    const dark = getComputedStyle(document.body).getPropertyValue('--theme').trim() === 'dark';
    root.dataset.theme = dark ? 'light' : 'dark';
    lab.plots.renew(lab.data);
  });
}

/** @param {Element} target @param {Wanted} lab */
function clicked(target, lab) {
  const button = /** @type {HTMLButtonElement | null} */ (target.closest('button'));
  if (!button || button.classList.contains('cursor')) return;
  const { set, value, phase, step, stepper, by } = button.dataset;
  if (button.getAttribute('aria-disabled') === 'true') return lab.complain(button.dataset.end ?? '');
  if (set) lab.attempt({ kind: 'set', field: set, value });
  else if (phase) lab.phase(phase);
  else if (step) pause(lab).go(Number(step)).then(() => lab.announce());
  else if (stepper) lab.attempt({ kind: 'step', name: stepper, by: Number(by) });
  else if (button.id === 'play') lab.play();
  else if (button.id === 'forth') pause(lab).onward().then(() => lab.announce());
  else if (button.id === 'back') pause(lab).backward().then(() => lab.announce());
  else if (button.id === 'random') lab.attempt({ kind: 'random', seed: Math.floor(Math.random() * 2 ** 32) });
  else if (button.id === 'reset') lab.attempt({ kind: 'preset', name: 'article' });
  else if (button.id === 'undo') lab.travel('past', 'future');
  else if (button.id === 'redo') lab.travel('future', 'past');
  else if (button.id === 'copy-link') copyLink(button, lab);
}

/** @param {Wanted} lab */
function pause(lab) {
  lab.player.pause();
  return lab;
}

/** @param {HTMLInputElement} control @param {Wanted} lab */
function chosen(control, lab) {
  if (control.id === 'preset' && control.value) lab.attempt({ kind: 'preset', name: control.value });
  else if (control.id === 'speed') lab.player.speed = Number(control.value);
  else if (control.id === 'picture' && control.files?.[0]) lab.upload(control.files[0]);
  else if (control.dataset.set) lab.attempt({ kind: 'set', field: control.dataset.set, value: control.value });
}

/** @param {KeyboardEvent} event @param {Wanted} lab */
function pressed(event, lab) {
  const target = /** @type {HTMLElement} */ (event.target);
  const typing = target.closest('input, select, textarea, summary');
  if (event.key === 'z' && (event.ctrlKey || event.metaKey) && !target.closest('input')) {
    event.preventDefault();
    return lab.travel(event.shiftKey ? 'future' : 'past', event.shiftKey ? 'past' : 'future');
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  /** @type {Record<string, () => unknown>} */
  const keys = {
    ' ': () => lab.play(),
    ArrowRight: () => pause(lab).onward(),
    ArrowLeft: () => pause(lab).backward(),
    Home: () => pause(lab).go(0, 0),
    End: () => pause(lab).go(lab.data.steps - 1),
  };
  if (event.key === ' ' && target.closest('button:not(#play)')) return;
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  Promise.resolve(act()).then(() => event.key !== ' ' && lab.announce());
}

/** @param {HTMLButtonElement} button @param {Wanted} lab */
async function copyLink(button, lab) {
  const label = button.textContent;
  const link = new URL(lab.link(), location.href).href;
  try {
    await navigator.clipboard.writeText(link);
  } catch {
    history.replaceState(null, '', link); // no clipboard without HTTPS: the address bar has it
  }
  button.textContent = button.dataset.done ?? '';
  setTimeout(() => (button.textContent = label), 1500);
}
