// A drawing pad of 28×28 cells. What is drawn leaves as a picture, like one from a file.

const PEN = 1.7; // cells

/**
 * @param {HTMLDialogElement} dialog
 * @param {(picture: Blob) => void} use
 */
export function openPad(dialog, use) {
  const canvas = /** @type {HTMLCanvasElement} */ (dialog.querySelector('canvas'));
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const done = new AbortController();
  const options = { signal: done.signal };
  let at = { x: 14, y: 14 };
  const nib = /** @type {HTMLElement} */ (dialog.querySelector('.nib'));
  const mark = () => {
    nib.style.left = `${(at.x / canvas.width) * 100}%`;
    nib.style.top = `${(at.y / canvas.height) * 100}%`;
  };
  clear(canvas, pen);
  mark();

  /** @param {{ x: number, y: number }} to */
  const draw = (to) => {
    pen.strokeStyle = 'white';
    pen.lineWidth = PEN;
    pen.lineCap = pen.lineJoin = 'round';
    pen.beginPath();
    pen.moveTo(at.x, at.y);
    pen.lineTo(to.x + 0.01, to.y);
    pen.stroke();
    at = to;
  };
  /** @param {PointerEvent} event */
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    const scale = canvas.width / box.width;
    return { x: (event.clientX - box.x) * scale, y: (event.clientY - box.y) * scale };
  };
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    at = place(event);
    draw(at);
  }, options);
  canvas.addEventListener('pointermove', (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    for (const point of event.getCoalescedEvents?.() ?? [event]) draw(place(point));
  }, options);
  canvas.addEventListener('keydown', (event) => {
    const step = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (!step && event.key !== ' ') return;
    event.preventDefault();
    const next = { x: clamp(at.x + (step?.[0] ?? 0)), y: clamp(at.y + (step?.[1] ?? 0)) };
    if (event.key === ' ' || event.shiftKey) draw(next);
    at = next;
    mark();
  }, options);
  dialog.addEventListener('close', () => done.abort(), { once: true });
  dialog.querySelector('#pad-clear')?.addEventListener('click', () => clear(canvas, pen), options);
  dialog.querySelector('#pad-cancel')?.addEventListener('click', () => dialog.close(), options);
  dialog.querySelector('#pad-use')?.addEventListener('click', () => {
    canvas.toBlob((picture) => {
      dialog.close();
      if (picture) use(picture);
    }, 'image/png');
  }, options);
  dialog.showModal();
}

/** @param {number} value */
const clamp = (value) => Math.max(0, Math.min(27, value));

/** @param {HTMLCanvasElement} canvas @param {CanvasRenderingContext2D} pen */
function clear(canvas, pen) {
  pen.fillStyle = 'black';
  pen.fillRect(0, 0, canvas.width, canvas.height);
}
