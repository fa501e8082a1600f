/** The second wall around memories: which rows of which table can be seen and written. Part of the memory migration. */

const OF_SCOPE = `(scope_id = ANY ((SELECT app.visible_scopes())::uuid[])
  OR (family_id = app.family_id() AND (SELECT app.is_worker())))`;
// Without a family's id, for there are many of these rows. Whatever is left of a scope that has ended goes with its documents.
const OF_DOCUMENT = 'scope_id = ANY ((SELECT app.visible_scopes())::uuid[])';
const OF_FAMILY = 'family_id = app.family_id() AND (app.member_id() IS NOT NULL OR app.is_worker())';
const IS_WORKER = '(SELECT app.is_worker())';
const OWN = `family_id = app.family_id() AND (owner_id = ANY ((SELECT app.wards())::uuid[]) OR ${IS_WORKER})`;

/** A row stays in its family and goes nowhere where its writer could not see it. */
const HERE = `family_id = app.family_id() AND ${OF_SCOPE}`;
/** What an owner has is shown to nobody, to all, or to an audience of that owner's. */
const FITS_OWNER = (table: string): string =>
  `(scope_id = family_id OR scope_id = owner_id
    OR EXISTS (SELECT FROM audiences a WHERE a.id = ${table}.scope_id AND a.owner_id = ${table}.owner_id))`;
const OF_MEMORY = `EXISTS (SELECT FROM memories m WHERE m.id = memory_steps.memory_id AND m.scope_id = memory_steps.scope_id)`;
const OF_CONVERSATION = `EXISTS (SELECT FROM conversations c WHERE c.id = turns.conversation_id AND c.scope_id = turns.scope_id)`;
const OF_ITEM = `CASE type
  WHEN 'turn' THEN EXISTS (SELECT FROM turns t WHERE t.id = documents.item_id AND t.scope_id = documents.scope_id)
  ELSE EXISTS (SELECT FROM memories m WHERE m.id = documents.item_id AND m.scope_id = documents.scope_id) END`;
const OF_DOCUMENTS_SCOPE = `EXISTS (SELECT FROM documents d WHERE d.id = embeddings.document_id AND d.scope_id = embeddings.scope_id)`;
const BY_ME = (column: string): string => `(${column} = app.member_id() OR ${IS_WORKER})`;

interface Rule {
  readonly table: string;
  readonly visible: string;
  /** Condition on rows that are inserted; and, unless given by themselves, on those that are changed or erased. */
  readonly insert: string;
  readonly update?: string;
  readonly erase?: string;
  /** Columns that may change; the others are written once. All, where it is not said; none, where it is empty. */
  readonly changing?: string;
}

/** Under which conditions rows can be seen and written. */
const RULES: readonly Rule[] = [
  {
    table: 'memory_settings',
    visible: OF_FAMILY,
    insert: `family_id = app.family_id() AND app.family_role() = 'parent'`,
  },
  { table: 'memory_states', visible: 'family_id = app.family_id()', insert: 'family_id = app.family_id()' },
  {
    table: 'audiences',
    visible: `family_id = app.family_id() AND (app.is_worker() OR owner_id = app.member_id() OR app.member_id() = ANY (member_ids)
      OR (app.family_role() = 'parent' AND EXISTS (SELECT FROM members m WHERE m.id = owner_id AND m.role = 'child')))`,
    insert: `${OWN} AND member_ids <@ ARRAY(SELECT m.id FROM members m WHERE m.family_id = app.family_id())`,
    erase: OWN,
    changing: 'owner_id',
  },
  {
    table: 'conversations',
    visible: OF_SCOPE,
    insert: `${HERE} AND ${OWN} AND ${FITS_OWNER('conversations')}`,
    // Whoever sees it may speak in it, which moves its numbering on; for the rest see app.guard_conversation().
    update: `${HERE} AND ${FITS_OWNER('conversations')}`,
    erase: OWN,
    changing: 'scope_id, title, extract, turn_count, session_number, last_document, last_turn_at, updated_at',
  },
  {
    table: 'turns',
    visible: OF_SCOPE,
    insert: `${HERE} AND ${BY_ME('author_id')} AND ${OF_CONVERSATION}`,
    update: `${HERE} AND ${OF_CONVERSATION}`,
    erase: `${HERE} AND EXISTS (SELECT FROM conversations c WHERE c.id = turns.conversation_id
      AND (c.owner_id = ANY ((SELECT app.wards())::uuid[]) OR ${IS_WORKER}))`,
    changing: 'scope_id',
  },
  {
    table: 'memories',
    visible: OF_SCOPE,
    // What others say changes how a memory stands, not what it says: see app.guard_memory().
    insert: `${HERE} AND ${FITS_OWNER('memories')}
      AND (version > 1 OR (${BY_ME('author_id')} AND (owner_id = ANY ((SELECT app.wards())::uuid[]) OR ${IS_WORKER})))`,
    update: `${HERE} AND ${FITS_OWNER('memories')}`,
    erase: OWN,
    changing: 'scope_id, recorded, superseded_by',
  },
  {
    table: 'memory_steps',
    visible: OF_SCOPE,
    insert: `${HERE} AND ${BY_ME('actor_id')} AND ${OF_MEMORY}`,
    update: `${HERE} AND ${OF_MEMORY}`,
    erase: `${HERE} AND EXISTS (SELECT FROM memories m WHERE m.id = memory_steps.memory_id
      AND (m.owner_id = ANY ((SELECT app.wards())::uuid[]) OR ${IS_WORKER}))`,
    changing: 'scope_id, undone_by',
  },
  { table: 'memory_usage', visible: OWN, insert: OWN },
  {
    table: 'idempotency_keys',
    visible: 'family_id = app.family_id() AND (member_id = app.member_id() OR app.is_worker())',
    insert: 'family_id = app.family_id() AND (member_id = app.member_id() OR app.is_worker())',
    changing: '',
  },
  {
    table: 'documents',
    visible: OF_SCOPE,
    insert: `${HERE} AND ${OF_ITEM}`,
    erase: `${HERE} AND (${IS_WORKER}
      OR EXISTS (SELECT FROM memories m WHERE m.id = documents.item_id AND m.owner_id = ANY ((SELECT app.wards())::uuid[]))
      OR EXISTS (SELECT FROM conversations c WHERE c.id = documents.conversation_id AND c.owner_id = ANY ((SELECT app.wards())::uuid[])))`,
    changing: 'scope_id, is_live, is_pending, importance, confidence',
  },
  // These are erased with their documents, which asks for no policy.
  { table: 'postings', visible: OF_DOCUMENT, insert: OF_DOCUMENT, erase: IS_WORKER, changing: 'scope_id' },
  {
    table: 'embedding_models',
    visible: 'true',
    insert: '(app.is_identity() OR app.is_worker())',
  },
  {
    table: 'embeddings',
    // A background job computes the vectors of those who have left, too, until they are erased.
    visible: `${OF_DOCUMENT} OR (${IS_WORKER} AND ${OF_DOCUMENTS_SCOPE})`,
    insert: `${IS_WORKER} AND ${OF_DOCUMENTS_SCOPE}`,
    update: OF_DOCUMENTS_SCOPE,
    erase: IS_WORKER,
    changing: 'scope_id, vector',
  },
];

export const POLICIES = RULES.flatMap(({ table, visible, insert, update = insert, erase = update }) => [
  `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
  `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
  `CREATE POLICY ${table}_visible ON ${table} FOR SELECT USING (${visible})`,
  `CREATE POLICY ${table}_insert ON ${table} FOR INSERT WITH CHECK (${insert})`,
  // Which rows can be changed follows from what is seen; what may become of them is checked.
  `CREATE POLICY ${table}_update ON ${table} FOR UPDATE USING (${visible}) WITH CHECK (${update})`,
  `CREATE POLICY ${table}_delete ON ${table} FOR DELETE USING (${erase})`,
]);

export const GUARDS = [
  // What no policy can say, for it sees one row: only who acts for the owner moves a memory or says something else in it.
  `CREATE FUNCTION app.guard_memory() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF app.is_worker() OR NEW.owner_id = ANY (app.wards()) THEN RETURN NEW; END IF;
      IF TG_OP = 'INSERT' AND EXISTS (SELECT FROM public.memories m
        WHERE m.id = NEW.id AND m.version = NEW.version - 1 AND m.scope_id = NEW.scope_id AND m.owner_id = NEW.owner_id
          AND m.author_id = NEW.author_id AND m.subject_id IS NOT DISTINCT FROM NEW.subject_id AND m.kind = NEW.kind
          AND m.content = NEW.content AND m.predicate IS NOT DISTINCT FROM NEW.predicate
          AND m.object IS NOT DISTINCT FROM NEW.object AND m.tags = NEW.tags AND m.metadata = NEW.metadata) THEN
        RETURN NEW;
      END IF;
      RAISE insufficient_privilege USING MESSAGE = 'this memory is its owner''s to change';
    END $$`,
  `CREATE TRIGGER memories_version BEFORE INSERT ON memories
    FOR EACH ROW WHEN (NEW.version > 1) EXECUTE FUNCTION app.guard_memory()`,
  `CREATE TRIGGER memories_move BEFORE UPDATE OF scope_id ON memories
    FOR EACH ROW WHEN (OLD.scope_id <> NEW.scope_id) EXECUTE FUNCTION app.guard_memory()`,
  `CREATE FUNCTION app.guard_conversation() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF app.is_worker() OR NEW.owner_id = ANY (app.wards()) THEN RETURN NEW; END IF;
      RAISE insufficient_privilege USING MESSAGE = 'this conversation is its owner''s to change';
    END $$`,
  `CREATE TRIGGER conversations_change BEFORE UPDATE OF scope_id, title, extract ON conversations
    FOR EACH ROW WHEN (OLD.scope_id <> NEW.scope_id OR OLD.title IS DISTINCT FROM NEW.title OR OLD.extract IS DISTINCT FROM NEW.extract)
    EXECUTE FUNCTION app.guard_conversation()`,
];

export const TABLE_GRANTS = RULES.flatMap(({ table, changing }) => [
  `GRANT SELECT, INSERT, DELETE ON ${table} TO family_assistant_app`,
  ...(changing === '' ? [] : [`GRANT UPDATE ${changing ? `(${changing})` : ''} ON ${table} TO family_assistant_app`]),
]);
