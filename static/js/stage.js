// Shows a moment. Everything that can be shown was drawn by the server; here it is put in place and
// revealed up to a contribution. Hover, click, player, keys and links all end in `show`.

const calm = matchMedia('(prefers-reduced-motion: reduce)');

/** @param {ParentNode} root @param {string} selector */
const all = (root, selector) =>
  /** @type {(HTMLElement | SVGElement)[]} */ ([...root.querySelectorAll(selector)]);

export class Stage {
  /** @param {HTMLElement} bench */
  constructor(bench) {
    this.bench = bench;
    this.flights = /** @type {Animation[]} */ ([]);
    this.lit = '';
    this.landed = -1;
  }

  /** @param {string} name @returns {HTMLElement | null} */
  part(name) {
    return this.bench.querySelector(`[data-part="${name}"]`);
  }

  /** After the server has drawn the bench anew. */
  renew() {
    this.lit = '';
    this.landed = -1;
    this.panels = all(this.bench, '.panel').map((panel) => ({
      name: panel.dataset.panel ?? '',
      cover: /** @type {SVGGElement} */ (panel.querySelector('.cover')),
      light: /** @type {SVGGElement} */ (panel.querySelector('.light')),
    }));
  }

  /**
   * @param {object} shown
   * @param {string} shown.key which moment is lit
   * @param {import('./types').Moment} shown.light
   * @param {number} shown.term how many of its contributions have landed
   * @param {import('./types').Moment} shown.current where the player stands
   * @param {number} shown.currentTerm
   */
  show({ key, light, term, current, currentTerm }) {
    const next = this.lit === key && term === this.landed + 1;
    if (this.lit !== key) {
      for (const panel of this.panels ?? []) panel.light.innerHTML = light.light[panel.name] ?? '';
      const formula = this.part('formula');
      if (formula) formula.innerHTML = light.formula;
      const sentence = this.part('sentence');
      if (sentence) {
        sentence.textContent = light.sentence;
        sentence.dataset.spoken = light.spoken;
      }
      const aside = this.part('aside');
      if (aside && light.aside) aside.textContent = light.aside;
      const derivation = this.part('derivation');
      if (derivation && light.lines) derivation.innerHTML = light.lines;
      this.bench.querySelector('.turned')?.classList.remove('turned');
      this.lit = key;
    }
    for (const panel of this.panels ?? []) {
      const cover = current.cover[panel.name] ?? '';
      if (panel.cover.dataset.shown !== cover) {
        panel.cover.innerHTML = cover;
        panel.cover.dataset.shown = cover;
      }
      reveal(panel.cover, currentTerm);
      reveal(panel.light, term);
    }
    this.sum(term, light.terms, next);
    this.landed = term;
    const whole = current.whole !== null && currentTerm >= current.whole;
    this.bench.classList.toggle('whole', whole);
    if (next && term > 0) this.fly(term);
    if (next && whole && term === current.whole && key.startsWith('deltas')) this.turn();
  }

  /** The forward stencil turns over onto the backward one. */
  turn() {
    const turning = /** @type {SVGGElement | null} */ (this.bench.querySelector('.turning'));
    if (!turning) return;
    if (calm.matches) return void turning.classList.toggle('turned');
    const way = turning.style.getPropertyValue('--way');
    turning.animate(
      [
        { opacity: 1, transform: 'none' },
        { opacity: 1, transform: `translateX(${way}) rotate(180deg)`, offset: 0.85 },
        { opacity: 0, transform: `translateX(${way}) rotate(180deg)` },
      ],
      { duration: 1400, easing: 'ease-in-out' },
    );
  }

  /**
   * The formula up to a contribution.
   * @param {number} term
   * @param {number} terms
   * @param {boolean} next whether the reader came here by a step
   */
  sum(term, terms, next) {
    const addends = all(this.bench, '.formula [data-term]');
    addends.forEach((addend, i) => addend.classList.toggle('waiting', i >= term));
    // a long sum that is complete from the first is read from its beginning
    if (next || term < terms) within(addends[Math.max(0, Math.min(term, addends.length) - 1)]);
    const result = /** @type {HTMLElement | null} */ (this.bench.querySelector('.formula .result'));
    if (!result) return;
    const done = term >= terms;
    const running = addends[Math.min(term, addends.length) - 1]?.dataset.running;
    result.textContent = (done ? result.dataset.final : (running ?? result.dataset.start)) ?? '';
    result.classList.toggle('running', !done);
  }

  /**
   * A weight travels from its wire to where its δ (or its activation) stands.
   * @param {number} term
   */
  fly(term) {
    this.flights.forEach((flight) => flight.cancel());
    this.flights = [];
    if (calm.matches) return;
    const from = this.bench.querySelector(`.from[data-t="${term}"]`);
    const start = from?.getBoundingClientRect();
    const chips = all(this.bench, `.to:is([data-k="${term}"], [data-at="${term}"])`).map((chip) => {
      const plate = /** @type {HTMLElement} */ (chip.closest('.plate'));
      const panel = /** @type {HTMLElement} */ (plate.closest('.panel'));
      const scale = plate.clientWidth / Number(panel.style.getPropertyValue('--w'));
      return { chip, end: chip.getBoundingClientRect(), scale };
    });
    // everything is measured before anything moves: one layout instead of one a chip
    for (const { chip, end, scale } of chips) {
      if (!start || !end.width) continue;
      const x = (start.x + start.width / 2 - end.x - end.width / 2) / scale;
      const y = (start.y + start.height / 2 - end.y - end.height / 2) / scale;
      this.flights.push(
        chip.animate(
          [{ transform: `translate(${x}px, ${y}px)` }, { transform: 'translate(0, 0)' }],
          { duration: 380, easing: 'cubic-bezier(.3,.7,.2,1)' },
        ),
      );
    }
  }

  /**
   * Lights one contribution of the sum in every view, or none.
   * @param {string | undefined} term
   */
  single(term) {
    this.bench.classList.toggle('singled', term !== undefined);
    for (const mark of all(this.bench, '.hot')) mark.classList.remove('hot');
    if (term === undefined) return;
    for (const mark of all(this.bench, `[data-term="${term}"], [data-t="${term}"], [data-k="${term}"], [data-at="${term}"]`)) {
      mark.classList.add('hot');
    }
  }
}

/** Keeps a long formula scrolled to the term that has landed. @param {Element | undefined} addend */
function within(addend) {
  const box = /** @type {HTMLElement | null | undefined} */ (addend?.closest('.formula.long'));
  if (!box || !addend) return;
  const here = addend.getBoundingClientRect();
  const frame = box.getBoundingClientRect();
  if (here.top < frame.top) box.scrollTop -= frame.top - here.top;
  else if (here.bottom > frame.bottom) box.scrollTop += here.bottom - frame.bottom;
}

/**
 * @param {Element} group
 * @param {number} term
 */
function reveal(group, term) {
  for (const mark of all(group, '[data-k], [data-at], [data-until], [data-t]')) {
    const { k, at, until, t } = mark.dataset;
    const hidden =
      (k !== undefined && term < Number(k)) ||
      (at !== undefined && term !== Number(at)) ||
      (until !== undefined && term >= Number(until));
    mark.classList.toggle('off', hidden);
    if (t !== undefined) mark.classList.toggle('waiting', term < Number(t));
  }
}
