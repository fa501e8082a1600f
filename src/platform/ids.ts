import { v7 } from 'uuid';

/** A new id, ordered by time (RFC 9562). Made here because PostgreSQL before 18 has no uuidv7(). */
export const uuidv7 = (): string => v7();
