import type { Row, Section } from '../../platform/privacy/index.js';
import { PAGE_TEXTS, SPANISH_FIELDS, type ExportLanguage } from './export.texts.js';

// The page comes from people's words and is opened from a disk: nothing in it runs, and it fetches nothing.
const CSP = "default-src 'none'; style-src 'unsafe-inline'";
const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:0 1rem;border-top:1px solid #ccc;margin:0;padding:.5rem 0}
dt{color:#555}dd{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}`;

/** How the page begins. */
export function pageStart(language: ExportLanguage): string {
  const { title, intro } = PAGE_TEXTS[language];
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="content-security-policy" content="${CSP}"><title>${title}</title><style>${STYLE}</style></head>
<body><h1>${title}</h1><p>${intro}</p>
`;
}

export const pageEnd = (): string => '</body></html>\n';

/** One section: a heading, and each row as a list of what it says. */
export async function* chapter(section: Section, language: ExportLanguage): AsyncGenerator<string> {
  yield `<h2>${escape(section.title[language])}</h2>\n`;
  let isEmpty = true;
  for await (const row of section.rows()) {
    isEmpty = false;
    yield list(row, language);
  }
  if (isEmpty) yield `<p>${PAGE_TEXTS[language].nothing}</p>\n`;
}

function list(row: Row, language: ExportLanguage): string {
  const entries = Object.entries(row).flatMap(([field, value]) => {
    const text = display(value);
    return text === '' ? [] : [`<dt>${escape(labelOf(field, language))}</dt><dd>${escape(text)}</dd>`];
  });
  return `<dl>${entries.join('')}</dl>\n`;
}

const labelOf = (field: string, language: ExportLanguage): string =>
  (language === 'es' ? SPANISH_FIELDS[field] : undefined) ?? field.replaceAll('_', ' ');

function display(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (value instanceof Date) return value.toISOString();
  const text = JSON.stringify(value);
  return text === '[]' || text === '{}' ? '' : text;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
