/** A backup of the release, and its restore into it. */
import { kubectl, sql, serversReady } from './cluster.mjs';
import { personAt } from '../docker.mjs';
import { ACCOUNT, remembered } from './release.mjs';

export async function checkBackup({ check, page }) {
  await check('the CronJob leaves a backup that is verified', () => {
    // As before an upgrade, and no upgrade.
    page.run('Upgrade', 0, (commands) =>
      commands.split('\n').slice(0, 2).join('\n').replaceAll('before-upgrade', 'before-restore'),
    );
    const log = kubectl('logs', 'job/before-restore');
    const listed = page.runTools('verified-backups', 'backup', 'list');
    if (listed.code !== 0) throw new Error(listed.all.slice(-400));
    if (!/, verified /.test(listed.out)) throw new Error(`${listed.out.slice(-300)}; ${log.slice(-300)}`);
  });
}

export async function checkRestore({ check, page, person }) {
  await check(
    'what was deleted since is found after the restore of the page, in the release that is there',
    async () => {
      const [id] = await remembered(person);
      if ((await person.delete(`/api/v1/memories/${id}`)) >= 300) throw new Error('it cannot be forgotten');
      if ((await remembered(person)).length > 0) throw new Error('it is not forgotten');
      page.run('Restore', 0);
      await serversReady(2);
      const again = personAt(person.url());
      if ((await again.signIn(ACCOUNT.email, ACCOUNT.password)) !== 200) throw new Error('nobody can sign in');
      return (await remembered(again)).includes(id);
    },
  );
  await check('the database of before is kept beside it', () => {
    const kept = sql("SELECT datname FROM pg_database WHERE datname LIKE '%\\_before\\_%'", 'postgres');
    return kept;
  });
}
