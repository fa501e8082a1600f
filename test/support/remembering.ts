import type { Answer, Caller, HistoryBody, MemoryBody, PageOf } from './factories.js';

/** A memory as this person sees it. */
export const memoryOf = async (me: Caller, id: string): Promise<MemoryBody> =>
  (await me.get<MemoryBody>(`/memories/${id}`)).body;

export const undo = (me: Caller, id: string): Promise<Answer<MemoryBody>> =>
  me.post<MemoryBody>(`/memories/${id}/undo`);

/** What was done to a memory, newest first. */
export const stepsOf = async (me: Caller, id: string): Promise<string[]> =>
  (await me.get<HistoryBody>(`/memories/${id}/history`)).body.steps.map(({ step }) => step);

/** What a list of memories says, newest first. @param query what is asked for besides, `&status=all` */
export const contentsOf = async (me: Caller, query = ''): Promise<string[]> => {
  const { status, body } = await me.get<PageOf<MemoryBody>>(`/memories?limit=100${query}`);
  if (status !== 200) throw new Error(`a list was answered with ${String(status)} ${JSON.stringify(body)}`);
  return body.data.map(({ content }) => content);
};
