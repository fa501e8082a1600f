import type { FamilyRole } from '../../src/platform/security/index.js';

/** What a memory is at a time; null once it is erased. */
export interface MemoryNow {
  /** A word that occurs nowhere else. */
  readonly token: string;
  readonly visibility: 'private' | 'family' | 'audience';
  readonly audience: readonly string[];
}

/** A change of something, and when it was asked for and answered: by one clock, which counts. */
interface Change<State> {
  readonly after: State;
  readonly begun: number;
  ended: number;
}

/** Everything that was done to something, in order; never two things at a time. */
type Past<State> = Change<State>[];

export interface ModelMemory {
  readonly ownerId: string;
  readonly past: Past<MemoryNow | null>;
}

/** How it stands, or will once the change under way is made. */
export function latest<State>(past: readonly Change<State>[]): State {
  const last = past.at(-1);
  if (!last) throw new Error('nothing was ever done to it');
  return last.after;
}

/** A request that was answered, and what was in the answer. */
export interface Reading {
  readonly viewerId: string;
  readonly begun: number;
  readonly ended: number;
  readonly tokens: ReadonlySet<string>;
  /** Whose memories were asked for; everybody's unless given. */
  readonly ownerId?: string;
}

/** What an answer says wrongly. */
export interface Fault {
  readonly kind: 'missing' | 'forbidden' | 'unknown';
  readonly token: string;
}

/**
 * What a family remembers, as those know it who wrote it. An answer is judged by it: what was acknowledged before the
 * request has to be in it, what was gone or hidden before the request must not. What changed meanwhile may be either.
 */
export class MemoryModel {
  private clock = 0;
  private readonly memories: ModelMemory[] = [];
  private readonly roles = new Map<string, Past<FamilyRole>>();
  private readonly known = new Map<string, ModelMemory>();
  /** Who is a child that has kept something to themselves: what they keep is closed to parents. */
  private readonly closed = new Map<string, Past<boolean>>();

  tick(): number {
    this.clock += 1;
    return this.clock;
  }

  join(memberId: string, role: FamilyRole): void {
    this.roles.set(memberId, [{ after: role, begun: 0, ended: 0 }]);
  }

  roleOf(memberId: string): FamilyRole {
    return latest(this.role(memberId));
  }

  /** The owner's memories that are not being changed. */
  alive(ownerId: string): ModelMemory[] {
    return this.memories.filter((memory) => memory.ownerId === ownerId && latest(memory.past) !== null);
  }

  /** Makes a memory; it may be there from now on, and is when `work` has succeeded. */
  async create(ownerId: string, state: MemoryNow, work: () => Promise<unknown>): Promise<ModelMemory> {
    const memory: ModelMemory = { ownerId, past: [{ after: null, begun: 0, ended: 0 }] };
    this.memories.push(memory);
    await this.alter(memory, state, work);
    return memory;
  }

  async alter(memory: ModelMemory, state: MemoryNow | null, work: () => Promise<unknown>): Promise<void> {
    if (state) this.known.set(state.token, memory);
    await this.change(memory.past, state, work);
  }

  async alterRole(memberId: string, role: FamilyRole, work: () => Promise<unknown>): Promise<void> {
    const past = this.role(memberId);
    const grown = past.at(-1);
    if (grown === undefined || role !== 'child' || grown.after === 'child') return this.change(past, role, work);
    const closed = this.closedOf(memberId);
    const perhaps: Change<boolean> = { after: true, begun: this.tick(), ended: Infinity };
    closed.push(perhaps);
    const begun = this.clock;
    await this.change(past, role, work);
    const kept = this.memories
      .filter(({ ownerId }) => ownerId === memberId)
      .map((memory) => keeps(memory, grown, begun));
    if (kept.includes('surely')) perhaps.ended = this.tick();
    else if (!kept.includes('perhaps')) closed.splice(closed.indexOf(perhaps), 1);
  }

  /** Must be called as soon as the answer is there, before anything else changes. */
  judge(reading: Reading): { readonly faults: Fault[]; readonly judged: number } {
    const faults: Fault[] = [];
    let judged = 0;
    const possible = new Set<string>();
    for (const memory of this.memories) {
      if (reading.ownerId !== undefined && memory.ownerId !== reading.ownerId) continue;
      const states = statesDuring(memory.past, reading);
      const seen = states.map((state) =>
        state && this.mayBeSeen(memory.ownerId, state, reading) ? state.token : null,
      );
      for (const token of seen) if (token !== null) possible.add(token);
      const [only] = seen;
      if (seen.some((token) => token !== only) || this.isRoleInDoubt(memory.ownerId, reading)) continue;
      judged += 1;
      if (only !== null && only !== undefined && !reading.tokens.has(only))
        faults.push({ kind: 'missing', token: only });
    }
    for (const token of reading.tokens) {
      if (possible.has(token)) continue;
      faults.push({ kind: this.known.has(token) ? 'forbidden' : 'unknown', token });
    }
    return { faults, judged };
  }

  private async change<State>(past: Past<State>, after: State, work: () => Promise<unknown>): Promise<void> {
    const change = { after, begun: this.tick(), ended: Infinity };
    past.push(change);
    await work();
    change.ended = this.tick();
  }

  private isRoleInDoubt(ownerId: string, reading: Reading): boolean {
    return (
      this.rolesOf(ownerId, reading).length > 1 ||
      this.rolesOf(reading.viewerId, reading).length > 1 ||
      new Set(statesDuring(this.closedOf(ownerId), reading)).size > 1
    );
  }

  private rolesOf(memberId: string, reading: Reading): FamilyRole[] {
    return [...new Set(statesDuring(this.role(memberId), reading))];
  }

  /** Under any of the roles that owner and viewer may have had. */
  private mayBeSeen(ownerId: string, { visibility, audience }: MemoryNow, reading: Reading): boolean {
    const { viewerId } = reading;
    if (viewerId === ownerId || visibility === 'family') return true;
    if (visibility === 'audience' && audience.includes(viewerId)) return true;
    return (
      this.rolesOf(viewerId, reading).includes('parent') &&
      this.rolesOf(ownerId, reading).includes('child') &&
      statesDuring(this.closedOf(ownerId), reading).includes(false)
    );
  }

  private closedOf(memberId: string): Past<boolean> {
    const past = this.closed.get(memberId) ?? [{ after: false, begun: 0, ended: 0 }];
    this.closed.set(memberId, past);
    return past;
  }

  private role(memberId: string): Past<FamilyRole> {
    const role = this.roles.get(memberId);
    if (!role) throw new Error('no such member');
    return role;
  }
}

/** Whether somebody kept a memory to themselves, saying it since they were made `grown` and until a change was asked for. */
function keeps({ past }: ModelMemory, grown: Change<FamilyRole>, until: number): 'surely' | 'perhaps' | 'never' {
  const isKept = (state: MemoryNow | null): boolean => state !== null && state.visibility !== 'family';
  const states = statesDuring(past, { begun: until });
  const since = past.filter(({ after, ended }) => after !== null && ended >= grown.begun);
  if (since.length === 0 || !states.some(isKept)) return 'never';
  const isSaid = past.some(
    ({ after, begun, ended }, index) =>
      after !== null && after.token !== past[index - 1]?.after?.token && begun > grown.ended && ended < until,
  );
  return isSaid && states.length === 1 ? 'surely' : 'perhaps';
}

/** The one state where nothing changed during the reading, otherwise all that may have been seen. */
function statesDuring<State>(past: readonly Change<State>[], reading: Pick<Reading, 'begun'>): State[] {
  const settled = past.findLastIndex(({ ended }) => ended < reading.begun);
  return past.slice(settled).map(({ after }) => after);
}
