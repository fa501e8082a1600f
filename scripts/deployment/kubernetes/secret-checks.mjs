/** Another signing key, by the rounds of the page, while people ask. */
import { randomBytes } from 'node:crypto';
import { personAt } from '../docker.mjs';
import { must, serverPods, serviceUrl } from './cluster.mjs';
import { changeValues, patchSecret, secretValue, signIn, statusFor, without } from './release.mjs';
import { replaced } from './rollout-checks.mjs';
import { underLoad } from './under-load.mjs';

const SECRET = 'family-assistant';
const [CURRENT, PREVIOUS] = ['JWT_SECRET_KEY', 'JWT_SECRET_KEY_PREVIOUS'];

const upgrade = (folder) =>
  must('helm', ['upgrade', 'family', 'helm/family-assistant', '--namespace', 'family', '--values', 'values.yaml'], {
    cwd: folder,
  });

/** Has the servers replaced, and waits for it. */
async function replacing(work) {
  const before = serverPods().map(({ metadata }) => metadata.name);
  work();
  return replaced(before);
}

export async function checkSigningKey({ check, page, folder, loadSeconds }) {
  const session = await signIn();
  const [old, fresh] = [secretValue(SECRET, CURRENT), randomBytes(32).toString('base64')];
  await check('another signing key is taken over while 200 requests a second are made: none fails', () =>
    underLoad({ url: serviceUrl(), token: session.access, seconds: loadSeconds }, async () => {
      patchSecret(SECRET, { [PREVIOUS]: fresh });
      changeValues(folder, ({ secrets, ...values }) => ({
        ...values,
        secrets: { ...secrets, [PREVIOUS]: { secret: SECRET } },
      }));
      await replacing(() => upgrade(folder));
      patchSecret(SECRET, { [CURRENT]: fresh, [PREVIOUS]: old });
      await replacing(() => page.run('Another secret', 0));
    }),
  );
  const later = await signIn();
  await check('when the old one is gone a token that it signed ends, its session and later tokens do not', async () => {
    changeValues(folder, (values) => ({ ...values, secrets: without(values.secrets, PREVIOUS) }));
    await replacing(() => upgrade(folder));
    patchSecret(SECRET, { [PREVIOUS]: null });
    const statuses = [await statusFor(session.access), await statusFor(later.access)];
    if (statuses.join() !== '401,200') throw new Error(`they are answered with ${statuses.join(' and ')}`);
    const { status, body } = await personAt(serviceUrl()).post('/api/v1/auth/refresh', {
      refresh_token: session.refresh,
    });
    return status === 200 && (await statusFor(body.access_token)) === 200;
  });
}
