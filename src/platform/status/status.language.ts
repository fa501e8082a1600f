export const STATUS_LANGUAGES = ['en', 'es'] as const;
export type StatusLanguage = (typeof STATUS_LANGUAGES)[number];

/** The language a browser asks for first, of those there are. */
export function statusLanguage(acceptLanguage: string | undefined): StatusLanguage {
  const wanted = (acceptLanguage ?? '').split(',').map((entry) => entry.trim().slice(0, 2).toLowerCase());
  return wanted.find((entry): entry is StatusLanguage => entry === 'en' || entry === 'es') ?? 'en';
}
