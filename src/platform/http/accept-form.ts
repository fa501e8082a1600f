import { RouteConfig } from '@nestjs/platform-fastify';

/** Lets a route take `application/x-www-form-urlencoded` beside JSON; everywhere else a form is refused with 415. */
export const AcceptForm = (): MethodDecorator & ClassDecorator => RouteConfig({ acceptsForm: true });
