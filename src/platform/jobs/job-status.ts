import { Injectable, type OnModuleInit } from '@nestjs/common';
import { StatusRegistry, type SectionContent, type StatusLanguage } from '../status/index.js';
import { DeadLetters } from './dead-letters.js';
import { JobStore } from './job-store.js';

const TEXTS = {
  en: { waiting: 'Waiting, running or to be retried', dead: 'Failed for good' },
  es: { waiting: 'Esperando, en curso o por repetir', dead: 'Fallaron definitivamente' },
} as const;

/** The queues, on the status page. */
@Injectable()
export class JobStatus implements OnModuleInit {
  constructor(
    private readonly registry: StatusRegistry,
    private readonly store: JobStore,
    private readonly deadLetters: DeadLetters,
  ) {}

  onModuleInit(): void {
    this.registry.register({
      id: 'queue',
      title: { en: 'Work in the background', es: 'Trabajo en segundo plano' },
      permission: 'operations:read',
      read: (language) => this.read(language),
    });
  }

  private async read(language: StatusLanguage): Promise<SectionContent> {
    const t = TEXTS[language];
    const [waiting, dead] = await Promise.all([this.store.depths(), this.deadLetters.counts()]);
    const sum = (counts: readonly { jobs: number }[]): number => counts.reduce((total, { jobs }) => total + jobs, 0);
    const queues = waiting.map(({ queue, jobs }) => ({ label: queue, value: jobs }));
    return {
      state: dead.length > 0 ? 'warning' : 'ok',
      rows: [
        { label: t.waiting, value: sum(waiting) },
        ...(queues.length > 1 ? queues : []),
        { label: t.dead, value: sum(dead), ...(dead.length > 0 ? { state: 'warning' as const } : {}) },
        ...dead.map(({ queue, jobs }) => ({ label: queue, value: jobs })),
      ],
    };
  }
}
