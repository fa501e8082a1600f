import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, Post, type INestApplication } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { ProblemFilter } from '../../src/platform/http/index.js';
import {
  PERMISSIONS,
  Public,
  RequirePermission,
  RouteAccess,
  type AppRequest,
  type Principal,
} from '../../src/platform/security/index.js';
import { PermissionGuard } from '../../src/platform/security/permission.guard.js';
import { startApp, type TestApp } from '../support/create-app.js';
import { operationsOf } from './operations.js';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

/** What anybody may call, signed in or not. A new line here is a decision, to be seen by whoever reviews it. */
const OPEN_HANDLERS = [
  'AuthController.login',
  'AuthController.refresh',
  'AuthController.register',
  'AuthController.token',
  'DevicesController.enrol',
  'DevicesController.unlock',
  'EmailController.confirm',
  'ErasureController.receipt',
  'HealthController.live',
  'HealthController.overall',
  'HealthController.pool',
  'HealthController.ready',
  'JoinController.page',
  'LinkController.email',
  'LinkController.password',
  'MetricsController.read',
  'ProvidersController.callback',
  'ProvidersController.list',
  'ProvidersController.login',
  'RecoveryController.forgot',
  'RecoveryController.reset',
  'StatusController.page',
  'TelegramController.signIn',
];

/** Handlers without a place in the OpenAPI document, because they are for browsers or machines of operators. */
const UNDOCUMENTED = [
  'JoinController.page',
  'LinkController.email',
  'LinkController.password',
  'MetricsController.read',
  'StatusController.page',
];

describe('every route', () => {
  let server: TestApp;

  beforeAll(async () => {
    server = await startApp();
  });
  afterAll(() => server.close());

  it('has a rule', () => {
    const routes = server.app.get(RouteAccess).list();
    expect(routes.filter(({ rule }) => rule === undefined)).toEqual([]);
    expect(routes.length).toBeGreaterThan(40);
  });

  it('that is not public asks for at least one right that exists', () => {
    const closed = server.app
      .get(RouteAccess)
      .list()
      .filter(({ rule }) => rule?.mode !== 'public');
    for (const { handler, rule } of closed) {
      expect({ handler, count: rule?.permissions.length }).not.toEqual({ handler, count: 0 });
      expect(PERMISSIONS).toEqual(expect.arrayContaining([...(rule?.permissions ?? [])]));
    }
  });

  it('that is public is known to be', () => {
    const open = server.app
      .get(RouteAccess)
      .list()
      .filter(({ rule }) => rule?.mode === 'public');
    expect([...new Set(open.map(({ handler }) => handler))].sort()).toEqual(OPEN_HANDLERS);
  });

  it('stands in the OpenAPI document with the rule that is enforced', () => {
    const documented = new Map(operationsOf(server).map(({ id, access }) => [id.replace(/_\d+$/, ''), access]));
    for (const { handler, rule } of server.app.get(RouteAccess).list()) {
      if (UNDOCUMENTED.includes(handler)) continue;
      const id = handler.replace('Controller.', '_');
      const expected = rule?.mode === 'public' ? { public: true } : { [rule?.mode ?? '']: rule?.permissions };
      expect({ id, access: documented.get(id) }).toEqual({ id, access: expected });
    }
  });
});

@Controller('careless')
class CarelessController {
  @Get('fine')
  @Public()
  fine(): string {
    return 'fine';
  }

  @Post('forgotten')
  forgotten(): string {
    return 'open to the world';
  }
}

@Controller('careful')
@RequirePermission('account:read')
class CarefulController {
  @Get()
  inherited(): string {
    return 'covered by its class';
  }

  @Get('open')
  @Public()
  open(): string {
    return 'open on purpose';
  }
}

describe('a handler without a rule', () => {
  let app: INestApplication | undefined;
  afterEach(() => app?.close());

  async function build(controllers: (new () => object)[], providers: object[]): Promise<NestFastifyApplication> {
    const module = await Test.createTestingModule({
      imports: [DiscoveryModule],
      controllers,
      providers: providers as never[],
    }).compile();
    const built = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    app = built;
    return built;
  }

  it('stops the start, and is named', async () => {
    const built = await build([CarelessController], [RouteAccess]);
    await expect(built.init()).rejects.toThrow('CarelessController.forgotten');
  });

  it('does not stop it when its class has the rule', async () => {
    const built = await build([CarefulController], [RouteAccess]);
    await built.init();
    expect(
      built
        .get(RouteAccess)
        .list()
        .map(({ handler, rule }) => [handler, rule?.mode]),
    ).toEqual([
      ['CarefulController.inherited', 'all'],
      ['CarefulController.open', 'public'],
    ]);
  });

  it('is refused by the guard even if the start had not been', async () => {
    const built = await build(
      [CarelessController, CarefulController],
      [{ provide: APP_GUARD, useClass: PermissionGuard }],
    );
    built.useGlobalFilters(new ProblemFilter());
    const everything = { permissions: new Set(PERMISSIONS) } as unknown as Principal;
    built
      .getHttpAdapter()
      .getInstance()
      .addHook('onRequest', (request: AppRequest, _reply, done) => {
        request.principal = everything;
        done();
      });
    await built.init();
    await built.getHttpAdapter().getInstance().ready();
    const refused = await built.inject({ method: 'POST', url: '/careless/forgotten' });
    expect(refused.statusCode).toBe(403);
    expect(refused.json<{ code: string }>().code).toBe('insufficient_permissions');
    for (const url of ['/careless/fine', '/careful', '/careful/open']) {
      expect((await built.inject({ method: 'GET', url })).statusCode).toBe(200);
    }
  });
});
