// A number is typed into the cell itself. What was typed stays until it is accepted or given up.

import { complain, complaint, settle } from './faults.js';
import { exactAt, placeOf, placeOver } from './panels.js';
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
   * @param {(name: string) => HTMLElement | null} find a panel by its name, as it is drawn now
   * @param {(message: string) => void} elsewhere complains away from the cell
   */
  constructor(send, moveOn, find, elsewhere) {
    this.send = send;
    this.moveOn = moveOn;
    this.find = find;
    this.elsewhere = elsewhere;
    /** @type {HTMLInputElement | null} */
    this.input = null;
    /** @type {Edit | null} what is being typed, and where */
    this.edit = null;
  }

  /**
   * Draws the bench anew around what is being typed.
   * @param {() => void} draw
   */
  across(draw) {
    const { edit, input } = this;
    if (!edit || !input) return draw();
    const { value, selectionStart, selectionEnd } = input;
    const wrong = input.hasAttribute('aria-invalid') ? complaint() : undefined;
    this.close();
    draw();
    const panel = this.find(edit.panel.dataset.panel ?? '');
    if (!panel) return;
    const again = this.open({ panel, square: edit.square, typed: value });
    again.setSelectionRange(selectionStart, selectionEnd);
    if (wrong) complain(again, wrong);
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
    input.setAttribute('aria-label', `${panel.querySelector('figcaption')?.textContent ?? ''} ${placeOf(panel, square)}`);
    input.value = typed ?? exactAt(panel, square);
    placeOver(panel, input, square);
    plate.append(input);
    input.focus();
    if (typed === undefined) input.select();
    this.input = input;
    this.edit = { panel, square, typed };
    const before = input.value;
    const name = panel.dataset.panel ?? '';
    /** @param {string} key */
    const commit = (key) => {
      if (this.input !== input) return;
      const text = input.value;
      this.close();
      // on at once: whoever types a row does not wait for the answers
      if (key) this.moveOn(name, square, key);
      if (text === before && typed === undefined) return;
      const change = { kind: 'cell', field: panel.dataset.editable, cell: square, text };
      this.send(change).catch((error) => this.refused(error, name, square, text));
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
        this.close();
        this.moveOn(name, square, '');
      }
    });
    input.addEventListener('blur', () => commit(''));
    return input;
  }

  /**
   * A number that was not taken goes back to its cell, unless another is being typed by now.
   * @param {unknown} error
   * @param {string} name
   * @param {number} square
   * @param {string} text
   */
  refused(error, name, square, text) {
    if (!(error instanceof Refused)) throw error;
    const panel = this.find(name);
    if (this.edit || !panel) return this.elsewhere(`“${text}”: ${error.message}`);
    complain(this.open({ panel, square, typed: text }), error.message);
  }

  close() {
    const input = this.input;
    this.input = this.edit = null; // first: to remove what has the focus blurs it
    if (input?.hasAttribute('aria-invalid')) settle();
    input?.remove();
  }
}
