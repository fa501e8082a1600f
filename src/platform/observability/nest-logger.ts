import { Injectable } from '@nestjs/common';
import { Logger } from 'nestjs-pino';

/** Contexts in which Nest tells of every module and route at each start. */
const CHATTY = new Set<unknown>(['InstanceLoader', 'RouterExplorer', 'RoutesResolver', 'NestFactory', 'NestApplication']);

/** Nest's own logger over pino; what only tells how Nest starts is for debugging. */
@Injectable()
export class NestLogger extends Logger {
  override log(message: unknown, ...details: unknown[]): void {
    if (CHATTY.has(details.at(-1))) super.verbose(message, ...details);
    else super.log(message, ...details);
  }
}
