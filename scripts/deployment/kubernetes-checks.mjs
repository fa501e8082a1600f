/**
 * Proves the Helm chart in a cluster; scripts/deployment/kubernetes.sh has made what it needs and says where in the
 * environment. The last line is "N passed, N failed".
 */
import { newChecks } from './checks.mjs';
import { checkBackup, checkRestore } from './kubernetes/backup-checks.mjs';
import { NAMESPACE, run } from './kubernetes/cluster.mjs';
import { checkDatabaseAway, checkHangs } from './kubernetes/failure-checks.mjs';
import { checkInstall } from './kubernetes/install-checks.mjs';
import { pageIn } from './kubernetes/page.mjs';
import { newPerson } from './kubernetes/release.mjs';
import { checkReceiver, checkRollback, checkUninstall, checkUpgrade } from './kubernetes/rollout-checks.mjs';
import { checkSigningKey } from './kubernetes/secret-checks.mjs';
import { chooseNode, removeAll } from './kubernetes/stand-ins.mjs';

const { FA_WORK = '', FA_TAG = '', FA_NEXT_TAG = '', FA_PART = 'whole' } = process.env;
const WHOLE = [
  checkInstall,
  checkReceiver,
  checkUpgrade,
  checkRollback,
  checkDatabaseAway,
  checkHangs,
  checkBackup,
  checkRestore,
  checkSigningKey,
  checkUninstall,
];
const SAMPLE = [checkInstall, checkUpgrade, checkUninstall];

const { check, fail, failures, end } = newChecks();
const isWhole = FA_PART !== 'sample';
const images = { postgres: 'family-assistant-stand-in/postgres:local', redis: 'family-assistant-stand-in/redis:local' };
const node = chooseNode();
const context = {
  check,
  folder: FA_WORK,
  images,
  isWhole,
  loadSeconds: isWhole ? 60 : 20,
  nextTag: FA_NEXT_TAG,
  node,
  page: pageIn(FA_WORK),
  person: newPerson(),
  tag: FA_TAG,
};

/** What helps to understand a failure. */
function tellMore() {
  for (const args of [
    ['get', 'pods,jobs', '--output=wide'],
    ['get', 'events', '--sort-by=.lastTimestamp'],
    ['logs', '--selector', 'app.kubernetes.io/instance=family', '--all-containers', '--prefix', '--tail=8'],
  ])
    console.log(run('kubectl', ['--namespace', NAMESPACE, ...args]).all.slice(-6000));
}

const hadNamespace = run('kubectl', ['get', 'namespace', NAMESPACE]).code === 0;
if (hadNamespace) {
  fail(new Error(`the cluster has a namespace ${NAMESPACE} already, which these checks would delete`));
} else {
  try {
    for (const part of isWhole ? WHOLE : SAMPLE) {
      await part(context);
      if (failures() > 0 && part === checkInstall) break;
    }
  } catch (error) {
    fail(error);
  } finally {
    if (failures() > 0) tellMore();
    if ((process.env.FA_K8S_KEEP ?? '') === '')
      await check('all that was made is deleted', () => removeAll(node, images.postgres));
  }
}
end();
