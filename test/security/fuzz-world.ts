import type { TestApp } from '../support/create-app.js';
import {
  as,
  newChild,
  newConversation,
  newFamily,
  newMember,
  newMemory,
  newProfile,
  type SignedIn,
} from '../support/factories.js';

/** Who sends random requests; everybody but the first has an account. */
export const FUZZERS = ['nobody', 'parent', 'teenager', 'child', 'grandparent', 'stranger', 'admin', 'viewer'] as const;
export type Fuzzer = (typeof FUZZERS)[number];

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const MOST = 200;

/** The people who send random requests, and the ids they know. */
export class FuzzWorld {
  private people = new Map<Fuzzer, SignedIn>();
  /** By the path of the collection; '' has all of them. */
  private readonly ids = new Map<string, string[]>();
  private readonly rights = new Map<Fuzzer, string>();
  private readonly dead = new Set<Fuzzer>();

  /** @param stagehand the first admin, who brings people on stage; nobody learns their ids */
  constructor(
    private readonly server: TestApp,
    private readonly stagehand: SignedIn & { memberId: string; familyId: string },
  ) {}

  bearerOf(who: Fuzzer): string | undefined {
    return this.people.get(who)?.bearer;
  }

  /** New people in a new family, with something in it. */
  async populate(): Promise<void> {
    const { server } = this;
    const family = await newFamily(server);
    const admin = as(server, this.stagehand);
    const ranked = async (person: SignedIn, role: string): Promise<SignedIn> => {
      await admin.post('/roles/assign', { user_id: person.userId, role });
      if (role === 'viewer') await admin.post('/roles/revoke', { user_id: person.userId, role: 'user' });
      return person;
    };
    this.people = new Map<Fuzzer, SignedIn>([
      ['parent', family.parent],
      ['teenager', await newMember(server, family, 'teenager')],
      ['child', await newChild(server, family)],
      ['grandparent', await newMember(server, family, 'grandparent')],
      ['stranger', (await newFamily(server)).parent],
      ['admin', await ranked((await newFamily(server)).parent, 'admin')],
      ['viewer', await ranked(await newMember(server, family, 'parent'), 'viewer')],
    ]);
    this.dead.clear();
    for (const key of this.ids.keys()) if (key !== '') this.ids.delete(key);
    for (const [who, person] of this.people) this.rights.set(who, await this.rightsOf(person));
    await newProfile(server, family, 'child');
    await newMemory(server, family.parent, 'Leo is allergic to peanuts', { visibility: 'family' });
    await newConversation(server, family.parent, { visibility: 'family' });
    for (const [path, person] of [
      ['/family/members', family.parent],
      ['/memories', family.parent],
      ['/conversations', family.parent],
      ['/auth/sessions', family.parent],
      ['/users', this.stagehand],
    ] as const) {
      const { body } = await as(server, person).get(`${path}?limit=20`);
      this.learn(`/api/v1${path}`, JSON.stringify(body));
    }
  }

  /** Remembers the ids of an answer that succeeded: of the rows for their collection, and all of them for anything. */
  learn(path: string, text: string): void {
    const hidden = [this.stagehand.userId, this.stagehand.memberId, this.stagehand.familyId];
    const [collection = ''] = path.split('/{');
    const keep = (key: string, found: readonly string[]): void => {
      const list = [...new Set([...(this.ids.get(key) ?? []), ...found.filter((id) => !hidden.includes(id))])];
      this.ids.set(key, list.slice(-MOST));
    };
    keep('', text.match(UUID) ?? []);
    if (text.startsWith('{')) keep(collection, rowIds(JSON.parse(text)));
  }

  /** The text with ids that exist in place of `~own3~` and `~id3~`. */
  fill(path: string, text: string): string {
    const all = this.ids.get('') ?? [];
    const own = this.ids.get(path.split('/{')[0] ?? '') ?? all;
    return text.replaceAll(/~(own|id)(\d+)~/g, (_whole, kind: string, at: string) => {
      const pool = kind === 'own' ? own : all;
      return pool[Number(at) % pool.length] ?? '';
    });
  }

  /** Takes note that somebody is not let in any more; brings new people when half of them are not. */
  async miss(who: Fuzzer): Promise<void> {
    if (who !== 'nobody') this.dead.add(who);
    if (this.dead.size >= FUZZERS.length / 2) await this.populate();
  }

  /** Brings new people unless all of them may do what they could. */
  async freshen(): Promise<void> {
    for (const [who, person] of this.people)
      if ((await this.rightsOf(person)) !== this.rights.get(who)) return this.populate();
  }

  private async rightsOf(person: SignedIn): Promise<string> {
    return JSON.stringify((await as(this.server, person).get('/roles/me/permissions')).body);
  }
}

interface Row {
  readonly id?: unknown;
}

/** The ids of what an answer consists of: one row, or a list of them. */
function rowIds(body: unknown): string[] {
  const { data = [], id } = body as Row & { data?: readonly Row[] };
  return [{ id }, ...data].flatMap((row) => (typeof row.id === 'string' ? [row.id] : []));
}
