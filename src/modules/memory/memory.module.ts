import { Inject, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { EmbeddingConfig, ServerConfig } from '../../platform/config/index.js';
import { FamilyModule } from '../family/index.js';
import { MemoryCache } from './cache/memory-cache.service.js';
import { MemoryMetrics } from './cache/memory-metrics.service.js';
import { MemoryStateRepository } from './cache/memory-state.repository.js';
import { ProfileWarmer } from './cache/profile-warmer.service.js';
import { AudiencesRepository } from './audiences.repository.js';
import { ConversationsController } from './conversations.controller.js';
import { ConversationsRepository } from './conversations.repository.js';
import { ConversationsService } from './conversations.service.js';
import { DocumentsRepository } from './documents.repository.js';
import { EMBEDDER, createEmbedder, type Embedder } from './embedding/index.js';
import { EmbeddingService } from './embedding.service.js';
import { EmbeddingsRepository } from './embeddings.repository.js';
import { ExtractionService } from './extraction.service.js';
import { HouseholdService } from './household.service.js';
import { IdempotencyRepository } from './idempotency.repository.js';
import { IdempotencyService } from './idempotency.service.js';
import { MemoriesRepository } from './memories.repository.js';
import { MemoryChangesService } from './memory-changes.service.js';
import { MemoryController } from './memory.controller.js';
import { MemoryReadingService } from './memory-reading.service.js';
import { MemoryService } from './memory.service.js';
import { ModelUsageRepository, ProposalService } from './model/index.js';
import { NicknamesService } from './nicknames.service.js';
import { ProfileController } from './profile/profile.controller.js';
import { MemberProfileService } from './profile/member-profile.service.js';
import { EmbeddingJobsService, ReembeddingService } from './reembedding/index.js';
import { RecorderService } from './recorder.service.js';
import { RetentionRepository } from './retention.repository.js';
import { RetentionService } from './retention.service.js';
import { SearchController } from './search.controller.js';
import { SearchRepository } from './search/search.repository.js';
import { SearchService } from './search/search.service.js';
import { SettingsController } from './settings.controller.js';
import { SettingsRepository } from './settings.repository.js';
import { SettingsService } from './settings.service.js';
import { SharingService } from './sharing.service.js';
import { TurnsService } from './turns.service.js';
import { UnderstandingService } from './understanding.service.js';
import { UndoService } from './undo.service.js';
import { WritingService } from './writing.service.js';

const logger = new Logger('Embeddings');

@Module({
  imports: [FamilyModule],
  // Searching comes before reading by id: "search" is no id.
  controllers: [SearchController, MemoryController, ConversationsController, SettingsController, ProfileController],
  providers: [
    {
      provide: EMBEDDER,
      inject: [ServerConfig, EmbeddingConfig],
      useFactory: (server: ServerConfig, embedding: EmbeddingConfig) =>
        createEmbedder(
          { server, embedding },
          {
            info: (...words) => {
              logger.log(...words);
            },
          },
        ),
    },
    MemoryCache,
    MemoryMetrics,
    ProfileWarmer,
    MemoryStateRepository,
    MemoryService,
    MemoryReadingService,
    MemoryChangesService,
    UndoService,
    WritingService,
    ConversationsService,
    TurnsService,
    SearchService,
    EmbeddingService,
    EmbeddingJobsService,
    ReembeddingService,
    ExtractionService,
    ProposalService,
    RetentionService,
    RecorderService,
    UnderstandingService,
    SharingService,
    HouseholdService,
    NicknamesService,
    IdempotencyService,
    SettingsService,
    MemberProfileService,
    MemoriesRepository,
    ConversationsRepository,
    DocumentsRepository,
    EmbeddingsRepository,
    AudiencesRepository,
    SettingsRepository,
    IdempotencyRepository,
    RetentionRepository,
    SearchRepository,
    ModelUsageRepository,
  ],
})
export class MemoryModule implements OnApplicationShutdown {
  constructor(@Inject(EMBEDDER) private readonly embedder: Embedder | null) {}

  async onApplicationShutdown(): Promise<void> {
    await this.embedder?.close();
  }
}
