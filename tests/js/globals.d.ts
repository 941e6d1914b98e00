// The part of Plotly that static/js uses, once plots.js has loaded it. A figure comes from the
// server as finished JSON, so its traces and layout stay opaque here.

interface PlotlyStatic {
  newPlot(div: HTMLElement, data: unknown[], layout?: object, config?: object): Promise<HTMLElement>;
  react(div: HTMLElement, data: unknown[], layout?: object, config?: object): Promise<HTMLElement>;
  purge(div: HTMLElement): void;
}

interface Window {
  Plotly: PlotlyStatic;
}
