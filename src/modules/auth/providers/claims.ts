import { isEmail } from 'class-validator';
import { isTimeZone, PERSON_NAME, tidy } from '../../../platform/http/index.js';
import type { Language } from '../../users/index.js';
import { normaliseEmail } from '../sign-in-name.js';

/** What one source at a provider says of a person: an ID token, or the answer of an endpoint. */
export type Claims = Readonly<Record<string, unknown>>;

/** Who somebody is at a provider. */
export interface UpstreamPerson {
  readonly issuer: string;
  /** Never given to somebody else by its issuer (OpenID Connect Core, section 2). */
  readonly subject: string;
  /** Normalised. */
  readonly email: string | null;
  readonly isEmailVerified: boolean;
  readonly firstName: string;
  readonly lastName: string | null;
  readonly language: Language;
  readonly timeZone: string;
}

const LONGEST_EMAIL = 254;
const LONGEST_SUBJECT = 255;

/** A subject as it is compared: 1 to 255 characters, letter by letter; undefined for anything else. */
export const subjectOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' && value.length <= LONGEST_SUBJECT ? value : undefined;

/** Whether folding changes nothing but the case of ASCII letters: `ﬁona@` and `fiona@` may be mailboxes of two people. */
const isPlain = (email: string): boolean =>
  email.trim().replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()) === normaliseEmail(email);

/**
 * The email that the sources agree on. It is verified only by a source that names this very email and says so, while no
 * other source names another one, writes it another way or denies it: a mark of one source says nothing of the email of
 * another.
 */
export function emailOf(sources: readonly Claims[]): Pick<UpstreamPerson, 'email' | 'isEmailVerified'> {
  const said = sources.flatMap((source) => {
    const written = typeof source['email'] === 'string' ? source['email'] : '';
    const email = normaliseEmail(written);
    return email === '' ? [] : [{ email, isPlain: isPlain(written), verified: source['email_verified'] }];
  });
  const [first] = said;
  if (!first || first.email.length > LONGEST_EMAIL || !isEmail(first.email))
    return { email: null, isEmailVerified: false };
  const agree = said.every(({ email }) => email === first.email);
  const denied = said.some(({ verified }) => verified !== undefined && verified !== true);
  return {
    email: agree ? first.email : null,
    isEmailVerified:
      agree && !denied && said.every((each) => each.isPlain) && said.some(({ verified }) => verified === true),
  };
}

/** First and last name out of what providers call names; what is no name here is left away. */
export function namesOf(sources: readonly Claims[]): Pick<UpstreamPerson, 'firstName' | 'lastName'> {
  const find = (...keys: readonly string[]): string | undefined =>
    keys.flatMap((key) => sources.map((source) => nameIn(source[key]))).find((name) => name !== undefined);
  const given = find('given_name');
  const firstName = given ?? find('name', 'global_name', 'nickname', 'preferred_username', 'login', 'username');
  return {
    firstName: firstName ?? nameIn(emailOf(sources).email?.split('@')[0]) ?? 'Somebody',
    lastName: given === undefined ? null : (find('family_name') ?? null),
  };
}

/** Language and time zone, where a provider tells them in words that are known here. */
export function localeOf(sources: readonly Claims[]): Pick<UpstreamPerson, 'language' | 'timeZone'> {
  const locale = sources.map((source) => source['locale']).find((value) => typeof value === 'string');
  const zone = sources.map((source) => source['zoneinfo']).find((value) => isTimeZone(value));
  return {
    language: /^es\b/i.test(typeof locale === 'string' ? locale : '') ? 'es' : 'en',
    timeZone: typeof zone === 'string' ? zone : 'UTC',
  };
}

function nameIn(value: unknown): string | undefined {
  if (typeof value !== 'string' || !value.isWellFormed()) return undefined;
  const name = tidy(Array.from(value, (character) => (PERSON_NAME.test(character) ? character : ' ')).join(''));
  const short = Array.from(name).slice(0, 100).join('').trim();
  return short === '' ? undefined : short;
}
