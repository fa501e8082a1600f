import { Global, Module } from '@nestjs/common';
import { PoolSection } from './pool.section.js';
import { RequestHistory } from './request-history.js';
import { StatusController } from './status.controller.js';
import { StatusRegistry } from './status.registry.js';
import { StatusService } from './status.service.js';

/** The status page. */
@Global()
@Module({
  controllers: [StatusController],
  providers: [PoolSection, RequestHistory, StatusRegistry, StatusService],
  exports: [RequestHistory, StatusRegistry],
})
export class StatusModule {}
