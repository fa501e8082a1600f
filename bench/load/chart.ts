/** Line charts as SVG: readable in light and dark, and without colours, as each line has its own dashes and its name. */

export interface Line {
  readonly name: string;
  /** x and y; a point that is no number is a gap. */
  readonly points: readonly (readonly [number, number])[];
}

export interface Chart {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly lines: readonly Line[];
  /** A horizontal line that says what is allowed. */
  readonly bound?: { readonly name: string; readonly at: number };
}

const SIZE = { width: 760, height: 320 };
const MARGIN = { top: 44, right: 120, bottom: 44, left: 64 };
const PLOT = {
  width: SIZE.width - MARGIN.left - MARGIN.right,
  height: SIZE.height - MARGIN.top - MARGIN.bottom,
};
const DASHES = ['', '7 3', '2 3', '9 3 2 3'];
/** Least distance of two names, in pixels. */
const LINE_HEIGHT = 14;

/** Contrast of at least 4.5 to 1 of every colour to its ground, in both. */
const STYLE = `
  .ground { fill: #ffffff } text { fill: #24292f; font: 12px system-ui, sans-serif } .title { font-size: 14px; font-weight: 600 }
  .grid { stroke: #d8dee4 } .line { fill: none; stroke-width: 1.8 } .bound { stroke: #57606a; stroke-dasharray: 1 4; stroke-width: 2 }
  .l0 { stroke: #0550ae } .l1 { stroke: #953800 } .l2 { stroke: #116329 } .l3 { stroke: #82071e }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } text { fill: #e6edf3 } .grid { stroke: #30363d } .bound { stroke: #9198a1 }
    .l0 { stroke: #79c0ff } .l1 { stroke: #ffa657 } .l2 { stroke: #7ee787 } .l3 { stroke: #ff7b72 }
  }`;

/** Draws the chart; without any point it says that there is none. */
export function draw({ title, x, y, lines, bound }: Chart): string {
  const points = lines.flatMap((line) => line.points.filter(isPoint));
  const right = ticks(Math.max(1, ...points.map(([at]) => at)));
  const top = ticks(Math.max(0, bound?.at ?? 0, ...points.map(([, value]) => value)) || 1);
  const place = ([at, value]: readonly [number, number]): [number, number] => [
    MARGIN.left + (at / right.end) * PLOT.width,
    MARGIN.top + PLOT.height - (value / top.end) * PLOT.height,
  ];
  const grid = top.values.map((value) => {
    const height = place([0, value])[1];
    return `<line class="grid" x1="${String(MARGIN.left)}" x2="${String(MARGIN.left + PLOT.width)}" y1="${px(height)}" y2="${px(height)}"/>
  <text x="${String(MARGIN.left - 8)}" y="${px(height + 4)}" text-anchor="end">${short(value)}</text>`;
  });
  const times = right.values.map(
    (value) =>
      `<text x="${px(place([value, 0])[0])}" y="${String(MARGIN.top + PLOT.height + 18)}" text-anchor="middle">${short(value)}</text>`,
  );
  const drawn = lines.map(
    ({ points: own }, at) =>
      `<path class="line l${String(at % 4)}" stroke-dasharray="${DASHES[at % DASHES.length] ?? ''}" d="${path(own, place)}"/>`,
  );
  const boundary =
    bound === undefined
      ? []
      : [
          `<line class="bound" x1="${String(MARGIN.left)}" x2="${String(MARGIN.left + PLOT.width)}" y1="${px(place([0, bound.at])[1])}" y2="${px(place([0, bound.at])[1])}"/>`,
        ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(SIZE.width)} ${String(SIZE.height)}" width="${String(SIZE.width)}" height="${String(SIZE.height)}" role="img" aria-label="${escape(title)}">
  <title>${escape(title)}</title>
  <style>${STYLE}</style>
  <rect class="ground" width="100%" height="100%"/>
  <text class="title" x="${String(MARGIN.left)}" y="20">${escape(title)}</text>
  <text x="${String(MARGIN.left)}" y="36">${escape(y)}</text>
  <text x="${String(MARGIN.left + PLOT.width)}" y="${String(SIZE.height - 8)}" text-anchor="end">${escape(x)}</text>
  ${[...grid, ...times, ...boundary, ...drawn, ...names(lines, bound, place)].join('\n  ')}
${points.length === 0 ? `  <text x="${String(SIZE.width / 2)}" y="${String(SIZE.height / 2)}">nothing was measured</text>\n` : ''}</svg>
`;
}

const isPoint = ([at, value]: readonly [number, number]): boolean => Number.isFinite(at) && Number.isFinite(value);
const px = (value: number): string => value.toFixed(1);
const short = (value: number): string => String(Number(value.toPrecision(4)));

export const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Round numbers from 0 to at least the greatest value; five or so of them. */
export function ticks(most: number): { readonly values: readonly number[]; readonly end: number } {
  const rough = most / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const count = Math.ceil(most / step - 1e-9);
  const values = Array.from({ length: count + 1 }, (_, at) => Number((at * step).toPrecision(12)));
  return { values, end: values.at(-1) ?? most };
}

function path(
  points: readonly (readonly [number, number])[],
  place: (point: readonly [number, number]) => [number, number],
): string {
  let isDrawing = false;
  const parts = points.map((point) => {
    if (!isPoint(point)) {
      isDrawing = false;
      return '';
    }
    const [x, y] = place(point);
    const move = `${isDrawing ? 'L' : 'M'}${px(x)} ${px(y)}`;
    isDrawing = true;
    return move;
  });
  return parts.filter((part) => part !== '').join(' ');
}

/** Each name beside the end of its line, and none on another one. */
function names(
  lines: readonly Line[],
  bound: Chart['bound'],
  place: (point: readonly [number, number]) => [number, number],
): string[] {
  const wanted = [
    ...lines.map(({ name, points }) => ({ name, value: points.findLast(isPoint)?.[1] })),
    ...(bound === undefined ? [] : [{ name: bound.name, value: bound.at }]),
  ].flatMap(({ name, value }) => (value === undefined ? [] : [{ name, y: place([0, value])[1] + 4 }]));
  wanted.sort((one, other) => other.y - one.y);
  let lowest = Infinity;
  return wanted.map(({ name, y }) => {
    lowest = Math.min(y, lowest - LINE_HEIGHT);
    return `<text x="${String(MARGIN.left + PLOT.width + 6)}" y="${px(lowest)}">${escape(name)}</text>`;
  });
}
