// Where things are in a panel: from a pointer to a cell, from a cell to its place.

const KINDS = { source: 'deltas', target: 'forward', tap: 'weights' };

/** @param {HTMLElement} panel @returns {import('./types').Geometry | null} */
export function geometry(panel) {
  const plate = /** @type {HTMLElement} */ (panel.querySelector('.plate'));
  return plate.dataset.geometry ? JSON.parse(plate.dataset.geometry) : null;
}

/**
 * Which drawn square a point is in.
 * @param {HTMLElement} panel
 * @param {number} clientX
 * @param {number} clientY
 */
export function squareAt(panel, clientX, clientY) {
  const grid = geometry(panel);
  if (!grid) return -1;
  const plate = /** @type {HTMLElement} */ (panel.querySelector('.plate'));
  const box = plate.getBoundingClientRect();
  const scale = Number(panel.style.getPropertyValue('--w')) / box.width;
  const x = (clientX - box.x) * scale;
  const y = (clientY - box.y) * scale;
  for (const [tile, [left, top]] of grid.origins.entries()) {
    const column = Math.floor((x - left) / grid.cell);
    const row = Math.floor((y - top) / grid.cell);
    if (row >= 0 && row < grid.rows && column >= 0 && column < grid.columns) {
      return (tile * grid.rows + row) * grid.columns + column;
    }
  }
  return -1;
}

/**
 * The moment that a drawn square stands for, or none (a zero of the padding).
 * @param {HTMLElement} panel
 * @param {number} square
 */
export function momentOf(panel, square) {
  const grid = geometry(panel);
  if (!grid || square < 0) return undefined;
  const cell = grid.cells ? grid.cells[square] : square;
  const phase = KINDS[/** @type {keyof typeof KINDS} */ (panel.dataset.kind)];
  return cell === undefined || cell < 0 ? undefined : `${phase}/${cell}`;
}

/**
 * Puts an element over a drawn square.
 * @param {HTMLElement} panel
 * @param {HTMLElement} element
 * @param {number} square
 */
export function placeOver(panel, element, square) {
  const grid = geometry(panel);
  if (!grid) return;
  const perTile = grid.rows * grid.columns;
  const [left, top] = grid.origins[Math.floor(square / perTile)] ?? [0, 0];
  const row = Math.floor((square % perTile) / grid.columns);
  const width = Number(panel.style.getPropertyValue('--w'));
  const height = Number(panel.style.getPropertyValue('--h'));
  element.style.left = `${((left + (square % grid.columns) * grid.cell) / width) * 100}%`;
  element.style.top = `${((top + row * grid.cell) / height) * 100}%`;
  element.style.width = `${(grid.cell / width) * 100}%`;
  element.style.height = `${(grid.cell / height) * 100}%`;
}

/**
 * The square that an arrow key leads to, or the same one at an edge.
 * @param {HTMLElement} panel
 * @param {number} square
 * @param {string} key
 */
export function neighbour(panel, square, key) {
  const grid = geometry(panel);
  if (!grid) return square;
  const perTile = grid.rows * grid.columns;
  const tile = Math.floor(square / perTile);
  const row = Math.floor((square % perTile) / grid.columns);
  const column = square % grid.columns;
  if (key === 'ArrowUp' && row > 0) return square - grid.columns;
  if (key === 'ArrowDown' && row < grid.rows - 1) return square + grid.columns;
  if (key === 'ArrowLeft') return column > 0 ? square - 1 : tile > 0 ? square - perTile + grid.columns - 1 : square;
  if (key === 'ArrowRight') {
    if (column < grid.columns - 1) return square + 1;
    return tile < grid.origins.length - 1 ? square + perTile - grid.columns + 1 : square;
  }
  if (key === 'Home') return tile * perTile + row * grid.columns;
  if (key === 'End') return tile * perTile + (row + 1) * grid.columns - 1;
  return square;
}

/**
 * The number written in a square, from the panel's table.
 * @param {HTMLElement} panel
 * @param {number} square
 */
export function valueAt(panel, square) {
  const grid = geometry(panel);
  const row = panel.querySelectorAll('.as-table tbody tr')[Math.floor(square / (grid?.columns ?? 1))];
  return row?.children[square % (grid?.columns ?? 1)]?.textContent ?? '';
}
