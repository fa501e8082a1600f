export type { Probe, ProbeQuery } from './probe.js';
export { ProbeRegistry } from './probe-registry.js';
export { ProbesModule } from './probes.module.js';
export type { Ending } from './ending.js';
