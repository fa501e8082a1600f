import { describe, expect, it } from '@jest/globals';
import { readTemplate, TemplateError } from './template.js';

describe('a template', () => {
  it('is filled in', () => {
    const template = readTemplate('{{ $labels.queue }} has {{$value}} of {{ $labels.none }}.');
    expect(template({ queue: 'mail' }, 1.5)).toBe('mail has 1.5 of .');
  });

  // As `text/template` of Go 1.24 and the functions of Prometheus 2.53 print them.
  it.each([
    ['$value', 1e6, '1e+06'],
    ['$value', 123_456_789, '1.23456789e+08'],
    ['$value', 123_456, '123456'],
    ['$value', 0.00001234, '1.234e-05'],
    ['$value', NaN, 'NaN'],
    ['$value', -Infinity, '-Inf'],
    ['$value | humanize', 1234, '1.234k'],
    ['$value | humanize', 0.05, '50m'],
    ['$value | humanize', 12_345_678, '12.35M'],
    ['$value | humanize1024', 2 ** 20, '1Mi'],
    ['$value | humanizePercentage', 0.0725, '7.25%'],
    ['$value | humanizeDuration', 0, '0s'],
    ['$value | humanizeDuration', 0.25, '250ms'],
    ['$value | humanizeDuration', 59.5, '59.5s'],
    ['$value | humanizeDuration', 3_661, '1h 1m 1s'],
    ['$value | humanizeDuration', -90_061, '-1d 1h 1m 1s'],
  ])('%s of %p is %s', (action, value, text) => {
    expect(readTemplate(`{{ ${action} }}`)({}, value)).toBe(text);
  });

  it.each([
    '{{ .Value }}',
    '{{ $value',
    '{{ if $value }}x{{ end }}',
    '{{ $value | printf }}',
    '{{ $labels.x | humanize }}',
  ])('%s is refused', (text) => {
    expect(() => readTemplate(text)).toThrow(TemplateError);
  });

  it('is cut where labels are long', () => {
    expect(readTemplate('{{ $labels.x }}')({ x: 'x'.repeat(5000) }, 0)).toHaveLength(2000);
  });
});
