import type { Member } from '../../family/index.js';
import { fold } from '../fold.js';

/** Members who bear this name, first or full; accents and case do not matter. */
export function namesakesOf(name: string, members: readonly Member[]): Member[] {
  const wanted = fold(name).trim();
  return members.filter(({ firstName, lastName }) =>
    [firstName, `${firstName} ${lastName ?? ''}`].some((own) => fold(own).trim() === wanted),
  );
}
