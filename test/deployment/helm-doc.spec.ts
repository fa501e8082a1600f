import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { PROJECT_DIR } from '../../src/platform/config/index.js';
import { hasTools, objectsIn, template } from '../support/helm.js';
import { podsOf, type Manifest } from '../support/kubernetes.js';

const withTools = hasTools ? describe : describe.skip;
const text = readFileSync(join(PROJECT_DIR, 'docs', 'operations', 'KUBERNETES.md'), 'utf8');
const [ofServers = '', ofEmbedded = ''] = Array.from(
  text.matchAll(/^```yaml\n([^]*?)^```$/gm),
  ([, values = '']) => values,
);

/** Names and keys of Secrets of pods. */
function secretsOf(manifests: readonly Manifest[]): ReadonlySet<string> {
  const items = podsOf(manifests)
    .flatMap(({ spec }) => spec.volumes)
    .flatMap(({ secret, projected }) => [
      ...(secret ? [{ ...secret, name: secret.secretName ?? '' }] : []),
      ...(projected?.sources ?? []).map((source) => source.secret),
    ]);
  return new Set(items.flatMap(({ name, items: keys = [] }) => keys.map(({ key }) => `${name ?? ''}/${key}`)));
}

/** Names and keys of the Secrets that the commands of the page make before the release. */
function secretsMade(): readonly string[] {
  const [, ...commands] = text.slice(0, text.indexOf('## Install')).split('create secret generic ');
  return commands.flatMap((command) => {
    const [name = ''] = command.split(' ');
    return Array.from(command.matchAll(/--from-(?:literal|file)=(\w+)=/g), ([, key = '']) => `${name}/${key}`);
  });
}

withTools('docs/operations/KUBERNETES.md', () => {
  let manifests: readonly Manifest[];

  beforeAll(async () => {
    const { code, text: said, output } = await template(undefined, { name: 'family', more: ofServers });
    expect([code, code === 0 ? '' : said]).toEqual([0, '']);
    manifests = objectsIn(output);
  });

  it('makes all Secrets that its values name, and no others', () => {
    expect([...secretsOf(manifests)].sort()).toEqual(secretsMade().toSorted());
  });

  it('names objects that its release has', () => {
    const named = Array.from(
      text.matchAll(/\b(deployment\/|cronjob[/ ])(family-[\w-]+)/g),
      ([, kind = '', name = '']) => `${kind.slice(0, -1)}/${name}`,
    );
    expect(named.length).toBeGreaterThan(5);
    const names = manifests.map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`);
    expect(named.filter((name) => !names.includes(name))).toEqual([]);
  });

  it('has values for the database built in', async () => {
    const { code, text: said } = await template(undefined, { more: ofEmbedded });
    expect([code, code === 0 ? '' : said]).toEqual([0, '']);
  });
});
