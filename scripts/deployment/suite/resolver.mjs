/**
 * Has the specs, which are mounted from the checkout, load the program and its packages from the image: what the image
 * has is taken from there, down to the single file, and only what it has not (jest, the support of the tests, packages
 * for development) from the checkout.
 */
import { existsSync } from 'node:fs';
import { SUITE_FOLDER, PROGRAM_FOLDER } from './places.mjs';

/** Of a path in the checkout, where the image would have the same. */
function ofImage(path) {
  const inside = path.slice(SUITE_FOLDER.length);
  if (inside.startsWith('/node_modules/')) return `${PROGRAM_FOLDER}${inside}`;
  if (/^\/(src|migrations)\/.*\.ts$/.test(inside)) return `${PROGRAM_FOLDER}/dist${inside.replace(/\.ts$/, '.js')}`;
  return undefined;
}

/** Called by jest for each import and require. */
export function sync(request, options) {
  const found = options.defaultResolver(request, options);
  if (!found.startsWith(`${SUITE_FOLDER}/`)) return found;
  const image = ofImage(found);
  return image !== undefined && existsSync(image) ? image : found;
}
