import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Who somebody is at Telegram, as it has signed. */
export interface TelegramProof {
  readonly id: number;
  /** Of the proof itself, by which it is recognised when it comes again. */
  readonly hash: Buffer;
  readonly signedAt: Date;
}

/** Fields of the login widget, with their signature. */
export type WidgetFields = Readonly<Record<string, string | number>>;

/** Seconds for which a proof is good, and by how many a clock may be ahead. */
export const PROOF_LIFE = 300;
const CLOCK_TOLERANCE = 30;
const LARGEST_ID = 2 ** 52;

/**
 * Verifies the data of the login widget (https://core.telegram.org/widgets/login#checking-authorization): HMAC-SHA-256 under
 * the SHA-256 of the bot's token.
 * @returns undefined for anything that Telegram has not signed just now
 */
export function verifyWidget(fields: WidgetFields, botToken: string, now: Date): TelegramProof | undefined {
  const entries = Object.entries(fields).map(([name, value]) => [name, String(value)] as const);
  const key = createHash('sha256').update(botToken).digest();
  return verify(entries, key, now, (values) => Number(values.get('id')));
}

/**
 * Verifies the data of a Mini App (https://core.telegram.org/bots/webapps#validating-data-received-via-the-mini-app):
 * HMAC-SHA-256 under the HMAC of the bot's token by `WebAppData`.
 * @param initData the query string that the app was started with
 */
export function verifyInitData(initData: string, botToken: string, now: Date): TelegramProof | undefined {
  const key = createHmac('sha256', 'WebAppData').update(botToken).digest();
  return verify([...new URLSearchParams(initData)], key, now, (values) => userIn(values.get('user') ?? ''));
}

function verify(
  entries: readonly (readonly [string, string])[],
  key: Buffer,
  now: Date,
  idOf: (values: ReadonlyMap<string, string>) => number,
): TelegramProof | undefined {
  const values = new Map(entries);
  // A field twice, or a line break in one, would make two readings of one signed text.
  const isAmbiguous = values.size !== entries.length || entries.some((entry) => entry.join('').includes('\n'));
  const given = Buffer.from(values.get('hash') ?? '', 'hex');
  const signed = entries
    .filter(([name]) => name !== 'hash')
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join('\n');
  const hash = createHmac('sha256', key).update(signed).digest();
  if (isAmbiguous || given.length !== hash.length || !timingSafeEqual(given, hash)) return undefined;
  const signedAt = new Date(Number(values.get('auth_date')) * 1000);
  const age = (now.getTime() - signedAt.getTime()) / 1000;
  const id = idOf(values);
  const isGood = age <= PROOF_LIFE && age >= -CLOCK_TOLERANCE && Number.isSafeInteger(id) && id > 0 && id < LARGEST_ID;
  return isGood ? { id, hash, signedAt } : undefined;
}

function userIn(text: string): number {
  try {
    const user = JSON.parse(text) as { id?: unknown; is_bot?: unknown } | null;
    return typeof user?.id === 'number' && user.is_bot !== true ? user.id : Number.NaN;
  } catch {
    return Number.NaN;
  }
}
