import type { HealthReport, HealthStatus } from '../health/index.js';
import { chartOf } from './chart.js';
import { html, Html, NOTHING } from './html.js';
import { HISTORY_MINUTES, type Minute } from './request-history.js';
import { ageOf, detailsOf, durationOf, numberOf, valueOf } from './status.format.js';
import type { StatusLanguage } from './status.language.js';
import type { SectionContent, SectionState, StatusRow, StatusSection } from './status.section.js';
import { STATUS_STYLE } from './status.style.js';
import { STATUS_TEXTS } from './status.texts.js';

/** What an operator sees besides the overall state. */
export interface StatusDetails {
  readonly components: HealthReport['components'];
  readonly sections: readonly { readonly section: StatusSection; readonly content: SectionContent }[];
  readonly minutes: readonly Minute[];
}

export interface StatusReport {
  readonly status: HealthStatus;
  readonly version: string;
  readonly now: Date;
  readonly details?: StatusDetails;
}

const COLOURS: Readonly<Record<HealthStatus, SectionState>> = {
  ok: 'ok',
  degraded: 'warning',
  error: 'error',
  shutting_down: 'off',
};

/** The picture in the tab: a disc in the colour of the state. */
const ICONS: Readonly<Record<SectionState, string>> = {
  ok: '%2319703a',
  warning: '%23c98a1b',
  error: '%23b3261e',
  off: '%23707888',
  unknown: '%23707888',
};

/** As it was hashed for the policy, to the last blank. */
const STYLE = new Html(`<style>${STATUS_STYLE}</style>`);

/** The page as one document, which refreshes itself every minute and needs nothing else. */
export function renderStatusPage(report: StatusReport, language: StatusLanguage): string {
  const { status, version, now, details } = report;
  const t = STATUS_TEXTS[language];
  const needsAttention = details?.sections.some(({ content }) => isUnwell(content.state)) ?? false;
  const state = status === 'ok' && needsAttention ? 'warning' : COLOURS[status];
  const headline = status === 'ok' && needsAttention ? t.attention : t.overall[status];
  const icon = `data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E%3Ccircle cx='4' cy='4' r='4' fill='${ICONS[state]}'/%3E%3C/svg%3E`;
  const time = now.toISOString();
  return html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="refresh" content="60" />
        <title>${headline} · Family Assistant</title>
        <link rel="icon" href="${icon}" />
        ${STYLE}
      </head>
      <body>
        <header>
          <p>Family Assistant · ${t.title}</p>
          <h1 class="${state}"><span>${headline}</span></h1>
        </header>
        <main>
          ${details ? renderDetails(details, report, language) : html`<section><p class="note">${t.signIn}</p></section>`}
        </main>
        <footer>
          ${t.asOf} <time datetime="${time}">${time.slice(11, 19)} UTC</time> · ${t.version} ${version} · ${t.refreshes}
        </footer>
      </body>
    </html> `.text;
}

const isUnwell = (state: SectionState): boolean => state === 'error' || state === 'warning';

function renderDetails(details: StatusDetails, { status, now }: StatusReport, language: StatusLanguage): Html {
  const show = (sections: StatusDetails['sections']): Html[] =>
    sections.map(({ section, content }) => renderSection(section, content, now, language));
  const unwell = details.sections.filter(({ content }) => isUnwell(content.state));
  const others = details.sections.filter(({ content }) => !isUnwell(content.state));
  return html`<div class="cards unwell">${show(unwell)}</div>
    ${renderRequests(details.minutes, language)}
    <div class="cards">${renderComponents(details.components, COLOURS[status], language)} ${show(others)}</div>`;
}

const mark = (state: SectionState, language: StatusLanguage): Html =>
  html`<span class="mark ${state}">${STATUS_TEXTS[language].states[state]}</span>`;

function renderSection(
  { id, title }: StatusSection,
  { state, rows, note }: SectionContent,
  now: Date,
  language: StatusLanguage,
): Html {
  return html`<section aria-labelledby="${id}">
    <header>
      <h2 id="${id}">${title[language]}</h2>
      ${mark(state, language)}
    </header>
    <dl>${rows.map((row) => renderRow(row, now, language))}</dl>
    ${note === undefined ? NOTHING : html`<p class="note">${note}</p>`}
  </section> `;
}

function renderRow({ label, value, state }: StatusRow, now: Date, language: StatusLanguage): Html {
  const shown =
    value instanceof Date
      ? html`<time datetime="${value.toISOString()}" title="${value.toISOString()}"
          >${ageOf(value, now, language)}</time
        >`
      : html`${valueOf(value, language)}`;
  return html`<div>
    <dt>${label}</dt>
    <dd>${shown}${state === undefined ? NOTHING : html` ${mark(state, language)}`}</dd>
  </div>`;
}

function renderComponents(
  components: StatusDetails['components'],
  state: SectionState,
  language: StatusLanguage,
): Html {
  const t = STATUS_TEXTS[language];
  const rows = Object.entries(components).map(([name, { status, ...details }]) => {
    const said = detailsOf(details, language);
    return html`<div>
      <dt>${t.componentNames[name] ?? name}</dt>
      <dd>${mark(status === 'up' ? 'ok' : 'error', language)}</dd>
      ${said === '' ? NOTHING : html`<dd class="details">${said}</dd>`}
    </div>`;
  });
  return html`<section aria-labelledby="components">
    <header>
      <h2 id="components">${t.components}</h2>
      ${mark(state, language)}
    </header>
    <dl>${rows}</dl>
  </section>`;
}

function renderRequests(minutes: readonly Minute[], language: StatusLanguage): Html {
  const t = STATUS_TEXTS[language];
  const newest = minutes.at(-1);
  const charts = newest
    ? html`<div class="charts">${rates(minutes, newest, language)}${latencies(minutes, newest, language)}</div>`
    : NOTHING;
  return html`<section aria-labelledby="requests">
    <header><h2 id="requests">${t.requests}</h2></header>
    ${charts}
    <p class="note">${newest ? t.ofThisProcess : t.noMinutes}</p>
  </section>`;
}

function rates(minutes: readonly Minute[], newest: Minute, language: StatusLanguage): Html {
  const t = STATUS_TEXTS[language];
  const number = (value: number): string => numberOf(value, language);
  const failed = minutes.reduce((sum, minute) => sum + minute.failed, 0);
  const caption = [
    `${t.now} ${number(newest.rate)} ${t.perMinute}`,
    `${t.highest} ${number(Math.max(...minutes.map(({ rate }) => rate)))}`,
    `${failed > 0 ? number(failed) : t.none} ${t.failed}`,
  ].join(' · ');
  return figure(
    t.rate,
    caption,
    minutes.map(({ rate, failureRate }) => ({ value: rate, fault: failureRate })),
    language,
  );
}

function latencies(minutes: readonly Minute[], newest: Minute, language: StatusLanguage): Html {
  const t = STATUS_TEXTS[language];
  const duration = (seconds: number | undefined): string =>
    seconds === undefined ? '–' : durationOf(seconds, language);
  const known = minutes.flatMap(({ p95 }) => (p95 === undefined ? [] : [p95]));
  const highest = known.length > 0 ? Math.max(...known) : undefined;
  const caption = `${t.now} ${duration(newest.p95)} · ${t.highest} ${duration(highest)}`;
  return figure(
    t.p95,
    caption,
    minutes.map(({ p95 }) => ({ value: p95 })),
    language,
  );
}

function figure(
  title: string,
  caption: string,
  bars: readonly { readonly value: number | undefined; readonly fault?: number }[],
  language: StatusLanguage,
): Html {
  const t = STATUS_TEXTS[language];
  const chart = chartOf({ summary: `${title}: ${caption}`, bars, places: HISTORY_MINUTES });
  return html`<figure>
    <h3>${title}</h3>
    <figcaption>${caption}</figcaption>
    ${chart}
    <div class="ends" aria-hidden="true"><span>${t.hourAgo}</span><span>${t.now}</span></div>
  </figure>`;
}
