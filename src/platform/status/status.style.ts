import { createHash } from 'node:crypto';

/** Colours of texts have a contrast of 4.5 at least to what is behind them, those of bars and marks 3. */
export const STATUS_STYLE = `
:root { color-scheme: light dark; --page: #f4f5f7; --card: #fff; --text: #1d2330; --soft: #5a6272; --line: #dfe2e8;
  --ok: #19703a; --ok-back: #e2f4e8; --warning: #865300; --warning-back: #fdf0d5; --error: #b3261e; --error-back: #fbe5e3;
  --quiet: #545c6b; --quiet-back: #eceef2; --bar: #3b6fc4; }
@media (prefers-color-scheme: dark) { :root { --page: #12151b; --card: #1b2028; --text: #e8ebf1; --soft: #a4adbc; --line: #2f3642;
  --ok: #7ddc9f; --ok-back: #17351f; --warning: #f3c36b; --warning-back: #3b2d10; --error: #ff9d94; --error-back: #451b18;
  --quiet: #b4bccb; --quiet-back: #2a303b; --bar: #7ba7f0; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
header, main, footer { max-width: 62rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 1.75rem; padding-bottom: .75rem; }
header p { margin: 0; color: var(--soft); }
h1 { margin: .25rem 0; font-size: 1.6rem; line-height: 1.25; display: flex; gap: .7rem; align-items: center; }
h1::before { content: ""; flex: none; width: 1rem; height: 1rem; border-radius: 50%; background: currentcolor; }
h1 span { color: var(--text); }
h2 { margin: 0; font-size: 1.05rem; }
h3 { margin: 0; font-size: .95rem; font-weight: 600; }
.cards { columns: 2 19rem; column-gap: 1rem; }
.cards section { display: inline-block; width: 100%; }
.unwell { columns: auto; display: grid; gap: 0 1rem; grid-template-columns: repeat(auto-fit, minmax(min(19rem, 100%), 1fr)); align-items: start; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1rem 1.1rem; margin-bottom: 1rem; break-inside: avoid; }
section > header { display: flex; justify-content: space-between; align-items: start; gap: .8rem; padding: 0 0 .5rem; margin: 0; max-width: none; }
.charts { display: grid; gap: 1.25rem 2rem; grid-template-columns: repeat(auto-fit, minmax(min(19rem, 100%), 1fr)); }
dl { margin: 0; }
dl div { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .1rem 1rem; padding: .4rem 0; border-top: 1px solid var(--line); }
dt { color: var(--soft); }
dd { margin: 0 0 0 auto; text-align: right; font-variant-numeric: tabular-nums; }
dd.details { flex-basis: 100%; text-align: left; font-size: .85rem; color: var(--soft); }
.mark { display: inline-block; padding: .05rem .6rem; border-radius: 1rem; font-size: .85rem; font-weight: 600; white-space: nowrap; }
.ok { color: var(--ok); } .warning { color: var(--warning); } .error { color: var(--error); } .off, .unknown { color: var(--quiet); }
.mark.ok { background: var(--ok-back); } .mark.warning { background: var(--warning-back); } .mark.error { background: var(--error-back); }
.mark.off, .mark.unknown { background: var(--quiet-back); }
figure { margin: .5rem 0 0; min-width: 0; }
svg { display: block; width: 100%; height: 6rem; margin: .4rem 0 .1rem; }
.bar { fill: var(--bar); } .fault { fill: var(--error); } .grid { stroke: var(--line); vector-effect: non-scaling-stroke; fill: none; }
.ends { display: flex; justify-content: space-between; font-size: .8rem; color: var(--soft); }
figcaption, .note, footer { font-size: .9rem; color: var(--soft); }
.note { margin: .6rem 0 0; }
footer { padding-bottom: 2rem; }
`;

const source = `'sha256-${createHash('sha256').update(STATUS_STYLE).digest('base64')}'`;

/** Only the page's own style counts, and pictures that stand in the page itself; nothing runs and nothing is fetched. */
export const STATUS_CSP = `default-src 'none'; style-src ${source}; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;
