// A picture of the reader's own: shrunk to what the network takes, and asked what it shows.

const SIDE = 12; // cells

/** @param {string} id */
const found = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** The middle of a picture as 12×12 cells from 0 to 255. @param {Blob} picture @returns {Promise<number[]>} */
export async function shrunk(picture) {
  const whole = await createImageBitmap(picture);
  const side = Math.min(whole.width, whole.height); // squeezed, a stroke would have another angle
  const bitmap = await createImageBitmap(whole, (whole.width - side) / 2, (whole.height - side) / 2, side, side,
    { resizeWidth: SIDE, resizeHeight: SIDE, resizeQuality: 'high' });
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = SIDE;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  pen.drawImage(bitmap, 0, 0);
  const { data: pixels } = pen.getImageData(0, 0, SIDE, SIDE);
  return Array.from({ length: SIDE * SIDE }, (_, i) =>
    Math.round(0.299 * (pixels[4 * i] ?? 0) + 0.587 * (pixels[4 * i + 1] ?? 0) + 0.114 * (pixels[4 * i + 2] ?? 0)));
}

/**
 * Asks what a picture shows; nothing is taken before that is said.
 * @param {number[]} cells
 * @returns {Promise<{ cells: number[], stroke: string } | null>}
 */
export function shown(cells) {
  const dialog = /** @type {HTMLDialogElement} */ (found('shows'));
  const swap = /** @type {HTMLInputElement} */ (found('swap'));
  const pen = /** @type {CanvasRenderingContext2D} */ (/** @type {HTMLCanvasElement} */ (found('shows-canvas')).getContext('2d'));
  const now = () => (swap.checked ? cells.map((cell) => 255 - cell) : cells);
  const preview = () => pen.putImageData(new ImageData(new Uint8ClampedArray(now().flatMap((cell) => [cell, cell, cell, 255])), SIDE), 0, 0);
  const rim = cells.filter((_, i) => i < SIDE || i >= SIDE * (SIDE - 1) || i % SIDE === 0 || i % SIDE === SIDE - 1);
  swap.checked = rim.reduce((sum, cell) => sum + cell, 0) > 127 * rim.length; // light paper, most likely
  preview();
  dialog.showModal();
  return new Promise((resolve) => {
    const done = new AbortController();
    const { signal } = done;
    swap.addEventListener('change', preview, { signal });
    found('shows-cancel').addEventListener('click', () => dialog.close(), { signal });
    for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (dialog.querySelectorAll('.angles button'))) {
      button.addEventListener('click', () => {
        resolve({ cells: now(), stroke: button.value });
        dialog.close();
      }, { signal });
    }
    dialog.addEventListener('close', () => {
      done.abort();
      resolve(null); // unless a button has said more
    }, { signal });
  });
}
