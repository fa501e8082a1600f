import { Injectable } from '@nestjs/common';
import { Logger, type Params } from 'nestjs-pino';
import type { Logger as PinoLogger } from 'pino';

/** Contexts in which Nest tells of every module and route at each start. */
const CHATTY = new Set<unknown>([
  'InstanceLoader',
  'RouterExplorer',
  'RoutesResolver',
  'NestFactory',
  'NestApplication',
]);

/** Nest's own logger over pino; what only tells how Nest starts is for debugging. */
@Injectable()
export class NestLogger extends Logger {
  override log(message: unknown, ...details: unknown[]): void {
    if (CHATTY.has(details.at(-1))) super.verbose(message, ...details);
    else super.log(message, ...details);
  }
}

/**
 * Settings of nestjs-pino for our logger. Without its middleware: `observeRequests` writes the line of a request. And
 * without its serializers, which would replace ours and write whole database errors, with the values they quote.
 */
export const nestLoggerParams = (logger: PinoLogger): Params => ({
  pinoHttp: { logger, autoLogging: false, wrapSerializers: false },
  forRoutes: [],
});
