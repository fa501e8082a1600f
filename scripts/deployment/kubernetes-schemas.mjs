/**
 * Copies the strict schemas of some versions of Kubernetes out of the Python package kubernetes-validate, as kubeconform
 * can read them: each refers to the file of definitions beside it, and none to an address of its own.
 *
 *   node scripts/deployment/kubernetes-schemas.mjs FROM TO VERSION...
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [from, to, ...versions] = process.argv.slice(2);
for (const version of versions) {
  const name = `v${version}-local-strict`;
  mkdirSync(join(to, name), { recursive: true });
  for (const file of readdirSync(join(from, name)).filter((each) => each.endsWith('.json'))) {
    const schema = JSON.parse(readFileSync(join(from, name, file), 'utf8'));
    delete schema.$id;
    const text = JSON.stringify(schema).replaceAll('"/api/_definitions.json#', '"_definitions.json#');
    writeFileSync(join(to, name, file), text);
  }
}
