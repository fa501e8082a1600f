import { Inject, Injectable } from '@nestjs/common';
import { CommitWatch } from './commit-watch.js';
import type { Transaction } from './transaction-runner.js';

declare const news: unique symbol;

/** A kind of news, by its name. */
export interface Topic<News> {
  readonly name: string;
  readonly [news]?: News;
}

/** What a transaction has done, told to whoever listens in this process once it has committed, and never before. */
@Injectable()
export class CommitNews {
  private readonly listeners = new Map<string, ((told: unknown) => void)[]>();
  private told = 0;

  constructor(@Inject(CommitWatch) private readonly commits: CommitWatch) {}

  /** Tells it after the commit, before the caller's promise resolves. */
  tell<News>(tx: Transaction, { name }: Topic<News>, content: News): void {
    this.told += 1;
    this.commits.afterCommit(tx, `${name} ${String(this.told)}`, () => {
      for (const listener of this.listeners.get(name) ?? []) listener(content);
    });
  }

  /** @param listener must neither throw nor wait: a request stands behind it */
  listen<News>({ name }: Topic<News>, listener: (content: News) => void): void {
    this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener as (told: unknown) => void]);
  }
}
