// Pointing at things, with a pointer or the arrow keys. Everything that can be pointed at stands for
// a moment; what to do with it is the lab's business.

import { asText, geometry, momentOf, neighbour, placeOf, placeOver, squareAt, valueAt } from './panels.js';

/**
 * @typedef {object} Hand
 * @property {(key: string | undefined) => void} over a moment is pointed at, or none
 * @property {(key: string, again: boolean) => void} choose a moment is clicked, or Enter pressed
 * @property {(panel: HTMLElement, square: number, typed?: string) => void} edit
 * @property {(change: object, panel: HTMLElement) => void} change
 * @property {(key: string | undefined) => boolean} conceals whether a moment keeps its number to itself
 * @property {(words: string) => void} say
 * @property {(term: string | undefined) => void} single
 */

export class Pointing {
  /**
   * @param {HTMLElement} bench
   * @param {Hand} hand
   */
  constructor(bench, hand) {
    this.bench = bench;
    this.hand = hand;
    /** @type {Map<string, number>} where each panel's cursor stands */
    this.squares = new Map();
    this.clicked = ''; // the panel and square of the last click: the second one edits
    bench.addEventListener('pointermove', (event) => this.move(event));
    bench.addEventListener('pointerleave', () => {
      hand.single(undefined);
      hand.over(undefined);
    });
    bench.addEventListener('mousedown', (event) => this.hold(event));
    bench.addEventListener('click', (event) => this.click(event));
    bench.addEventListener('keydown', (event) => this.key(event));
    bench.addEventListener('focusin', (event) => this.focus(event));
    bench.addEventListener('focusout', () => hand.single(undefined));
    bench.addEventListener('paste', (event) => this.paste(event));
    bench.addEventListener('copy', (event) => this.copy(event));
  }

  /** After the bench was drawn anew: cursors go back to where they were. */
  renew() {
    for (const panel of /** @type {NodeListOf<HTMLElement>} */ (this.bench.querySelectorAll('.panel'))) {
      const name = panel.dataset.panel ?? '';
      const grid = geometry(panel);
      const last = grid ? grid.rows * grid.columns * grid.origins.length - 1 : 0;
      this.put(panel, Math.min(this.squares.get(name) ?? 0, last));
    }
  }

  /** @param {HTMLElement} panel @param {number} square */
  put(panel, square) {
    this.squares.set(panel.dataset.panel ?? '', square);
    const cursor = /** @type {HTMLElement | null} */ (panel.querySelector('.cursor'));
    if (cursor) placeOver(panel, cursor, square);
  }

  /**
   * On from a cell in a key's direction, with the focus.
   * @param {string} name
   * @param {number} square
   * @param {string} key
   */
  step(name, square, key) {
    const panel = /** @type {HTMLElement | null} */ (this.bench.querySelector(`[data-panel="${name}"]`));
    if (!panel) return;
    this.put(panel, key ? neighbour(panel, square, key) : square);
    /** @type {HTMLElement} */ (panel.querySelector('.cursor')).focus({ preventScroll: true });
  }

  /** @param {Event} event */
  found(event) {
    const target = /** @type {Element} */ (event.target);
    const marked = /** @type {HTMLElement | null} */ (target.closest('[data-moment]'));
    const plate = target.closest('.plate');
    const panel = /** @type {HTMLElement | null} */ (plate?.closest('.panel') ?? null);
    if (marked) return { key: marked.dataset.moment, term: marked.dataset.term, panel, square: -1 };
    if (!panel || !(event instanceof MouseEvent)) return { panel, square: -1 };
    const square = squareAt(panel, event.clientX, event.clientY);
    return { key: momentOf(panel, square), panel, square };
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (event.pointerType === 'touch') return;
    const { key, term } = this.found(event);
    this.hand.single(term);
    this.hand.over(term ? undefined : key);
  }

  /** A press on a plate leaves the focus on the cursor: the second one edits. @param {MouseEvent} event */
  hold(event) {
    const target = /** @type {Element} */ (event.target);
    if (target.closest('.plate') && !target.closest('input, button')) event.preventDefault();
  }

  /** @param {MouseEvent} event */
  click(event) {
    if (/** @type {Element} */ (event.target).closest('.cell-editor')) return;
    const { key, panel, square } = this.found(event);
    if (!key && square < 0) return;
    let again = false;
    if (panel && square >= 0) {
      const place = `${panel.dataset.panel} ${square}`;
      again = this.clicked === place && panel.contains(document.activeElement);
      this.clicked = place;
      this.put(panel, square);
      /** @type {HTMLElement} */ (panel.querySelector('.cursor')).focus({ preventScroll: true });
      if (again && panel.dataset.editable) return this.hand.edit(panel, square);
    }
    if (key) this.hand.choose(key, again);
  }

  /** @param {FocusEvent} event */
  focus(event) {
    const term = /** @type {HTMLElement} */ (event.target).closest('.term');
    if (term instanceof HTMLElement) this.hand.single(term.dataset.term);
  }

  /** The panel whose cursor has the focus. @param {Event} event */
  focused(event) {
    const target = /** @type {Element} */ (event.target);
    if (!target.classList.contains('cursor')) return null;
    const panel = /** @type {HTMLElement} */ (target.closest('.panel'));
    return { panel, square: this.squares.get(panel.dataset.panel ?? '') ?? 0 };
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const at = this.focused(event);
    if (!at || event.ctrlKey || event.metaKey || event.altKey) return;
    const { panel, square } = at;
    const field = panel.dataset.editable;
    if (panel.dataset.kind === 'wires') return;
    if (field && event.shiftKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
      const cell = square;
      this.hand.change({ kind: 'nudge', field, cell, by: event.key === 'ArrowUp' ? 1 : -1 }, panel);
    } else if (/^(Arrow|Home|End)/.test(event.key)) {
      const next = neighbour(panel, square, event.key);
      this.put(panel, next);
      this.hand.over(momentOf(panel, next));
      this.tell(panel, next);
    } else if (event.key === 'Enter' || event.key === 'F2') {
      const key = momentOf(panel, square);
      if (field) this.hand.edit(panel, square);
      else if (key) this.hand.choose(key, false);
    } else if (field && /^[-−+.\d０-９]$/.test(event.key)) {
      this.hand.edit(panel, square, event.key);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {HTMLElement} panel @param {number} square */
  tell(panel, square) {
    const value = this.hand.conceals(momentOf(panel, square)) ? '?' : valueAt(panel, square);
    this.hand.say(`${placeOf(panel, square)}: ${value}`);
  }

  /** @param {ClipboardEvent} event */
  paste(event) {
    const at = this.focused(event);
    const text = event.clipboardData?.getData('text/plain');
    if (!at?.panel.dataset.editable || !text) return;
    event.preventDefault();
    this.hand.change({ kind: 'paste', field: at.panel.dataset.editable, cell: at.square, text }, at.panel);
  }

  /** A whole map goes to the clipboard as a spreadsheet takes it. @param {ClipboardEvent} event */
  copy(event) {
    const at = this.focused(event);
    if (!at || !event.clipboardData) return;
    event.clipboardData.setData('text/plain', asText(at.panel));
    event.preventDefault();
  }
}
