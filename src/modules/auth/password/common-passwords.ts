import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

let list: Set<string> | undefined;

/**
 * Whether a password is on the offline list: those of at least 12 characters among the million most common ones of
 * known breaches (SecLists, "10-million-password-list-top-1000000", MIT licence), in lower case. Read at first use.
 */
export function isCommonPassword(password: string): boolean {
  list ??= new Set(
    gunzipSync(readFileSync(new URL('common-passwords.txt.gz', import.meta.url)))
      .toString('utf8')
      .trimEnd()
      .split('\n'),
  );
  const plain = password.normalize('NFKC').toLowerCase();
  return list.has(plain) || /^(.{1,4})\1{2,}.{0,3}$/su.test(plain);
}
