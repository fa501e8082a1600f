import { describe, expect, it } from '@jest/globals';
import { compose } from '../../../platform/mail/index.js';
import type { AccountMail } from './mail.jobs.js';
import { LINK_TEXTS } from './link.texts.js';
import { lettersFor } from './mail.texts.js';

const MAILS: readonly AccountMail[] = [
  'verify',
  'change',
  'reset',
  'email_change',
  'password_changed',
  'account_handed_over',
];
const WITH_LINK: readonly AccountMail[] = ['verify', 'change', 'reset'];
const ORIGIN = 'https://family.example.org';
const TOKEN = 'A'.repeat(43);

describe('the texts of mails', () => {
  it.each(MAILS)('%s: has both languages, which differ, and a link where one is needed', (mail) => {
    const [english] = lettersFor(mail, 'en', ORIGIN, TOKEN);
    const [spanish] = lettersFor(mail, 'es', ORIGIN, TOKEN);
    expect([english.language, spanish.language]).toEqual(['en', 'es']);
    expect(english.subject).not.toBe(spanish.subject);
    expect(english.paragraphs).toHaveLength(spanish.paragraphs.length);
    for (const letter of [english, spanish]) {
      expect(letter.footer).toContain(ORIGIN);
      expect(letter.action !== undefined).toBe(WITH_LINK.includes(mail));
      if (letter.action)
        expect(letter.action.url).toMatch(/^https:\/\/family\.example\.org\/account\/(email|password)#A{43}$/);
    }
    expect(lettersFor(mail, 'bilingual', ORIGIN, TOKEN)).toEqual([english, spanish]);
    expect(compose([english]).html).not.toMatch(/\bsrc=|url\(|<img|<link|<script/i);
  });

  it('of the pages have the same parts in both languages', () => {
    for (const { en, es } of Object.values(LINK_TEXTS)) {
      expect(Object.keys(en)).toEqual(Object.keys(es));
      for (const text of [...Object.values(en), ...Object.values(es)]) expect(text).not.toMatch(/[<>"&]/);
    }
  });
});
