import type { TestApp } from '../support/create-app.js';

/** An answer with everything that tests of HTTP itself look at. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** The members of problem+json that tests decide by. */
export interface ProblemBody {
  readonly status: number;
  readonly code: string;
  readonly request_id: string;
  readonly errors?: readonly { readonly field: string }[];
}

/** Asks as a browser or a program would. What these refuse to send goes by `sendRaw`. */
export async function ask({ url }: Pick<TestApp, 'url'>, path: string, init: RequestInit = {}): Promise<HttpAnswer> {
  const answer = await fetch(`${url}${path}`, init);
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

export const problemIn = (text: string): ProblemBody => JSON.parse(text) as ProblemBody;

/** The fields that a problem names, sorted. */
export const fieldsIn = (text: string): readonly string[] =>
  (problemIn(text).errors ?? []).map(({ field }) => field).sort();

/** An error in short, to be compared as a whole. */
export const refusalOf = ({ status, headers, text }: HttpAnswer): object => ({
  status,
  type: headers.get('content-type')?.split(';')[0],
  code: problemIn(text).code,
});

/** The same of what is expected. */
export const refusal = (status: number, code: string): object => ({ status, type: 'application/problem+json', code });
