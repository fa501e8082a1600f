export type * from './facts.types.js';
export { compareObjects, type Likeness, objectKey } from './objects.js';
export {
  type Cardinality,
  type FactKind,
  type Predicate,
  PREDICATES,
  PROFILE_FIELDS,
  type ProfileField,
} from './predicates.js';
export {
  type Authority,
  type Change,
  type Decision,
  type Incoming,
  type Insert,
  type LiveFact,
  type Outcome,
  type Reason,
} from './decision.js';
export { resolve } from './resolve.js';
export { understand } from './understand.js';
