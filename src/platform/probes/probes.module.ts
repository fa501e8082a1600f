import { Global, Module } from '@nestjs/common';
import { ProbeRegistry } from './probe-registry.js';

/** Where modules say what has to be the same after a restore. What asks them is the feature `modules/backup`. */
@Global()
@Module({ providers: [ProbeRegistry], exports: [ProbeRegistry] })
export class ProbesModule {}
