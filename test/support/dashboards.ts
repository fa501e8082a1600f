import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_DIR } from '../../src/platform/config/index.js';

const FOLDER = join(PROJECT_DIR, 'docker/grafana/dashboards');

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly fieldConfig: { readonly defaults: { readonly unit?: string } };
  readonly targets: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly datasource: { readonly uid: string };
  }[];
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly query: string | { readonly query: string } }[];
  };
}

/** The dashboards for Grafana, by their files. */
export const dashboards = (): ReadonlyMap<string, Dashboard> =>
  new Map(
    readdirSync(FOLDER)
      .filter((file) => file.endsWith('.json'))
      .sort()
      .map((file) => [file, JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Dashboard]),
  );

/** An expression of a panel, with where it stands. */
export interface Expression {
  readonly where: string;
  readonly expr: string;
  /** Names of the metrics in it, as they are registered: without the endings of a histogram's series. */
  readonly metrics: readonly string[];
}

export const expressions = (): Expression[] =>
  [...dashboards()].flatMap(([file, { panels }]) =>
    panels.flatMap(({ title, targets }) =>
      targets.map(({ refId, expr }) => ({ where: `${file}: ${title} (${refId})`, expr, metrics: metricsOf(expr) })),
    ),
  );

const metricsOf = (expr: string): string[] => [
  ...new Set((expr.match(/\bfamily_assistant_\w+/g) ?? []).map((name) => name.replace(/_(bucket|count|sum)$/, ''))),
];

/** As Grafana asks it for all instances, with spans that fit a scrape each second; without the zero that stands in for nothing. */
export const asked = (expr: string): string =>
  expr.replaceAll('$__rate_interval', '30s').replaceAll('$instance', '.*').replaceAll(' or vector(0)', '');
