export { RequestHistory, type Minute } from './request-history.js';
export { statusLanguage, type StatusLanguage } from './status.language.js';
export { StatusModule } from './status.module.js';
export { StatusRegistry } from './status.registry.js';
export type { RowValue, SectionContent, SectionState, StatusRow, StatusSection } from './status.section.js';
