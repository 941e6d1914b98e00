/** What the server sends; app/pages/workbench.py is where it is made. */

export interface Moment {
  terms: number;
  light: Record<string, string>;
  cover: Record<string, string>;
  formula: string;
  sentence: string;
  spoken: string;
  whole: number | null;
  aside?: string;
  lines?: string;
}

export interface LabData {
  spec: string;
  phase: string;
  step: number;
  term: number;
  member: number;
  way: string;
  beside: string;
  mistake: string;
  names: string;
  steps: number;
  language: string;
  root: string;
  /** with a page only: the query parameters of the lesson that it is */
  lesson?: Record<string, string>;
  moments: Record<string, Moment>;
  later?: string[];
}

export interface Geometry {
  rows: number;
  columns: number;
  cell: number;
  origins: [number, number][];
  cells: number[] | null;
}

/** What the page of several layers knows. */
export interface NetworkData {
  root: string;
  language: string;
  query: Record<string, string>;
  training: object;
  runs: [string, string][];
  curves: Record<string, any>;
  gradients: Record<string, string>;
  said: Record<string, string>;
}
