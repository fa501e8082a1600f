import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { poolOf } from '../database/index.js';
import type { StatusLanguage } from './status.language.js';
import { StatusRegistry } from './status.registry.js';
import type { SectionContent } from './status.section.js';

const TEXTS = {
  en: { inUse: 'In use', idle: 'Idle', waiting: 'Callers that wait', of: 'of' },
  es: { inUse: 'En uso', idle: 'Libres', waiting: 'Esperando', of: 'de' },
} as const;

/** Share of the connections in use above which the pool counts as busy. */
const BUSY = 0.8;

/** The connections to the database, on the status page. */
@Injectable()
export class PoolSection implements OnModuleInit {
  constructor(
    private readonly registry: StatusRegistry,
    @Inject(DataSource) private readonly dataSource: DataSource,
  ) {}

  onModuleInit(): void {
    this.registry.register({
      id: 'pool',
      title: { en: 'Connections to the database', es: 'Conexiones con la base de datos' },
      permission: 'operations:read',
      read: (language) => this.read(language),
    });
  }

  private read(language: StatusLanguage): SectionContent {
    const { size, in_use: inUse, idle, waiting } = poolOf(this.dataSource).counts();
    const t = TEXTS[language];
    // The embedded database has one connection, and to use it is no sign of anything.
    const isBusy = size > 1 && inUse > BUSY * size;
    return {
      state: waiting > 0 || isBusy ? 'warning' : 'ok',
      rows: [
        { label: t.inUse, value: `${String(inUse)} ${t.of} ${String(size)}` },
        { label: t.idle, value: idle },
        { label: t.waiting, value: waiting },
      ],
    };
  }
}
