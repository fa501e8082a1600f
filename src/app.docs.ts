import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { onSendHookHandler } from 'fastify';
import { VERSION } from './platform/config/index.js';
import { completeDocument, DOCS_CSP } from './platform/http/index.js';
import { ACCESS_COOKIE, API_KEY_HEADER } from './platform/security/index.js';

const DESCRIPTION = `The identity and long-term memory of a household.

**Sign in here**: make the first account by *POST /auth/register*, then press **Authorize**, give email and password, and try the rest.

Every error is \`application/problem+json\` (RFC 9457); programs decide by \`code\`. Lists have \`limit\` and \`cursor\`.`;

/** The OpenAPI 3.1 document of the routes. */
export function createDocument(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Family Assistant')
    .setDescription(DESCRIPTION)
    .setVersion(VERSION)
    .addServer('/', 'This server')
    .addOAuth2(
      {
        type: 'oauth2',
        flows: { password: { tokenUrl: '/api/v1/auth/token', refreshUrl: '/api/v1/auth/token', scopes: {} } },
      },
      'bearer',
    )
    .addCookieAuth(ACCESS_COOKIE)
    .addApiKey(
      { type: 'apiKey', in: 'header', name: API_KEY_HEADER, description: 'For programs; see *POST /api-keys*' },
      'api-key',
    )
    .addTag('auth', 'Registration, sign-in, sessions')
    .addTag('api-keys', 'Keys for programs')
    .addTag('users', 'Accounts and profiles')
    .addTag('roles', 'Roles and rights')
    .addTag('family', 'Family, members, invitations')
    .addTag('memory', 'What the family remembers: memories, conversations, search')
    .addTag('audit', 'Who did what, and who saw whose data')
    .addTag('privacy', 'A copy of your data, and its end')
    .addTag('backups', 'Backups of the whole server, for operators')
    .addTag('alerts', 'What is wrong with the server, and who is told, for operators')
    .addTag('health', 'Probes')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
  });
  return completeDocument(document);
}

/** The document as the file `test/contract/openapi.json` has it. */
export const renderDocument = (app: NestFastifyApplication): string =>
  `${JSON.stringify(createDocument(app), null, 2)}\n`;

/** Swagger's page comes without its charset. */
const nameCharset: onSendHookHandler = (_request, reply, payload, done) => {
  if (reply.getHeader('content-type') === 'text/html') reply.header('content-type', 'text/html; charset=utf-8');
  done(null, payload);
};

/** Serves Swagger UI at `/docs` and the document at `/docs-json`. */
export function setUpDocs(app: NestFastifyApplication): void {
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', (request, reply, done) => {
      if (request.url.startsWith('/docs')) reply.header('content-security-policy', DOCS_CSP);
      done();
    })
    .addHook('onRoute', (route) => {
      if (route.url.startsWith('/docs')) route.onSend = nameCharset;
    });
  SwaggerModule.setup('docs', app, () => createDocument(app), {
    jsonDocumentUrl: 'docs-json',
    customSiteTitle: 'Family Assistant API',
    swaggerOptions: { persistAuthorization: false, tryItOutEnabled: true },
  });
}
