import type { Labels } from '../alert.js';
import { formatNumber, HUMANIZE } from './humanize.js';

type Part = string | ((labels: Labels, value: number) => string);
/** A text with `{{ $labels.x }}` and `{{ $value }}` in it, ready to be filled in. */
export type Template = (labels: Labels, value: number) => string;

/** A template that Prometheus may know and this server does not. `at`: offset in the text. */
export class TemplateError extends Error {
  constructor(
    message: string,
    readonly at: number,
  ) {
    super(message);
    this.name = 'TemplateError';
  }
}

/** Longer texts are cut: what people are told must stay readable, and labels come from outside. */
const LONGEST = 2000;
const ACTION = /\{\{-?\s*(.*?)\s*-?\}\}/gs;
const CONTENT = /^(\$value|\$labels\.([a-zA-Z_]\w*))(?:\s*\|\s*(\w+))?$/;

/**
 * Reads a template: `{{ $labels.NAME }}`, `{{ $value }}`, each with one of `humanize`, `humanize1024`,
 * `humanizeDuration`, `humanizePercentage` behind a `|`. Nothing else of Go's templates.
 * @throws TemplateError
 */
export function readTemplate(text: string): Template {
  const parts: Part[] = [];
  let end = 0;
  for (const found of text.matchAll(ACTION)) {
    parts.push(plain(text, end, found.index), partOf(found[1] ?? '', found.index));
    end = found.index + found[0].length;
  }
  parts.push(plain(text, end, text.length));
  return (labels, value) =>
    parts
      .map((part) => (typeof part === 'string' ? part : part(labels, value)))
      .join('')
      .slice(0, LONGEST);
}

function plain(text: string, from: number, to: number): string {
  const part = text.slice(from, to);
  const open = part.indexOf('{{');
  if (open >= 0) throw new TemplateError('{{ is not closed', from + open);
  return part;
}

function partOf(content: string, at: number): Part {
  const [whole, subject = '', label, filter] = CONTENT.exec(content) ?? [];
  if (whole === undefined) throw new TemplateError(`{{ ${content} }} is not supported in a template`, at);
  if (filter === undefined)
    return label === undefined ? (_labels, value) => formatNumber(value) : (labels) => labels[label] ?? '';
  const humanize = HUMANIZE[filter];
  if (!humanize) throw new TemplateError(`${filter} is not supported in a template`, at);
  if (label !== undefined) throw new TemplateError(`${filter} is for $value, and ${subject} is a text`, at);
  return (_labels, value) => humanize(value);
}
