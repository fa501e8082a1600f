import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { startApp, type TestApp } from '../support/create-app.js';
import { as, newFamily, newFirstAdmin, type Caller } from '../support/factories.js';

let server: TestApp;
let me: Caller;

beforeAll(async () => {
  server = await startApp({ env: { REGISTRATION: 'open' } });
  await newFirstAdmin(server);
  me = as(server, (await newFamily(server)).parent);
});
afterAll(() => server.close());

/** What a request asks of the database, its transaction included. */
async function statements(body: object): Promise<string[]> {
  const dataSource = server.app.get(DataSource);
  const { logger } = dataSource;
  const asked: string[] = [];
  dataSource.logger = Object.assign(Object.create(logger) as typeof logger, {
    logQuery: (query: string) => asked.push(query),
  });
  try {
    expect((await me.post('/memories', body)).status).toBe(201);
    return asked;
  } finally {
    dataSource.logger = logger;
  }
}

// Each one is a round trip that everybody waits for who remembers something.
it.each([
  ['a note', { content: 'The spare key is red' }, 17],
  ['a value', { content: 'I live in Oslo' }, 18],
  ['a value that another gives way to', { content: 'I live in Rome' }, 20],
  ['something for the family', { content: 'The bin goes out on Tuesdays', visibility: 'family' }, 17],
])('remembering %s takes no more statements than it has to', async (_what, body, most) => {
  expect((await statements(body)).length).toBeLessThanOrEqual(most);
});
