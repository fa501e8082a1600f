/** Another release, back again, and the end of it. */
import { kubectl, must, NAMESPACE, objects, sql, serverPods, serversReady } from './cluster.mjs';
import { migrated } from './install-checks.mjs';
import { changeValues, remembered } from './release.mjs';
import { underLoad } from './under-load.mjs';

const namesOf = (pods) => pods.map(({ metadata }) => metadata.name);
const tagsOf = (pods) => [...new Set(pods.map(({ spec }) => spec.containers[0].image.split(':').at(-1)))].join();

/** Waits until two servers are there of which none was before. */
export async function replaced(before) {
  const pods = await serversReady(2);
  const kept = namesOf(pods).filter((name) => before.includes(name));
  if (kept.length > 0) throw new Error(`${kept.join(', ')} was not replaced`);
  return pods;
}

const withLoad = async (person, seconds, work) =>
  underLoad({ url: person.url(), token: await person.token(), seconds }, work);

export async function checkUpgrade({ check, page, folder, nextTag, person, loadSeconds, isWhole }) {
  const before = migrated();
  const old = namesOf(serverPods());
  await check('helm upgrade to another version under 200 requests a second: none fails', () => {
    changeValues(folder, (values) => ({
      ...values,
      image: { ...values.image, tag: nextTag },
      podAnnotations: { 'example.org/release': nextTag },
    }));
    return withLoad(person, loadSeconds, async () => {
      // The backup before it is of another check.
      page.run('Upgrade', 0, (commands) => (isWhole ? commands : commands.split('\n').slice(2).join('\n')));
      await replaced(old);
    });
  });
  await check('the new servers have the new version, and migrated nothing again', () => {
    const tags = tagsOf(serverPods());
    return tags === nextTag && migrated() === before;
  });
}

export async function checkRollback({ check, page, tag, person, loadSeconds }) {
  await check('helm rollback under 200 requests a second: none fails', () => {
    const old = namesOf(serverPods());
    return withLoad(person, loadSeconds, async () => {
      page.runSentence('helm rollback family');
      const pods = await replaced(old);
      if (tagsOf(pods) !== tag) throw new Error(`the version is ${tagsOf(pods)}`);
    });
  });
  await check('what was remembered is found', async () => (await remembered(person)).length === 1);
}

export async function checkReceiver({ check }) {
  await check('the receiver is connected, and is one', async () => {
    kubectl('rollout', 'status', 'deployment/family-family-assistant-receiver', '--timeout=10m');
    const connected = sql("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'");
    const beat = sql("SELECT count(*) FROM backup.receiver WHERE beat_at > now() - interval '1 minute'");
    return Number(connected) >= 1 && beat === '1';
  });
}

export async function checkUninstall({ check, page }) {
  await check('helm uninstall leaves nothing but what is said to stay', () => {
    page.runSentence('helm uninstall family');
    must('kubectl', [
      ...['--namespace', NAMESPACE, 'wait', '--for=delete', '--timeout=5m', 'pod'],
      ...['--selector', 'app.kubernetes.io/instance=family'],
    ]);
    const kinds = kubectl('api-resources', '--namespaced', '--verbs=list', '--output=name')
      .split('\n')
      .filter((kind) => !kind.startsWith('events'));
    const left = kubectl('get', kinds.join(','), '--output=name', '--selector', 'app.kubernetes.io/instance=family');
    if (left !== '') throw new Error(left.replaceAll('\n', ', '));
    const named = objects('secrets,configmaps,persistentvolumeclaims').map(
      ({ kind, metadata }) => `${kind}/${metadata.name}`,
    );
    // Those that were there before it, and one of helm's would be told by its name.
    const others = named.filter(
      (name) =>
        !/^(Secret|ConfigMap|PersistentVolumeClaim)\/(family-assistant(-owner|-backup)?|postgres|redis|rules|backups|kube-root-ca\.crt)$/.test(
          name,
        ),
    );
    return others.length === 0 || Promise.reject(new Error(others.join(', ')));
  });
}
