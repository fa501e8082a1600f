export { EarlierModel } from './earlier-model.service.js';
export { EmbeddingJobsService } from './embedding-jobs.service.js';
export { ReembeddingError, type ReembeddingErrorCode } from './reembedding.errors.js';
export { ReembeddingJobsService } from './reembedding-jobs.service.js';
export { ReembeddingService, type Reembedded, type Reporter } from './reembedding.service.js';
