import type { Environment } from './load-config.js';

/** The variables of this process, for those who pass them on with changes. */
export const environment = (): Environment => process.env;
