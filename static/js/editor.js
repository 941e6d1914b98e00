// A number is typed into the cell itself. What was typed stays until it is accepted or given up.

import { placeOver, valueAt } from './panels.js';
import { Refused } from './server.js';

/**
 * @typedef {object} Edit
 * @property {HTMLElement} panel
 * @property {number} square
 * @property {string} [typed] what the cell starts with, instead of its number
 */

export class Editor {
  /**
   * @param {(change: object) => Promise<void>} send
   * @param {(panelName: string, square: number, key: string) => void} moveOn
   */
  constructor(send, moveOn) {
    this.send = send;
    this.moveOn = moveOn;
    /** @type {HTMLInputElement | null} */
    this.input = null;
    /** @type {Edit | null} what is being typed, and where */
    this.edit = null;
  }

  /**
   * Draws the bench anew around what is being typed.
   * @param {() => void} draw
   * @param {(name: string) => HTMLElement | null} find
   */
  across(draw, find) {
    const { edit, input } = this;
    const typed = input?.value;
    const name = edit?.panel.dataset.panel ?? '';
    this.close();
    draw();
    const panel = edit && find(name);
    if (panel && typed !== undefined) this.open({ panel, square: edit.square, typed });
  }

  /** @param {Edit} edit */
  open({ panel, square, typed }) {
    this.close();
    const plate = /** @type {HTMLElement} */ (panel.querySelector('.plate'));
    const input = document.createElement('input');
    input.className = 'cell-editor';
    input.inputMode = 'text';
    input.autocomplete = 'off';
    input.spellcheck = false;
    input.setAttribute('aria-label', panel.querySelector('figcaption')?.textContent ?? '');
    input.value = typed ?? valueAt(panel, square).replace('−', '-');
    placeOver(panel, input, square);
    plate.append(input);
    input.focus();
    if (typed === undefined) input.select();
    this.input = input;
    this.edit = { panel, square };
    const before = input.value;
    let settled = false;
    /** @param {string} key */
    const commit = async (key) => {
      if (settled) return;
      settled = true;
      if (input.value === before && typed === undefined) {
        this.close();
        if (key) this.moveOn(panel.dataset.panel ?? '', square, key);
        return;
      }
      const change = { kind: 'cell', field: panel.dataset.editable, cell: square, text: input.value };
      try {
        this.edit = null; // accepted or not, the next drawing shall not bring it back
        await this.send(change);
        if (key) this.moveOn(panel.dataset.panel ?? '', square, key);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        settled = false;
        this.edit = { panel, square };
        this.complain(input, error.message);
      }
    };
    input.addEventListener('keydown', (event) => {
      event.stopPropagation();
      if (event.key === 'Enter') {
        event.preventDefault();
        commit('ArrowDown');
      } else if (event.key === 'Tab') {
        event.preventDefault();
        commit(event.shiftKey ? 'ArrowLeft' : 'ArrowRight');
      } else if (event.key === 'Escape') {
        settled = true;
        this.close();
        this.moveOn(panel.dataset.panel ?? '', square, '');
      }
    });
    input.addEventListener('blur', () => commit(''));
  }

  /**
   * Says what is wrong, beside the cell.
   * @param {HTMLInputElement} input
   * @param {string} message
   */
  complain(input, message) {
    const plate = input.parentElement;
    if (!plate) return;
    plate.querySelector('.complaint')?.remove();
    const complaint = document.createElement('p');
    complaint.className = 'complaint';
    complaint.id = 'complaint';
    complaint.setAttribute('role', 'alert');
    complaint.textContent = message;
    plate.append(complaint);
    input.setAttribute('aria-invalid', 'true');
    input.setAttribute('aria-describedby', complaint.id);
    input.focus();
  }

  close() {
    const input = this.input;
    this.input = this.edit = null;
    input?.parentElement?.querySelector('.complaint')?.remove();
    input?.remove();
  }
}
