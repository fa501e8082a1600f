import { RouteConfig } from '@nestjs/platform-fastify';

/** Largest body of a route that takes many things at once: 8 MiB, or `BODY_LIMIT` where that is more. */
export const LARGE_BODY = 8 * 1024 * 1024;

/** Lets a route take bodies beyond `BODY_LIMIT`; everywhere else they are refused with 413. */
export const AcceptLargeBody = (): MethodDecorator & ClassDecorator => RouteConfig({ bodyLimit: LARGE_BODY });
