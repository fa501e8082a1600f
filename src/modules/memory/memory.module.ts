import { Inject, Logger, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { EmbeddingConfig, ServerConfig } from '../../platform/config/index.js';
import { ProbeRegistry } from '../../platform/probes/index.js';
import { FamilyModule } from '../family/index.js';
import { MemoryCache } from './cache/memory-cache.service.js';
import { MemoryMetrics } from './cache/memory-metrics.service.js';
import { MemoryStateRepository } from './cache/memory-state.repository.js';
import { ProfileWarmer } from './cache/profile-warmer.service.js';
import { AudiencesRepository } from './sharing/audiences.repository.js';
import { ConversationsController } from './conversations/conversations.controller.js';
import { ConversationsRepository } from './conversations/conversations.repository.js';
import { ConversationsService } from './conversations/conversations.service.js';
import { DocumentsRepository } from './indexing/documents.repository.js';
import { EMBEDDER, createEmbedder, type Embedder } from './embedding/index.js';
import { EmbeddingService } from './indexing/embedding.service.js';
import { EmbeddingsRepository } from './indexing/embeddings.repository.js';
import { IndexingService } from './indexing/indexing.service.js';
import { ExtractionService } from './extraction/extraction.service.js';
import { HouseholdService } from './household/household.service.js';
import { IdempotencyRepository } from './recording/idempotency.repository.js';
import { IdempotencyService } from './recording/idempotency.service.js';
import { MemoriesRepository } from './memories/memories.repository.js';
import { MemoryChangesService } from './memories/memory-changes.service.js';
import { MemoryController } from './memories/memory.controller.js';
import { MemoryReadingService } from './memories/memory-reading.service.js';
import { MemoryService } from './memories/memory.service.js';
import { ModelUsageRepository, ProposalService } from './model/index.js';
import { ReadTrail } from './household/read-trail.service.js';
import { NicknamesService } from './household/nicknames.service.js';
import { MemoryDataRepository } from './privacy/memory-data.repository.js';
import { MemoryData } from './privacy/memory-data.service.js';
import { ProfileController } from './profile/profile.controller.js';
import { MemberProfileService } from './profile/member-profile.service.js';
import { EarlierModel, EmbeddingJobsService, ReembeddingJobsService, ReembeddingService } from './indexing/index.js';
import { RecorderService } from './recording/recorder.service.js';
import { RetentionRepository } from './retention/retention.repository.js';
import { RetentionService } from './retention/retention.service.js';
import { SEARCH_PROBE } from './search/search.probe.js';
import { SearchController } from './search/search.controller.js';
import { SearchRepository } from './search/search.repository.js';
import { SpellingRepository } from './search/spelling.repository.js';
import { SpellingService } from './search/spelling.service.js';
import { SearchService } from './search/search.service.js';
import { SettingsController } from './settings/settings.controller.js';
import { SettingsRepository } from './settings/settings.repository.js';
import { SettingsService } from './settings/settings.service.js';
import { SharingService } from './sharing/sharing.service.js';
import { TurnsService } from './conversations/turns.service.js';
import { UnderstandingService } from './extraction/understanding.service.js';
import { UndoService } from './memories/undo.service.js';
import { WritingService } from './recording/writing.service.js';

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
    IndexingService,
    EmbeddingService,
    EarlierModel,
    EmbeddingJobsService,
    ReembeddingService,
    ReembeddingJobsService,
    ExtractionService,
    ProposalService,
    RetentionService,
    RecorderService,
    UnderstandingService,
    SharingService,
    HouseholdService,
    NicknamesService,
    ReadTrail,
    IdempotencyService,
    SettingsService,
    MemberProfileService,
    MemoryData,
    MemoryDataRepository,
    MemoriesRepository,
    ConversationsRepository,
    DocumentsRepository,
    EmbeddingsRepository,
    AudiencesRepository,
    SettingsRepository,
    IdempotencyRepository,
    RetentionRepository,
    SearchRepository,
    SpellingRepository,
    SpellingService,
    ModelUsageRepository,
  ],
})
export class MemoryModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(EMBEDDER) private readonly embedder: Embedder | null,
    private readonly probes: ProbeRegistry,
  ) {}

  onModuleInit(): void {
    this.probes.register(SEARCH_PROBE);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.embedder?.close();
  }
}
