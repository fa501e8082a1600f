import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import formbody from '@fastify/formbody';
import fastify, { type FastifyInstance } from 'fastify';
import { guardInput } from './guard-input.js';
import type { Problem } from './problem.js';
import { sendProblem } from './problem.filter.js';

const FORM = 'application/x-www-form-urlencoded';

describe('guardInput', () => {
  let server: FastifyInstance;

  beforeAll(async () => {
    server = fastify({ bodyLimit: 1000 });
    server.setErrorHandler(sendProblem);
    await server.register(formbody);
    guardInput(server);
    const echo = ({ body = null, query, params }: { body?: unknown; query: unknown; params: unknown }): object => ({
      body,
      query,
      params,
    });
    server.post('/json', echo);
    server.post('/form', { config: { acceptsForm: true } }, echo);
    server.post('/large', { config: { bodyLimit: 5000 } }, echo);
    server.get('/items/:id', echo);
    await server.ready();
  });
  afterAll(() => server.close());

  async function answer(
    url: string,
    payload?: string,
    type = 'application/json',
  ): Promise<{ status: number; fields: string[] }> {
    const { statusCode, body } = await server.inject({
      method: payload === undefined ? 'GET' : 'POST',
      url,
      ...(payload === undefined ? {} : { payload, headers: { 'content-type': type } }),
    });
    const { errors = [] } = JSON.parse(body) as Partial<Problem>;
    return { status: statusCode, fields: errors.map(({ field }) => field) };
  }

  it('takes clean input as it is', async () => {
    expect(await answer('/json', '{"name":"María 😀","list":[1,{"a":null}]}')).toEqual({ status: 200, fields: [] });
    expect(await answer('/items/1?q=%C3%A9&x=%F0%9F%98%80&empty=&flag')).toEqual({ status: 200, fields: [] });
  });

  it('takes forms only where they are declared', async () => {
    expect(await answer('/form', 'a=1', FORM)).toEqual({ status: 200, fields: [] });
    for (const type of [FORM, `${FORM}; charset=utf-8`, FORM.toUpperCase()])
      expect((await answer('/json', 'a=1', type)).status).toBe(415);
  });

  it('takes larger bodies only where they are declared', async () => {
    const body = JSON.stringify({ text: 'a'.repeat(1000) });
    expect((await answer('/json', body)).status).toBe(413);
    expect((await answer('/large', body)).status).toBe(200);
    expect((await answer('/large', JSON.stringify({ text: 'a'.repeat(5000) }))).status).toBe(413);
  });

  it('takes no plain text', async () => {
    expect((await answer('/json', 'a', 'text/plain')).status).toBe(415);
  });

  it.each([
    ['NUL in a body', '/json', '{"a":{"b":"\\u0000"}}', ['a.b']],
    ['a lone surrogate in a body', '/json', '{"a":["\\ud800"]}', ['a[0]']],
    ['several faults', '/json', '{"a":"\\u0000","b":"\\udfff"}', ['a', 'b']],
    ['a body that is a text', '/json', '"\\u0000"', ['body']],
    ['endless nesting', '/json', `${'['.repeat(30)}${']'.repeat(30)}`, [expect.stringMatching(/^\[0\]/)]],
    ['NUL in a query', '/items/1?q=%00', undefined, ['q']],
    ['half an escape in a query', '/items/1?ok=1&q=%', undefined, ['q']],
    ['bytes that are no text in a query', '/items/1?q=%ff&r=%ED%A0%80', undefined, ['q', 'r']],
    ['a broken escape in the key of a query', '/items/1?%ff=1', undefined, ['query']],
    ['NUL in a path', '/items/a%00b', undefined, ['id']],
  ])('refuses %s and names it', async (_name, url, payload, fields) => {
    expect(await answer(url, payload)).toEqual({ status: 400, fields });
  });

  it('refuses a key of a query that reaches for the prototype', async () => {
    expect((await answer('/items/1?__proto__=1')).status).toBe(400);
    expect((await answer('/items/1?constructor=1')).status).toBe(400);
  });

  it('names at most so many faults', async () => {
    const query = Array.from({ length: 50 }, (_, index) => `k${String(index)}=%`).join('&');
    expect((await answer(`/items/1?${query}`)).fields).toHaveLength(20);
  });
});
