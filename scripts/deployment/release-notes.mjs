/**
 * Prints what CHANGELOG.md says of a release, and refuses one that is not told of or has another version than package.json:
 *
 *   node scripts/deployment/release-notes.mjs v1.2.3
 */
import { readFileSync } from 'node:fs';

const [tag = ''] = process.argv.slice(2);
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
if (tag !== `v${version}`) fail(`the tag is ${tag || 'missing'}, the version of package.json ${version}`);
const sections = readFileSync('CHANGELOG.md', 'utf8').split(/^(?=## )/m);
const section = sections.find((text) => new RegExp(`^## ${version.replaceAll('.', '\\.')}(?![\\w.-])`).test(text));
const notes = section?.replace(/^.*\n/, '').trim() ?? '';
if (notes === '') fail(`CHANGELOG.md says nothing of ${version}`);
console.log(notes);

function fail(why) {
  console.error(why);
  process.exit(1);
}
