import { describe, expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { answerClientError } from './client-error.js';

/** What is written to the socket of a client whose bytes were refused for this reason. */
async function answerTo(code: string | undefined): Promise<string> {
  const socket = new PassThrough();
  answerClientError(Object.assign(new Error('Parse Error: secret'), code === undefined ? {} : { code }), socket);
  return (await socket.toArray()).join('');
}

describe('answerClientError', () => {
  it.each([
    [undefined, 400, 'bad_request'],
    ['HPE_INVALID_METHOD', 400, 'bad_request'],
    ['ERR_HTTP_REQUEST_TIMEOUT', 408, 'request_timeout'],
    ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 413, 'payload_too_large'],
    ['HPE_HEADER_OVERFLOW', 431, 'headers_too_large'],
  ])('answers %s as a problem with the status %d, and closes', async (code, status, expected) => {
    const [head = '', body = ''] = (await answerTo(code)).split('\r\n\r\n');
    const [line, ...headers] = head.split('\r\n');
    expect(line).toMatch(new RegExp(`^HTTP/1.1 ${String(status)} \\w`));
    const problem = JSON.parse(body) as { request_id: string };
    expect(problem).toMatchObject({ status, code: expected });
    expect(headers).toEqual(
      expect.arrayContaining([
        'content-type: application/problem+json',
        `content-length: ${String(Buffer.byteLength(body))}`,
        `x-request-id: ${problem.request_id}`,
        'connection: close',
        'x-content-type-options: nosniff',
      ]),
    );
    expect(body).not.toContain('secret');
  });

  it('says nothing to a client that is gone', () => {
    const reset = new PassThrough();
    answerClientError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }), reset);
    const ended = new PassThrough().end();
    answerClientError(new Error('late'), ended);
    for (const socket of [reset, ended])
      expect({ destroyed: socket.destroyed, said: socket.read() as unknown }).toEqual({ destroyed: true, said: null });
  });
});
