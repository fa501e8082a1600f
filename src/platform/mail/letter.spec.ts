import { describe, expect, it } from '@jest/globals';
import { compose, escapeHtml, type Letter } from './letter.js';

const LETTER: Letter = {
  language: 'es',
  subject: 'Contraseña <nueva>',
  paragraphs: ['Niños & "niñas"', '<script>alert(1)</script>'],
  action: { label: 'Elegir', url: 'https://family.example.org/account/password#a"b&c' },
  footer: "It's small",
};

describe('a letter', () => {
  it('says the same in text and in HTML, where nothing of it is markup', () => {
    const { subject, text, html } = compose([LETTER]);
    expect(subject).toBe(LETTER.subject);
    expect(text).toBe([...LETTER.paragraphs, `Elegir:\n${LETTER.action?.url ?? ''}`, LETTER.footer].join('\n\n'));
    expect(html).not.toMatch(/<script|<nueva>|"b&c/);
    for (const part of [...LETTER.paragraphs, LETTER.footer, LETTER.subject]) expect(html).toContain(escapeHtml(part));
    expect(html).toContain('href="https://family.example.org/account/password#a&quot;b&amp;c"');
  });

  it('can be read aloud: a language, a title, a heading, one main part', () => {
    const { html } = compose([LETTER]);
    expect(html).toMatch(/^<!doctype html>\n<html lang="es">/);
    for (const tag of ['title', 'h1', 'main']) expect(html.split(`<${tag}`)).toHaveLength(2);
  });

  it('in two languages is two sections, each in its own', () => {
    const { subject, html, text } = compose([{ ...LETTER, language: 'en', subject: 'New' }, LETTER]);
    expect(subject).toBe('New · Contraseña <nueva>');
    expect(Array.from(html.matchAll(/<section lang="(\w+)">/g), ([, language]) => language)).toEqual(['en', 'es']);
    expect(text.split('\n\n—\n\n')).toHaveLength(2);
  });

  it('without a link has none', () => {
    const { language, subject, paragraphs, footer } = LETTER;
    expect(compose([{ language, subject, paragraphs, footer }]).html).not.toContain('<a ');
  });
});
