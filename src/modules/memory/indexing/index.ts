export { EmbeddingJobsService } from './embedding-jobs.service.js';
export { ReembeddingError, type ReembeddingErrorCode } from './reembedding.errors.js';
export { ReembeddingService, type Reembedded, type Reporter } from './reembedding.service.js';
