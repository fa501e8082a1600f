import type { Member } from '../family/index.js';

const fold = (name: string): string => name.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase().trim();

/** Members who bear this name, first or full; accents and case do not matter. */
export function namesakesOf(name: string, members: readonly Member[]): Member[] {
  const wanted = fold(name);
  return members.filter(({ firstName, lastName }) =>
    [firstName, `${firstName} ${lastName ?? ''}`].some((own) => fold(own) === wanted),
  );
}
