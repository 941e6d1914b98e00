// plotly.js with what our figures are made of, and nothing else. Scatter is in the core.
import Plotly from 'plotly.js/lib/core';
import heatmap from 'plotly.js/lib/heatmap';

Plotly.register([heatmap]);
globalThis.Plotly = Plotly;
