import { managerOf, microsOf, TransactionRunner, type Transaction } from '../../src/platform/database/index.js';
import { uuidv7 } from '../../src/platform/ids.js';
import { PrincipalSource, type FamilyRole, type Principal } from '../../src/platform/security/index.js';
import { ConversationsRepository } from '../../src/modules/memory/conversations/conversations.repository.js';
import { DocumentsRepository } from '../../src/modules/memory/indexing/documents.repository.js';
import { EmbeddingsRepository } from '../../src/modules/memory/indexing/embeddings.repository.js';
import { MemoriesRepository } from '../../src/modules/memory/memories/memories.repository.js';
import type { Memory, Visibility } from '../../src/modules/memory/memory.entity.js';
import { memoryDocument, type Document } from '../../src/modules/memory/indexing/document.js';
import type { TestApp } from '../support/create-app.js';
import {
  as,
  newChild,
  newFamily,
  newFirstAdmin,
  newInvitation,
  newMember,
  newProfile,
  signIn,
  type FamilyMember,
  type SignedIn,
} from '../support/factories.js';
import type { Chance } from './chance.js';

/** A member, with an account or without. */
export interface Person {
  readonly name: string;
  readonly familyId: string;
  readonly memberId: string;
  /** Null after they left. */
  readonly role: FamilyRole | null;
}

/** Somebody who looks. */
export interface Onlooker extends Person {
  readonly role: FamilyRole;
  readonly signedIn: SignedIn;
  readonly principal: Principal;
}

/** Something that is hidden from some: what it is truly, whatever any wall says of it. */
export interface Secret {
  readonly type: 'memory' | 'conversation' | 'turn';
  readonly id: string;
  /** A word that stands nowhere else: in its content, and marks its metadata and tags. */
  readonly word: string;
  readonly familyId: string;
  readonly ownerId: string;
  readonly ownerRole: FamilyRole | null;
  /** Was a teenager when they kept it, and is a child now. */
  readonly isOwnerGrown?: boolean;
  readonly visibility: Visibility;
  readonly audience: readonly string[];
  readonly scopeId: string;
  /** Of a turn. */
  readonly conversationId?: string;
  readonly memory?: Memory;
}

export interface World {
  readonly people: readonly Person[];
  readonly onlookers: readonly Onlooker[];
  readonly secrets: readonly Secret[];
}

/** Who may see what, said once more and in other words than the module's policy. */
export function mayKnow(who: Pick<Onlooker, 'familyId' | 'memberId' | 'role'>, secret: Secret): boolean {
  if (who.familyId !== secret.familyId) return false;
  switch (secret.visibility) {
    case 'family':
      return true;
    case 'private':
      return isOwnersSide(who, secret);
    case 'audience':
      return isOwnersSide(who, secret) || secret.audience.includes(who.memberId);
  }
}

export const isOwnersSide = (who: Pick<Onlooker, 'memberId' | 'role'>, secret: Secret): boolean =>
  who.memberId === secret.ownerId ||
  (who.role === 'parent' && secret.ownerRole === 'child' && secret.isOwnerGrown !== true);

/**
 * Two families with a person in common: parents, teenagers, one of whom is made a child, children with and without an
 * account, a grandparent, and one who has left. Each has memories, conversations and turns of every visibility.
 */
export async function newWorld(server: TestApp, chance: Chance, each: number): Promise<World> {
  await newFirstAdmin(server);
  const people: Person[] = [];
  const onlookers: Onlooker[] = [];
  const settle = async (name: string, member: FamilyMember, role: FamilyRole): Promise<void> => {
    const person = { name, familyId: member.familyId, memberId: member.memberId, role };
    people.push(person);
    onlookers.push({ ...person, signedIn: member, principal: await principalOf(server, member) });
  };
  const ours = await newFamily(server, 'Ours');
  const second = await newMember(server, ours, 'parent');
  const teenager = await newMember(server, ours, 'teenager');
  const child = await newChild(server, ours);
  const grandparent = await newMember(server, ours, 'grandparent');
  const leaver = await newMember(server, ours, 'parent');
  await settle('parent', ours.parent, 'parent');
  await settle('teenager', teenager, 'teenager');
  await settle('child', child, 'child');
  await settle('grandparent', grandparent, 'grandparent');
  for (const role of ['child', 'teenager', 'grandparent'] as const) {
    const memberId = await newProfile(server, ours, role, { first_name: `Quiet ${role}` });
    people.push({ name: `${role} without account`, familyId: ours.familyId, memberId, role });
  }
  const theirs = await newFamily(server, 'Theirs');
  const theirTeenager = await newMember(server, theirs, 'teenager');
  await settle('their parent', theirs.parent, 'parent');
  await settle('their teenager', theirTeenager, 'teenager');
  // The second parent is a grandparent there: one account, one session for each family.
  const code = await newInvitation(server, theirs, { role: 'grandparent' });
  await as(server, second).post('/family/invitations/accept', { code });
  await settle('second parent', second, 'parent');
  const there = await signIn(server, second.email);
  await as(server, there).post(`/auth/family/${theirs.familyId}`);
  const guest = await principalOf(server, there);
  if (guest.familyId !== theirs.familyId || guest.memberId === null) throw new Error('they did not get in there');
  const person = {
    name: 'second parent, there',
    familyId: theirs.familyId,
    memberId: guest.memberId,
    role: 'grandparent',
  } as const;
  people.push(person);
  onlookers.push({ ...person, signedIn: there, principal: guest });
  const departed: Person = { name: 'departed', familyId: ours.familyId, memberId: leaver.memberId, role: 'parent' };
  const grown: Person = {
    name: 'made a child',
    familyId: ours.familyId,
    memberId: await newProfile(server, ours, 'teenager', { first_name: 'Once a teenager' }),
    role: 'teenager',
  };
  const secrets = await hide(server, chance, [...people, grown, departed], each);
  const { status } = await as(server, ours.parent).patch(`/family/members/${grown.memberId}`, { role: 'child' });
  if (status !== 200) throw new Error('nobody was made a child');
  await as(server, ours.parent).delete(`/family/members/${leaver.memberId}`);
  const isGone = ({ ownerId }: Secret): boolean => ownerId === departed.memberId;
  return {
    people: [...people, { ...grown, role: 'child' }, { ...departed, role: null }],
    // Rights changed meanwhile.
    onlookers: await Promise.all(
      onlookers.map(async (one) => ({ ...one, principal: await principalOf(server, one.signedIn) })),
    ),
    secrets: secrets.map((secret) => {
      if (isGone(secret)) return { ...secret, ownerRole: null };
      return secret.ownerId === grown.memberId ? { ...secret, ownerRole: 'child', isOwnerGrown: true } : secret;
    }),
  };
}

export async function principalOf(server: TestApp, { accessToken }: { accessToken: string }): Promise<Principal> {
  const principal = await server.app.get(PrincipalSource).authenticate(accessToken, false);
  if (!principal) throw new Error('not signed in');
  return principal;
}

const PLACES = ['kitchen', 'garden', 'harbour', 'library', 'station'] as const;
const CONCERNS = ['birthday', 'dentist', 'holiday', 'recipe', 'school', 'violin'] as const;

/** Memories, conversations and turns, written by a background job: so that owner, author and subject are anybody's. */
export async function hide(
  server: TestApp,
  chance: Chance,
  people: readonly Person[],
  each: number,
  only?: Visibility,
): Promise<Secret[]> {
  const secrets: Secret[] = [];
  for (const familyId of new Set(people.map((person) => person.familyId))) {
    const members = people.filter((person) => person.familyId === familyId);
    secrets.push(...(await hideInFamily(server, chance, familyId, members, each, only)));
  }
  return secrets;
}

async function hideInFamily(
  { app }: TestApp,
  chance: Chance,
  familyId: string,
  members: readonly Person[],
  each: number,
  only: Visibility | undefined,
): Promise<Secret[]> {
  const [memories, conversations, documents] = [
    app.get(MemoriesRepository),
    app.get(ConversationsRepository),
    app.get(DocumentsRepository),
  ];
  return app.get(TransactionRunner).runAsWorker(familyId, async (tx) => {
    const secrets: Secret[] = [];
    const now = microsOf(new Date());
    for (const owner of members) {
      for (let index = 0; index < each; index += 1) {
        const place = await placeOf(tx, chance, familyId, owner, members, only);
        const [sitting = 0, talk = 0] = await documents.newSittings(tx, 2);
        const memory = newMemory(chance, place, members, sitting, now + secrets.length * 10);
        const first = { ...memory.memory, recordedTo: memory.memory.recordedFrom + 5 };
        const latest = { ...memory.memory, version: 2, recordedFrom: first.recordedTo };
        await memories.insert(tx, [first, latest]);
        await memories.insertSteps(tx, [stepOf(latest)]);
        await documents.insert(tx, [{ ...memoryDocument(latest), isLive: true }]);
        secrets.push(memory);
        if (index % 3 === 0) secrets.push(...(await newTalk(tx, conversations, documents, chance, place, talk, now)));
      }
    }
    const model = await app.get(EmbeddingsRepository).register(tx, 'a model', 3);
    await managerOf(tx).query(
      `INSERT INTO embeddings (document_id, model_id, scope_id, vector) SELECT id, $2, scope_id, '[1,2,3]'
       FROM documents WHERE family_id = $1 ON CONFLICT DO NOTHING`,
      [familyId, model.id],
    );
    return secrets;
  });
}

type Place = Pick<Secret, 'familyId' | 'ownerId' | 'ownerRole' | 'visibility' | 'audience' | 'scopeId'>;

async function placeOf(
  tx: Transaction,
  chance: Chance,
  familyId: string,
  owner: Person,
  members: readonly Person[],
  only: Visibility | undefined,
): Promise<Place> {
  const visibility = only ?? chance.of(['private', 'private', 'family', 'audience'] as const);
  const base = { familyId, ownerId: owner.memberId, ownerRole: owner.role, visibility };
  if (visibility !== 'audience')
    return { ...base, audience: [], scopeId: visibility === 'family' ? familyId : owner.memberId };
  const others = members.filter(({ memberId }) => memberId !== owner.memberId);
  const audience = [...new Set([chance.of(others), chance.of(others)].map(({ memberId }) => memberId))].sort();
  const [row] = await managerOf(tx).query<{ id: string }[]>(
    `INSERT INTO audiences (id, family_id, owner_id, member_ids) VALUES ($1, $2, $3, $4::uuid[])
     ON CONFLICT ON CONSTRAINT audiences_members_key DO UPDATE SET owner_id = excluded.owner_id RETURNING id`,
    [uuidv7(), familyId, owner.memberId, audience],
  );
  return { ...base, audience, scopeId: row?.id ?? '' };
}

let counter = 0;
const newWord = (): string => `zqx${(counter += 1).toString(36).padStart(5, '0')}qz`;

function newMemory(
  chance: Chance,
  place: Place,
  members: readonly Person[],
  documentId: number,
  now: number,
): Secret & { readonly memory: Memory } {
  const word = newWord();
  const id = uuidv7();
  const isFact = chance.below(3) === 0;
  const status = chance.of(['live', 'live', 'live', 'superseded', 'contested', 'retracted'] as const);
  const memory: Memory = {
    id,
    version: 1,
    documentId,
    familyId: place.familyId,
    scopeId: place.scopeId,
    ownerId: place.ownerId,
    authorId: chance.of(members).memberId,
    subjectId: chance.of(members).memberId,
    kind: chance.of(['note', 'health', 'plan'] as const),
    content: `The ${chance.of(CONCERNS)} at the ${chance.of(PLACES)} ${word}`,
    language: 'en',
    predicate: isFact ? chance.of(['nickname', 'hobby'] as const) : null,
    object: isFact ? word : null,
    objectKey: isFact ? word : null,
    cardinality: isFact ? 'multi' : null,
    authority: 'self',
    importance: 0.5,
    confidence: 0.9,
    evidenceCount: 1,
    status,
    validFrom: now - chance.below(1000) * 86_400_000_000,
    validTo: null,
    isSinceStated: true,
    recordedFrom: now,
    recordedTo: null,
    supersededBy: null,
    sourceTurnIds: [],
    contentHash: Buffer.from(word.padEnd(32, '.')).toString('hex'),
    tags: ['shared tag', word],
    metadata: { mark: word },
    createdAt: now,
  };
  return { ...place, type: 'memory', id, word, memory };
}

async function newTalk(
  tx: Transaction,
  conversations: ConversationsRepository,
  documents: DocumentsRepository,
  chance: Chance,
  place: Place,
  sitting: number,
  now: number,
): Promise<Secret[]> {
  const { familyId, scopeId, ownerId } = place;
  const talk: Secret = { ...place, type: 'conversation', id: uuidv7(), word: newWord() };
  await conversations.insert(tx, {
    id: talk.id,
    familyId,
    scopeId,
    ownerId,
    title: `About the ${chance.of(CONCERNS)} ${talk.word}`,
    extract: false,
    turnCount: 2,
    createdAt: now + counter,
    updatedAt: now,
  });
  const turns = [1, 2].map((turnNumber) => {
    const word = newWord();
    return {
      secret: { ...place, type: 'turn', id: uuidv7(), word, conversationId: talk.id } satisfies Secret,
      turnNumber,
      content: `We met at the ${chance.of(PLACES)} for the ${chance.of(CONCERNS)} ${word}`,
    };
  });
  const rows = turns.map(({ secret, turnNumber, content }) => ({
    id: secret.id,
    familyId,
    scopeId,
    conversationId: talk.id,
    turnNumber,
    sessionNumber: 1,
    authorId: ownerId,
    speakerId: null,
    speaker: secret.word,
    role: 'user' as const,
    content,
    language: 'en' as const,
    metadata: { mark: secret.word },
    occurredAt: now,
    createdAt: now,
  }));
  await conversations.insertTurns(tx, rows);
  await conversations.saveNumbering(tx, talk.id, {
    turnCount: 2,
    sessionNumber: 1,
    lastTurnAt: now,
    lastDocument: sitting + 1,
  });
  await documents.insert(
    tx,
    rows.map((turn, index): Document => ({
      id: sitting + index,
      familyId,
      scopeId,
      type: 'turn',
      isLive: true,
      itemId: turn.id,
      conversationId: talk.id,
      personId: null,
      speaker: turn.speaker,
      language: 'en',
      content: turn.content,
      hasQuestion: false,
      afterQuestion: false,
      saysTime: false,
      saysNumber: false,
      importance: 0.5,
      confidence: 1,
      occurredAt: now,
    })),
  );
  return [talk, ...turns.map(({ secret }) => secret)];
}

const stepOf = (memory: Memory) =>
  ({
    id: uuidv7(),
    familyId: memory.familyId,
    scopeId: memory.scopeId,
    memoryId: memory.id,
    operationId: uuidv7(),
    step: 'created',
    versionBefore: null,
    versionAfter: 2,
    actorId: memory.authorId,
    isAutomatic: false,
    reason: 'new',
    causeId: null,
    scopeBefore: null,
    undoneBy: null,
    createdAt: memory.createdAt,
  }) as const;
