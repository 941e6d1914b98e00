// Plotly takes over from the server's drawings once it is there: one plot a panel, drawn at its
// nominal size and scaled by CSS, so that a resize draws nothing. Overlays stay where they are.

import { postJson, standing } from './server.js';

const SETTLE = 350; // ms without an edit before plots are drawn anew
const CONFIG = { staticPlot: true, displayModeBar: false, displaylogo: false, showSendToCloud: false };

/** @type {Promise<void> | undefined} */
let loading;

/** plotly.js, once. */
export function loadPlotly() {
  loading ??= new Promise((resolve, reject) => {
    const url = document.getElementById('plotly.js-style-global')?.dataset.script ?? '';
    const script = document.createElement('script');
    script.src = url;
    script.onload = () => resolve();
    script.onerror = () => reject(new Error(url));
    document.head.append(script);
  });
  return loading;
}

export class Plots {
  /** @param {HTMLElement} bench */
  constructor(bench) {
    this.bench = bench;
    this.timer = 0;
    /** @type {AbortController | null} */
    this.asking = null;
    new ResizeObserver(() => this.scale()).observe(bench);
  }

  /**
   * Draws every panel of the bench soon, unless it changes again before.
   * @param {import('./types').LabData} data
   */
  renew(data) {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.timer = window.setTimeout(() => this.draw(data).catch(() => {}), SETTLE);
  }

  /** @param {import('./types').LabData} data */
  async draw(data) {
    const asking = (this.asking = new AbortController());
    const { root, language } = data;
    const theme = getComputedStyle(document.body).getPropertyValue('--theme').trim();
    const body = { ...standing(data), theme };
    const [answer] = await Promise.all([
      postJson(`${root}/lab/figures`, body, language, asking.signal),
      loadPlotly(),
    ]);
    for (const [name, figure] of Object.entries(answer.figures)) {
      if (asking.signal.aborted) return;
      const panel = this.bench.querySelector(`[data-panel="${name}"]`);
      const plot = /** @type {HTMLElement | null} */ (panel?.querySelector('.plot') ?? null);
      if (!panel || !plot) continue;
      this.scale(panel);
      await window.Plotly.newPlot(plot, figure.data, figure.layout, CONFIG);
      if (asking.signal.aborted) return window.Plotly.purge(plot);
      panel.classList.add('plotted');
      await new Promise((resolve) => setTimeout(resolve)); // the page stays responsive in between
    }
    this.bench.dataset.plotted = 'true';
  }

  /** @param {ParentNode} [within] */
  scale(within = this.bench) {
    const plots = /** @type {NodeListOf<HTMLElement>} */ (within.querySelectorAll('.plot'));
    for (const plot of plots) {
      const panel = /** @type {HTMLElement} */ (plot.closest('.panel'));
      const plate = /** @type {HTMLElement} */ (plot.parentElement);
      plot.style.transform = `scale(${plate.clientWidth / Number(panel.style.getPropertyValue('--w'))})`;
    }
  }
}
