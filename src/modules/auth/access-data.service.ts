import { Injectable, type OnModuleInit } from '@nestjs/common';
import { TransactionRunner, type Transaction } from '../../platform/database/index.js';
import { QuotaStore } from '../../platform/limits/index.js';
import { Mailer } from '../../platform/mail/index.js';
import {
  inRounds,
  PrivacyRegistry,
  type PersonalData,
  type Person,
  type Receipt,
  type Row,
  type Section,
} from '../../platform/privacy/index.js';
import { AccountsService } from '../users/index.js';
import { ApiKeysRepository } from './api-keys/api-keys.repository.js';
import { DevicesRepository } from './devices/devices.repository.js';
import { MailTokensRepository } from './mail/mail-tokens.repository.js';
import { IdentitiesRepository } from './providers/identities.repository.js';
import { SessionsRepository } from './sessions.repository.js';

const ROUND = 500;

/** What opens an account, as the person has it and as it goes. Passwords, PINs, keys and tokens are in no copy. */
@Injectable()
export class AccessData implements PersonalData, OnModuleInit {
  readonly stage = 'access';

  constructor(
    private readonly runner: TransactionRunner,
    private readonly registry: PrivacyRegistry,
    private readonly accounts: AccountsService,
    private readonly sessions: SessionsRepository,
    private readonly keys: ApiKeysRepository,
    private readonly identities: IdentitiesRepository,
    private readonly devices: DevicesRepository,
    private readonly links: MailTokensRepository,
    private readonly quotas: QuotaStore,
    private readonly mailer: Mailer,
  ) {}

  onModuleInit(): void {
    this.registry.register(this);
  }

  sections({ userId }: Person): readonly Section[] {
    return [
      { name: 'sessions', title: { en: 'Your sign-ins', es: 'Sus sesiones' }, rows: () => this.sessionsOf(userId) },
      {
        name: 'api_keys',
        title: { en: 'Your API keys', es: 'Sus claves de API' },
        rows: () => this.all((tx) => this.keys.copy(tx, userId)),
      },
      {
        name: 'identities',
        title: {
          en: 'Accounts elsewhere that are linked to yours',
          es: 'Cuentas de otros servicios vinculadas a la suya',
        },
        rows: () => this.all((tx) => this.identities.copy(tx, userId)),
      },
      {
        name: 'devices',
        title: { en: 'Your devices', es: 'Sus dispositivos' },
        rows: () => this.all((tx) => this.devices.copy(tx, userId)),
      },
      {
        name: 'mail_links',
        title: { en: 'Links that were mailed to you', es: 'Enlaces que se le enviaron por correo' },
        rows: () => this.all(async (tx) => this.links.copy(tx, userId, await this.emailOf(tx, userId))),
      },
      {
        name: 'daily_requests',
        title: { en: 'How much you asked of the server today', es: 'Cuánto ha pedido hoy al servidor' },
        rows: () => this.all((tx) => this.quotas.copy(tx, userId)),
      },
    ];
  }

  async erase({ userId }: Person, receipt: Receipt): Promise<void> {
    await this.runner.runAsIdentity(async (tx) => {
      // Of these some name an address and no account, so that none is found any more once the account is gone.
      const email = await this.emailOf(tx, userId);
      await receipt.add(tx, 'mail_links', await this.links.deleteAll(tx, userId, email));
      if (email !== null) await receipt.add(tx, 'mails', await this.mailer.forget(email));
      await receipt.add(tx, 'daily_requests', await this.quotas.deleteAll(tx, userId));
      await receipt.add(tx, 'devices', await this.devices.deleteAll(tx, userId));
      await receipt.add(tx, 'identities', await this.identities.deleteAll(tx, userId));
      await receipt.add(tx, 'api_keys', await this.keys.deleteAll(tx, userId));
      await receipt.add(tx, 'sessions', await this.sessions.deleteAll(tx, userId));
    });
  }

  private async emailOf(tx: Transaction, userId: string): Promise<string | null> {
    return (await this.accounts.find(tx, userId))?.email ?? null;
  }

  private sessionsOf(userId: string): AsyncIterable<Row> {
    return inRounds<Row & { id: string }>((last) =>
      this.runner.runAsIdentity((tx) => this.sessions.copy(tx, userId, last?.id ?? null, ROUND)),
    );
  }

  /** Of these a person has few. */
  private async *all(read: (tx: Transaction) => Promise<readonly Row[]>): AsyncGenerator<Row> {
    yield* await this.runner.runAsIdentity(read);
  }
}
