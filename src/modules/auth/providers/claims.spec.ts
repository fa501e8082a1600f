import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PERSON_NAME } from '../../../platform/http/index.js';
import { normaliseEmail } from '../sign-in-name.js';
import { emailOf, localeOf, namesOf, subjectOf, type Claims } from './claims.js';

const A = 'maria@example.org';
const B = 'other@example.org';
const verified = { email: A, isEmailVerified: true };

describe('emailOf', () => {
  it.each<[string, Claims[], ReturnType<typeof emailOf>]>([
    ['one source that says so', [{ email: A, email_verified: true }], verified],
    ['capital letters are folded', [{ email: ' Maria@Example.ORG ', email_verified: true }], verified],
    ...[
      'maria＠example.org',
      'mariⓐ@example.org',
      'maria@ﬆ.example.org',
      '\u212aim@example.org',
      'İda@example.org',
      'ﬁona@example.org',
    ].map<[string, Claims[], ReturnType<typeof emailOf>]>((email) => [
      `another mailbox than it folds to: ${email}`,
      [{ email, email_verified: true }],
      { email: normaliseEmail(email), isEmailVerified: false },
    ]),
    [
      'a source that writes it as another mailbox',
      [{ email: A, email_verified: true }, { email: 'mariⓐ@example.org' }],
      { email: A, isEmailVerified: false },
    ],
    ['a source that says nothing of it', [{ email: A, email_verified: true }, { email: A }], verified],
    [
      'a source that denies it',
      [
        { email: A, email_verified: true },
        { email: A, email_verified: false },
      ],
      { email: A, isEmailVerified: false },
    ],
    ['a mark in words', [{ email: A, email_verified: 'true' }], { email: A, isEmailVerified: false }],
    ['no mark', [{ email: A }], { email: A, isEmailVerified: false }],
    [
      'a mark of a source without an email',
      [{ email_verified: true }, { email: A }],
      { email: A, isEmailVerified: false },
    ],
    [
      'two emails',
      [
        { email: A, email_verified: true },
        { email: B, email_verified: true },
      ],
      { email: null, isEmailVerified: false },
    ],
    ['what is no email', [{ email: 'maria', email_verified: true }], { email: null, isEmailVerified: false }],
    ['none', [{ email: '', email_verified: true }, { email: 7 }], { email: null, isEmailVerified: false }],
  ])('%s', (_title, sources, expected) => {
    expect(emailOf(sources)).toEqual(expected);
  });
});

describe('namesOf', () => {
  it.each<[Claims, string, string | null]>([
    [{ given_name: 'María José', family_name: 'Núñez O’Brien', name: 'x' }, 'María José', 'Núñez O’Brien'],
    [{ name: 'Ana Núñez', family_name: 'Núñez' }, 'Ana Núñez', null],
    [{ login: 'ana-92' }, 'ana-92', null],
    [{ given_name: '🎈', name: 'Ana 🎈' }, 'Ana', null],
    [{ email: 'ana@example.org' }, 'ana', null],
    [{}, 'Somebody', null],
  ])('%j', (claims, firstName, lastName) => {
    expect(namesOf([claims])).toEqual({ firstName, lastName });
  });

  it('whatever a provider sends, there is a name that registration takes', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom('given_name', 'family_name', 'name', 'login'),
          fc.oneof(fc.string({ unit: 'binary' }), fc.anything()),
        ),
        (claims) => {
          const { firstName, lastName } = namesOf([claims]);
          expect(firstName).toMatch(PERSON_NAME);
          expect(lastName ?? 'x').toMatch(PERSON_NAME);
          expect(firstName.trim()).toBe(firstName);
        },
      ),
    );
  });
});

it('language and time zone are taken where they are known here', () => {
  expect(localeOf([{ locale: 'es-ES', zoneinfo: 'Europe/Madrid' }])).toEqual({
    language: 'es',
    timeZone: 'Europe/Madrid',
  });
  expect(localeOf([{ locale: 'fr', zoneinfo: 'Mars/Olympus' }])).toEqual({ language: 'en', timeZone: 'UTC' });
  expect(localeOf([{ locale: 7 }])).toEqual({ language: 'en', timeZone: 'UTC' });
});

it('a subject is a text of 1 to 255 characters', () => {
  expect([subjectOf('a'), subjectOf('x'.repeat(255))]).toEqual(['a', 'x'.repeat(255)]);
  for (const bad of ['', 'x'.repeat(256), 7, null, undefined, {}]) expect(subjectOf(bad)).toBeUndefined();
});
