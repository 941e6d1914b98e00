// The part of Plotly that static/js uses. A figure comes from the server as finished JSON, so its
// traces and layout stay opaque here; Plotly may still be loading when a page is first painted.

interface PlotlyElement extends HTMLElement {
  on(event: string, handler: (event: any) => void): void;
}

interface PlotlyStatic {
  newPlot(
    div: HTMLElement,
    data: unknown[],
    layout?: object,
    config?: object,
  ): Promise<PlotlyElement>;
  react(
    div: HTMLElement,
    data: unknown[],
    layout?: object,
    config?: object,
  ): Promise<PlotlyElement>;
  purge(div: HTMLElement): void;
}

interface Window {
  Plotly?: PlotlyStatic;
}
