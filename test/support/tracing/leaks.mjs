/**
 * For `node --import`, after the preload of tracing: at SIGUSR2 everything fails that the instrumentations record, with
 * secrets in each place where they look, and then says `leaks are done` on standard error.
 */
import { request } from 'node:http';
import { createRequire } from 'node:module';
import { SpanStatusCode, trace } from '@opentelemetry/api';

const require = createRequire(import.meta.url);
const secret = (name) => `planted-${name}-Zq71`;
const { LEAK_URL, LEAK_DATABASE_URL, LEAK_REDIS_URL } = process.env;

const ignore = () => undefined;
const { port } = new URL(LEAK_URL);
/** The path of Telegram's API, which holds the token of the bot. */
const address = (base) => `${base}/bot7000000001:${secret('bot-token')}/sendMessage?text=${secret('query')}`;

async function leak() {
  await fetch(address(LEAK_URL), { headers: { 'user-agent': secret('agent'), authorization: secret('header') } });
  // Nobody listens there; the error names the address.
  await fetch(address('http://127.0.0.1:1')).catch(ignore);
  await new Promise((resolve) => {
    const options = { port, path: `/${secret('path')}?token=${secret('query')}`, auth: `user:${secret('password')}` };
    request(options, (answer) => answer.resume().on('end', resolve))
      .on('error', resolve)
      .end();
  });
  if (LEAK_DATABASE_URL) {
    const pg = require('pg');
    const client = new pg.Client(LEAK_DATABASE_URL);
    await client.connect();
    // The messages of these quote the value; the third has it in the statement.
    await client.query('SELECT $1::int', [secret('parameter')]).catch(ignore);
    await client.query('SELECT $1::uuid', [secret('mail@example.org')]).catch(ignore);
    await client.query(`SELECT '${secret('literal')}'::int -- ${secret('comment')}`).catch(ignore);
    await client.end();
  }
  if (LEAK_REDIS_URL) {
    const { Redis } = require('ioredis');
    const redis = new Redis(LEAK_REDIS_URL);
    await redis.set(secret('key'), secret('value'));
    await redis.incr(secret('key')).catch(ignore);
    await redis.del(secret('key'));
    redis.disconnect();
  }
}

process.on('SIGUSR2', () => {
  const tracer = trace.getTracer('somebody-else');
  tracer.startActiveSpan('leaks', async (span) => {
    span.setAttribute('http.request.header.cookie', secret('cookie'));
    span.setAttribute('enduser.id', secret('person'));
    span.addEvent(secret('event'), { text: secret('event-text') });
    span.recordException(new Error(secret('exception')));
    span.setStatus({ code: SpanStatusCode.ERROR, message: secret('status') });
    await leak().finally(() => span.end());
    process.stderr.write('leaks are done\n');
  });
});
