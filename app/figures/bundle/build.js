// Builds built/plotly.min.js, and beside it the same compressed as small as it gets.
import { readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync('node_modules/plotly.js/package.json', 'utf8'));
const outfile = 'built/plotly.min.js';
await build({
  entryPoints: ['entry.js'],
  outfile,
  bundle: true,
  minify: true,
  format: 'iife',
  define: { global: 'globalThis' },
  loader: { '.css': 'empty' }, // the sheets of maps, which no figure of ours is
  legalComments: 'inline',
  banner: {
    js: `/* plotly.js v${version}, with scatter and heatmap only. Copyright Plotly, Inc. MIT license. Licences of what it holds: npm's package plotly.js */`,
  },
});
writeFileSync(`${outfile}.br`, brotliCompressSync(readFileSync(outfile)));
