// Runs in the page that is measured. Times are the page's own clock, in milliseconds.
window.probe = {
  frame: () => new Promise((resolve) => requestAnimationFrame(resolve)),

  /** Presses the arrow key, a step every other frame, from the beginning. */
  async steps(count) {
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Home', bubbles: true }));
    await this.frame();
    for (let i = 0; i < count; i++) {
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
      await this.frame();
      await this.frame();
    }
  },

  /** How long each frame took while something played. */
  async frames(milliseconds) {
    const found = [];
    const end = performance.now() + milliseconds;
    let before = await this.frame();
    while (before < end) {
      const now = await this.frame();
      found.push(now - before);
      before = now;
    }
    return found;
  },

  /** From the key that accepts a number until a frame shows what follows from it. */
  edited(selector, key) {
    return new Promise((resolve) => {
      const before = document.querySelector(selector).outerHTML;
      const begin = performance.now();
      const look = () => {
        if (document.querySelector(selector)?.outerHTML === before) return requestAnimationFrame(look);
        requestAnimationFrame(() => resolve(performance.now() - begin));
      };
      key();
      look();
    });
  },

  /** One figure of all panels, as a page would draw it that knew nothing better; how long it takes to change a number in it. */
  async whole(figures, rounds) {
    const place = document.createElement('div');
    document.body.append(place);
    const traces = [];
    const layout = { width: 1200, height: 700, shapes: [], annotations: [] };
    const names = Object.keys(figures);
    names.forEach((name, i) => {
      const { data, layout: one } = figures[name];
      const [x, y] = i ? [`x${i + 1}`, `y${i + 1}`] : ['x', 'y'];
      const [down, right] = [Math.floor(i / 4), i % 4];
      layout[`xaxis${i ? i + 1 : ''}`] = { ...one.xaxis, domain: [right / 4, right / 4 + 0.22], anchor: y };
      layout[`yaxis${i ? i + 1 : ''}`] = { ...one.yaxis, domain: [down / 3, down / 3 + 0.3], anchor: x };
      traces.push(...data.map((trace) => ({ ...trace, xaxis: x, yaxis: y })));
      for (const kind of ['shapes', 'annotations']) layout[kind].push(...(one[kind] ?? []).map((mark) => ({ ...mark, xref: x, yref: y })));
    });
    await Plotly.newPlot(place, traces, layout, { staticPlot: true });
    const found = [];
    for (let i = 0; i < rounds; i++) {
      const again = structuredClone(traces);
      const heat = again.find((trace) => trace.type === 'heatmap');
      heat.z[0][0] = i;
      const begin = performance.now();
      await Plotly.react(place, again, structuredClone(layout), { staticPlot: true });
      await this.frame();
      found.push(performance.now() - begin);
    }
    Plotly.purge(place);
    place.remove();
    return found;
  },
};
