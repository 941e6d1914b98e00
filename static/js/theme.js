// Light or dark: what the reader chose last, before anything is painted. Not a module, to come first.

(() => {
  const root = document.documentElement;
  try {
    const kept = localStorage.getItem('theme');
    if (kept && !root.dataset.theme) root.dataset.theme = kept;
  } catch {
    // no storage, no memory
  }
  root.classList.add('scripted');
  const changed = () => document.dispatchEvent(new Event('theme'));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
  document.addEventListener('click', (event) => {
    if (!(event.target instanceof Element) || !event.target.closest('#theme')) return;
    const dark = getComputedStyle(root).getPropertyValue('--theme').trim() === 'dark';
    root.dataset.theme = dark ? 'light' : 'dark';
    try {
      localStorage.setItem('theme', root.dataset.theme);
    } catch {
      // as above
    }
    changed();
  });
})();
