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

/** A square's row and column, from 1. @param {HTMLElement} panel @param {number} square */
export function placeOf(panel, square) {
  const { rows, columns } = geometry(panel) ?? { rows: 1, columns: 1 };
  return `${(Math.floor(square / columns) % rows) + 1}, ${(square % columns) + 1}`;
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
 * A square's cell in the panel's table.
 * @param {HTMLElement} panel
 * @param {number} square
 */
function tableCell(panel, square) {
  const grid = geometry(panel);
  const rows = rowsOf(panel);
  const columns = rows[0]?.length ?? 1;
  // a ring of padding is drawn around some maps, and is not in their tables
  const drawn = grid ? grid.rows * grid.columns * grid.origins.length : 0;
  const place = drawn === rows.length * columns ? square : (grid?.cells?.[square] ?? -1);
  return rows[Math.floor(place / columns)]?.[place % columns];
}

/** The cells of a panel's table, row by row. @param {HTMLElement} panel */
const rowsOf = (panel) =>
  [...panel.querySelectorAll('.as-table tbody tr')].map((row) => [...row.querySelectorAll('td')]);

/** The number written in a square. @param {HTMLElement} panel @param {number} square */
export const valueAt = (panel, square) => tableCell(panel, square)?.textContent ?? '';

/** A square's number with all its digits, as it can be typed. @param {HTMLElement} panel @param {number} square */
export const exactAt = (panel, square) => exact(tableCell(panel, square));

/** All of a panel's numbers, as a spreadsheet takes them. @param {HTMLElement} panel */
export const asText = (panel) =>
  rowsOf(panel).map((row) => row.map(exact).join('\t')).join('\n');

/** @param {HTMLElement | undefined} cell */
const exact = (cell) => cell?.dataset.exact ?? cell?.textContent?.replaceAll('−', '-') ?? '';
