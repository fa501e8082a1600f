/** Bounds of what one request may hold; docs/API.md lists them. */
export const CONTENT_LENGTH = 10_000;
export const BATCH_SIZE = 500;
export const TAGS = 20;
export const AUDIENCE_SIZE = 100;
export const METADATA = { maxBytes: 8192, maxDepth: 5, maxKeys: 100 } as const;
/** Memories of one member. */
export const MEMORIES_PER_MEMBER = 200_000;
/** Longest query, in characters. */
export const QUERY_LENGTH = 1000;
