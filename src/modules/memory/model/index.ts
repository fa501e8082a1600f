export { ModelUsageRepository } from './model-usage.repository.js';
export { ProposalService } from './proposal.service.js';
