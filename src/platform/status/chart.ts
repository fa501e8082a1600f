import { html, type Html } from './html.js';

/** Size of the drawing; the page stretches it to the width there is. */
const WIDTH = 600;
const HEIGHT = 120;
/** Share of a bar's place that is left free. */
const GAP = 0.2;

export interface Bar {
  /** Undefined where nothing was measured: no bar. */
  readonly value: number | undefined;
  /** Part of `value` that is drawn as a fault. */
  readonly fault?: number;
}

export interface Chart {
  /** For who does not see it: what the chart says, in words. */
  readonly summary: string;
  /** The newest last, at the right end. */
  readonly bars: readonly Bar[];
  /** How many there is room for. */
  readonly places: number;
}

/** The value at the top of a chart: the highest one rounded up to 1, 2 or 5 times a power of ten. */
export function ceilingOf(values: readonly number[]): number {
  const highest = Math.max(0, ...values);
  if (highest === 0) return 1;
  const power = 10 ** Math.floor(Math.log10(highest));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= highest) ?? highest;
}

/** Bars as SVG without texts, scripts or styles of its own, so that it can be stretched and stands under a strict policy. */
export function chartOf({ summary, bars, places }: Chart): Html {
  const top = ceilingOf(bars.map(({ value = 0 }) => value));
  const step = WIDTH / places;
  const heightOf = (value: number): number => (Math.min(value, top) / top) * HEIGHT;
  const rect = (at: number, from: number, to: number, kind: string): Html => {
    const x = (places - bars.length + at + GAP / 2) * step;
    const place = [x, HEIGHT - to, step * (1 - GAP), to - from].map((number) => number.toFixed(1));
    const [left = '', above = '', width = '', height = ''] = place;
    return html`<rect class="${kind}" x="${left}" y="${above}" width="${width}" height="${height}" />`;
  };
  const drawn = bars.flatMap(({ value, fault = 0 }, at) => {
    if (value === undefined || value <= 0) return [];
    // What is there is seen, however little it is beside the rest.
    const bar = rect(at, 0, Math.max(heightOf(value), 2), 'bar');
    return fault > 0 ? [bar, rect(at, 0, Math.max(heightOf(fault), 4), 'fault')] : [bar];
  });
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${summary}">
    <path class="grid" d="M0 .5H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT - 0.5}H${WIDTH}" />
    ${drawn}
  </svg>`;
}
