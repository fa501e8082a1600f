import { randomBytes } from 'node:crypto';
import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { RegistrationService } from '../modules/auth/index.js';
import { LoginService } from '../modules/auth/login.service.js';
import { MembersService } from '../modules/family/members.service.js';
import { DatasetError, readDataset, RetrievalEvaluation, type Sample } from '../modules/memory/evaluation/index.js';
import { ConversationsService } from '../modules/memory/conversations/conversations.service.js';
import { EMBED } from '../modules/memory/memory.jobs.js';
import { MemoryService } from '../modules/memory/memories/memory.service.js';
import { SearchService } from '../modules/memory/search/search.service.js';
import { TurnsService } from '../modules/memory/conversations/turns.service.js';
import { AccountsService } from '../modules/users/index.js';
import { chooseEmbedding, environment, loadConfig } from '../platform/config/index.js';
import { DatabaseSetupError, TransactionRunner } from '../platform/database/index.js';
import { JobRegistry } from '../platform/jobs/index.js';
import { PrincipalSource, type Principal } from '../platform/security/index.js';
import { withApp } from './app.js';

export type Embeddings = 'none' | 'local';

/** A family that holds one sample, and somebody in it. */
export interface StoredSample {
  readonly sample: Sample;
  readonly principal: Principal;
  /** Ids of the dataset by ids of what was stored. */
  readonly names: ReadonlyMap<string, string>;
}

/** @throws DatasetError also for a file that cannot be read */
export async function loadDataset(path: string): Promise<Sample[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new DatasetError(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
  try {
    return readDataset(text);
  } catch (error) {
    if (error instanceof DatasetError) throw new DatasetError(`${path}: ${error.message}`);
    throw error;
  }
}

/**
 * Runs work with an application on a database of its own: an embedded one that is thrown away, or the one of
 * `DATABASE_URL`, which has to be empty.
 */
export async function withScratchApp(
  embeddings: Embeddings | undefined,
  work: (app: INestApplicationContext) => Promise<void>,
): Promise<void> {
  const { database, server, embedding } = loadConfig();
  const folder = await mkdtemp(join(tmpdir(), 'family-assistant-'));
  // A model that was fetched lies in the data folder of the server.
  const { model } = chooseEmbedding({ ...embedding, ...(embeddings && { provider: embeddings }) }, server.dataDir);
  const settings = {
    ...environment(),
    ...(embeddings && { EMBEDDINGS: embeddings }),
    ...(embeddings !== 'none' && model !== undefined ? { EMBEDDINGS_MODEL: model } : {}),
    DATA_DIR: folder,
    HOST: '127.0.0.1',
    REGISTRATION: 'open',
  };
  try {
    await withApp(settings, async (app) => {
      const isUsed = await app
        .get(TransactionRunner)
        .runAsIdentity((tx) => app.get(AccountsService, { strict: false }).hasAny(tx));
      if (isUsed && !database.isEmbedded)
        throw new DatabaseSetupError('The database of DATABASE_URL is in use; give an empty one, or none.');
      await work(app);
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Stores samples, each in a family of its own with members of the names in it, and computes their vectors. */
export class SampleStore {
  readonly evaluation: RetrievalEvaluation;

  constructor(private readonly app: INestApplicationContext) {
    const get = <T>(type: new (...args: never[]) => T): T => app.get<T>(type, { strict: false });
    this.evaluation = new RetrievalEvaluation(
      get(ConversationsService),
      get(TurnsService),
      get(MemoryService),
      get(SearchService),
    );
  }

  async store(sample: Sample): Promise<StoredSample> {
    const principal = await this.newFamily(sample);
    const names = await this.evaluation.store(principal, sample);
    await this.embed(principal);
    return { sample, principal, names };
  }

  private async newFamily({ people: [first, ...others] }: Sample): Promise<Principal> {
    const name = `${randomBytes(9).toString('hex')}@example.org`;
    const password = randomBytes(18).toString('base64url');
    const { app } = this;
    await app
      .get(RegistrationService, { strict: false })
      .register({ email: name, password, first_name: first.name, last_name: 'Sample' });
    const tokens = await app
      .get(LoginService, { strict: false })
      .login(
        { name: { email: name }, password, rememberMe: false, delivery: 'body' },
        { address: '127.0.0.1', name: null },
      );
    const principal = await app.get(PrincipalSource, { strict: false }).authenticate(tokens.accessToken, false);
    if (!principal) throw new Error('the new account cannot be used');
    const members = app.get(MembersService, { strict: false });
    for (const { name: firstName, role } of others) await members.create(principal, { first_name: firstName, role });
    return principal;
  }

  /** What the job does after the answer. */
  private async embed({ familyId }: Principal): Promise<void> {
    const job = this.app.get(JobRegistry, { strict: false }).jobs.find(({ type }) => type.name === EMBED.name);
    await job?.work([{ id: '', payload: { family_id: familyId }, attempt: 1 }], {
      signal: new AbortController().signal,
      complete: () => Promise.resolve(),
    });
  }
}
