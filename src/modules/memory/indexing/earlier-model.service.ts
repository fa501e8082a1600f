import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { EmbeddingConfig, ServerConfig } from '../../../platform/config/index.js';
import { openEarlier, type Embedder } from '../embedding/index.js';
import type { Model } from './embeddings.repository.js';

/** The model that is searched with until all texts have vectors of the one that is set. Open as long as it is needed. */
@Injectable()
export class EarlierModel implements OnApplicationShutdown {
  private opened: { readonly name: string; readonly embedder: Promise<Embedder | null> } | undefined;

  constructor(
    private readonly server: ServerConfig,
    private readonly embedding: EmbeddingConfig,
  ) {}

  /** Its embedder; null when the model cannot be found any more. */
  async embedder({ name, dimensions }: Model): Promise<Embedder | null> {
    if (this.opened?.name !== name) {
      await this.close();
      const { server, embedding } = this;
      const embedder = openEarlier({ server, embedding }, { id: name, dimensions }).catch(() => null);
      this.opened = { name, embedder };
    }
    return this.opened.embedder;
  }

  /** Frees what is not needed any more. */
  async close(): Promise<void> {
    const { opened } = this;
    this.opened = undefined;
    await (await opened?.embedder)?.close();
  }

  onApplicationShutdown(): Promise<void> {
    return this.close();
  }
}
