import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DevicesRepository } from '../../src/modules/auth/devices/devices.repository.js';
import { MailTokensRepository } from '../../src/modules/auth/mail/mail-tokens.repository.js';
import { SessionsRepository } from '../../src/modules/auth/sessions.repository.js';
import { FamilyRepository } from '../../src/modules/family/family.repository.js';
import { InvitationsRepository } from '../../src/modules/family/invitations.repository.js';
import { MembersRepository } from '../../src/modules/family/members.repository.js';
import { OffersRepository } from '../../src/modules/family/offers.repository.js';
import { UsersRepository } from '../../src/modules/users/users.repository.js';
import { TransactionRunner } from '../../src/platform/database/index.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { onPostgres } from '../support/database.js';
import { enrolDevice, newDevice, type NewDevice } from '../support/devices.js';
import { eraseAt } from '../support/erasure.js';
import {
  as,
  asIdentity,
  newFamily,
  newFirstAdmin,
  newInvitation,
  newMember,
  nobody,
  PASSWORD,
  uniqueEmail,
  type FamilyMember,
  type TestFamily,
} from '../support/factories.js';
import { newestToken } from '../support/mail/outbox.js';

// A busy machine is slow, not wrong.
jest.setTimeout(60_000);

type Repository = new (...args: never[]) => object;
type Step = 'family' | 'account' | 'rows';

/** What takes which lock. See "Transactions" in docs/ARCHITECTURE.md. */
const PLACES: readonly (readonly [Repository, Step, readonly string[]])[] = [
  [FamilyRepository, 'family', ['lock']],
  [UsersRepository, 'account', ['lockWaysIn']],
  [UsersRepository, 'rows', ['findForUpdate', 'raiseEpoch', 'markErasing']],
  [InvitationsRepository, 'rows', ['insert', 'consume', 'deleteOpenOf']],
  [DevicesRepository, 'rows', ['saveCode', 'consumeCode', 'approve', 'deleteAll', 'deleteCodes', 'lock']],
  [MailTokensRepository, 'rows', ['consume', 'deleteAll']],
  [SessionsRepository, 'rows', ['insert', 'revokeAll']],
  [MembersRepository, 'rows', ['delete']],
  [OffersRepository, 'rows', ['isActiveParent']],
];

let server: TestApp;
let admin: FamilyMember;
let family: TestFamily;
let second: FamilyMember;
let taken: Map<unknown, Step[]>;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open' } });
  admin = await newFirstAdmin(server);
});
beforeEach(async () => {
  family = await newFamily(server);
  second = await newMember(server, family, 'parent');
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => server.close());

/** From now on, the first lock of each kind that each transaction takes. */
function watch(): void {
  taken = new Map();
  for (const [repository, step, methods] of PLACES) {
    const target = server.app.get<Record<string, (...args: unknown[]) => Promise<unknown>>>(repository);
    for (const method of methods) {
      const original = target[method]?.bind(target);
      if (!original) throw new Error(`${repository.name} has no ${method}`);
      jest.spyOn(target, method).mockImplementation((...args: unknown[]) => {
        const steps = taken.get(args[0]) ?? [];
        const holds = method !== 'isActiveParent' || args[3] === true;
        if (holds && !steps.includes(step)) taken.set(args[0], [...steps, step]);
        return original(...args);
      });
    }
  }
}

const withAccount: readonly Step[] = ['account', 'rows'];
const withFamily: readonly Step[] = ['family', 'account', 'rows'];

describe('locks are taken in one order', () => {
  const memberOf = (person: { memberId: string }): string => `/family/members/${person.memberId}`;
  let device: NewDevice;

  beforeEach(async () => {
    device = await newDevice(server, family, 'teenager');
  });

  const verifying = async (): Promise<string> => {
    await as(server, second).post('/auth/email/verify/request');
    return newestToken(server, second.email, 'email');
  };
  type Act = (prepared: string) => Promise<{ status: number }>;
  const cases: readonly (readonly [string, readonly Step[], Act, (() => Promise<string>)?])[] = [
    ['removing a member', withFamily, () => as(server, family.parent).delete(memberOf(second))],
    ['changing a role', withFamily, () => as(server, family.parent).patch(memberOf(second), { role: 'grandparent' })],
    [
      'letting a device in',
      withFamily,
      async () => {
        await enrolDevice(server, family, device.memberId);
        return { status: 200 };
      },
    ],
    [
      'unlocking one',
      withAccount,
      () => nobody(server).post('/auth/device/unlock', { device_token: device.deviceToken, pin: '2580' }),
    ],
    ['approving one', withFamily, () => as(server, second).post(`/auth/devices/${device.deviceId}/approve`)],
    ['inviting', withFamily, () => as(server, second).post('/family/invitations', { role: 'parent' })],
    [
      'completing an account',
      withFamily,
      (invitation) =>
        nobody(server).post('/auth/register', {
          email: uniqueEmail(),
          password: PASSWORD,
          first_name: 'Eve',
          invitation,
        }),
      () => newInvitation(server, family, { member_id: device.memberId }),
    ],
    ['proving an email', withAccount, (token) => nobody(server).post('/auth/email/verify', { token }), verifying],
    ['disabling', withAccount, () => as(server, admin).patch(`/users/${second.userId}`, { status: 'disabled' })],
    ['ending an account for its owner', withAccount, () => eraseAt(server, `/users/${second.userId}`, admin)],
  ];

  it.each(cases)('by %s', async (...[, expected, act, prepare]) => {
    const prepared = (await prepare?.()) ?? '';
    watch();
    expect((await act(prepared)).status).toBeLessThan(300);
    const orders = [...taken.values()].filter((steps) => steps.includes('rows'));
    expect(orders).toContainEqual(expected);
    for (const steps of orders) {
      expect(steps).toEqual(withFamily.filter((step) => steps.includes(step)));
      expect(steps).toContain('account');
    }
  });
});

if (onPostgres)
  it('two that wait for each other all the same are both done', async () => {
    const runner = server.app.get(TransactionRunner);
    const users = server.app.get(UsersRepository);
    const locked = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()] as const;
    const cross = (first: string, then: string, [own, other]: typeof locked): Promise<void> =>
      runner.runAsIdentity(async (tx) => {
        await users.findForUpdate(tx, first);
        own.resolve(undefined);
        await other.promise;
        await users.raiseEpoch(tx, then);
      });
    await Promise.all([
      cross(second.userId, family.parent.userId, locked),
      cross(family.parent.userId, second.userId, [locked[1], locked[0]]),
    ]);
    const epochs = await asIdentity(server, 'SELECT epoch FROM users WHERE id = ANY ($1)', [
      [second.userId, family.parent.userId],
    ]);
    expect(epochs).toEqual([{ epoch: 1 }, { epoch: 1 }]);
  });
