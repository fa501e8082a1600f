-- search-live-lexical
WITH viewer AS MATERIALIZED (SELECT app.visible_scopes() AS scopes),
  dead AS MATERIALIZED (SELECT d.id FROM documents d WHERE d.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[]) AND NOT d.is_live),
  docs AS NOT MATERIALIZED (SELECT d.id, d.length FROM documents d WHERE d.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[]) AND d.is_live),
  -- A sitting is counted by its first text; where that is gone, the count is a little low, which hardly matters.
  scope AS MATERIALIZED (
    SELECT count(*)::float8 AS n, greatest(avg(length), 1)::float8 AS mean_length,
      greatest(count(*) FILTER (WHERE id & 65535 = 0), 1)::float8 AS sittings,
      greatest(sum(length)::float8 / greatest(count(*) FILTER (WHERE id & 65535 = 0), 1), 1) AS mean_sitting
    FROM docs),
  hits AS MATERIALIZED (
    SELECT p.term, p.document_id AS id, p.frequency::float8 AS f, p.length::float8 AS length
    FROM postings p WHERE p.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[]) AND p.term = ANY ($1::text[]) AND p.document_id NOT IN (SELECT id FROM dead)),
  spread AS MATERIALIZED (SELECT id >> 16 AS sitting, term, sum(f) AS f, count(*) AS documents FROM hits GROUP BY 1, 2),
  worth AS MATERIALIZED (
    SELECT x.term, ln(1 + (n - df + 0.5::float8) / (df + 0.5::float8)) AS idf, ln(1 + (greatest(sittings, sdf) - sdf + 0.5::float8) / (sdf + 0.5::float8)) AS sitting_idf, mean_length, mean_sitting
    FROM (SELECT term, sum(documents)::float8 AS df, count(*) AS sdf FROM spread GROUP BY term) x CROSS JOIN scope),
  bm AS MATERIALIZED (
    SELECT h.id, sum(idf * f * 1.9::float8 / (f + 0.9::float8 * (0.6::float8 + 0.4::float8 * h.length / mean_length))) AS s
    FROM hits h JOIN worth USING (term) GROUP BY h.id),
  arms AS MATERIALIZED (
    (SELECT id FROM bm ORDER BY s DESC, id LIMIT 150) 
    UNION (SELECT id FROM docs WHERE $2::boolean ORDER BY id DESC LIMIT 150)
    UNION (SELECT d.id FROM documents d
      WHERE d.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[]) AND d.id NOT IN (SELECT id FROM dead) AND $3::tstzrange IS NOT NULL AND d.occurred_at <@ $3
      ORDER BY d.id LIMIT 150)),
  places AS MATERIALIZED (
    SELECT d.* FROM documents d WHERE d.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[]) AND d.id NOT IN (SELECT id FROM dead) AND d.id = ANY (ARRAY(
      SELECT id + d FROM arms CROSS JOIN generate_series(-2, 2) AS d
      WHERE (id + d) >> 16 = id >> 16 GROUP BY 1))),
  talks AS MATERIALIZED (SELECT DISTINCT id >> 16 AS sitting FROM places WHERE type = 'turn'),
  said AS MATERIALIZED (
    SELECT d.id, d.length FROM talks CROSS JOIN LATERAL (SELECT d.id, d.length FROM documents d
      WHERE d.id >= sitting << 16 AND d.id < (sitting + 1) << 16 AND d.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[]) AND d.id NOT IN (SELECT id FROM dead) OFFSET 0) d),
  sittings AS MATERIALIZED (SELECT id >> 16 AS sitting, sum(length)::float8 AS length FROM said GROUP BY 1),
  session AS MATERIALIZED (
    SELECT x.sitting, sum(sitting_idf * f * 2.2::float8 / (f + 1.2::float8 * (0.25::float8 + 0.75::float8 * sittings.length / mean_sitting))) AS s
    FROM spread x JOIN worth USING (term) JOIN sittings USING (sitting) GROUP BY x.sitting),
  near AS MATERIALIZED (
    SELECT c.id, c.other, c.weight, o.length
    FROM (SELECT id, id + distance AS other, weight FROM places
      CROSS JOIN unnest(ARRAY[-4,-3,-2,-1,0,1,2,3,4], ARRAY[0.2401,0.3430,0.4900,0.7000,1.0000,0.7000,0.4900,0.3430,0.2401]::float8[]) AS w(distance, weight)
      WHERE type = 'turn') c
    JOIN said o ON o.id = c.other),
  around AS MATERIALIZED (
    SELECT x.id, sum(idf * f * 1.9::float8 / (f + 0.9::float8 * (0.6::float8 + 0.4::float8 * y.length / (mean_length * 4.546199999999999::float8)))) AS s
    FROM (SELECT n.id, h.term, sum(n.weight * h.f) AS f FROM near n JOIN hits h ON h.id = n.other GROUP BY 1, 2) x
    JOIN worth USING (term)
    JOIN (SELECT id, sum(weight * length) AS length FROM near GROUP BY id) y USING (id) GROUP BY x.id)
SELECT c.id::float8 AS id, c.item_id AS "itemId", c.type, c.person_id AS "personId", c.speaker, c.length,
  c.has_question AS "hasQuestion", c.after_question AS "afterQuestion", c.says_time AS "saysTime", c.says_number AS "saysNumber",
  c.importance, c.confidence, extract(epoch FROM c.occurred_at)::float8 AS "occurredAt",
  coalesce(bm.s, 0) AS bm25, coalesce(around.s, 0) AS "window", coalesce(session.s, 0) AS session,
  coalesce(before.s, 0) AS "previousBm25", NULL::float8 AS cosine, NULL::float8 AS "nextCosine", NULL::float8 AS "previousCosine",
    NULL::float8 AS "sessionCosine", NULL::float8 AS mean, NULL::float8 AS deviation
FROM places c
LEFT JOIN bm ON bm.id = c.id LEFT JOIN around ON around.id = c.id LEFT JOIN session ON session.sitting = c.id >> 16
LEFT JOIN bm before ON before.id = c.id - 1;

-- search-live-dense
WITH viewer AS MATERIALIZED (SELECT app.visible_scopes() AS scopes),
  dead AS MATERIALIZED (SELECT d.id FROM documents d WHERE d.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[]) AND NOT d.is_live),
  docs AS NOT MATERIALIZED (SELECT d.id, d.length FROM documents d WHERE d.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[]) AND d.is_live),
  -- A sitting is counted by its first text; where that is gone, the count is a little low, which hardly matters.
  scope AS MATERIALIZED (
    SELECT count(*)::float8 AS n, greatest(avg(length), 1)::float8 AS mean_length,
      greatest(count(*) FILTER (WHERE id & 65535 = 0), 1)::float8 AS sittings,
      greatest(sum(length)::float8 / greatest(count(*) FILTER (WHERE id & 65535 = 0), 1), 1) AS mean_sitting
    FROM docs),
  hits AS MATERIALIZED (
    SELECT p.term, p.document_id AS id, p.frequency::float8 AS f, p.length::float8 AS length
    FROM postings p WHERE p.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[]) AND p.term = ANY ($1::text[]) AND p.document_id NOT IN (SELECT id FROM dead)),
  spread AS MATERIALIZED (SELECT id >> 16 AS sitting, term, sum(f) AS f, count(*) AS documents FROM hits GROUP BY 1, 2),
  worth AS MATERIALIZED (
    SELECT x.term, ln(1 + (n - df + 0.5::float8) / (df + 0.5::float8)) AS idf, ln(1 + (greatest(sittings, sdf) - sdf + 0.5::float8) / (sdf + 0.5::float8)) AS sitting_idf, mean_length, mean_sitting
    FROM (SELECT term, sum(documents)::float8 AS df, count(*) AS sdf FROM spread GROUP BY term) x CROSS JOIN scope),
  bm AS MATERIALIZED (
    SELECT h.id, sum(idf * f * 1.9::float8 / (f + 0.9::float8 * (0.6::float8 + 0.4::float8 * h.length / mean_length))) AS s
    FROM hits h JOIN worth USING (term) GROUP BY h.id),
  sims AS MATERIALIZED (
    SELECT e.document_id AS id, -(e.vector <#> $3::halfvec) AS s
    FROM embeddings e WHERE e.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[]) AND e.model_id = $4::int AND e.document_id NOT IN (SELECT id FROM dead)),
  scale AS MATERIALIZED (SELECT avg(s) AS mean, coalesce(stddev_pop(s), 0) AS deviation FROM sims),
  arms AS MATERIALIZED (
    (SELECT id FROM bm ORDER BY s DESC, id LIMIT 150) UNION (SELECT id FROM sims ORDER BY s DESC LIMIT 150)
    UNION (SELECT id FROM docs WHERE $2::boolean ORDER BY id DESC LIMIT 150)
    UNION (SELECT d.id FROM documents d
      WHERE d.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[]) AND d.id NOT IN (SELECT id FROM dead) AND $5::tstzrange IS NOT NULL AND d.occurred_at <@ $5
      ORDER BY d.id LIMIT 150)),
  places AS MATERIALIZED (
    SELECT d.* FROM documents d WHERE d.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[]) AND d.id NOT IN (SELECT id FROM dead) AND d.id = ANY (ARRAY(
      SELECT id + d FROM arms CROSS JOIN generate_series(-2, 2) AS d
      WHERE (id + d) >> 16 = id >> 16 GROUP BY 1))),
  talks AS MATERIALIZED (SELECT DISTINCT id >> 16 AS sitting FROM places WHERE type = 'turn'),
  said AS MATERIALIZED (
    SELECT d.id, d.length FROM talks CROSS JOIN LATERAL (SELECT d.id, d.length FROM documents d
      WHERE d.id >= sitting << 16 AND d.id < (sitting + 1) << 16 AND d.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[]) AND d.id NOT IN (SELECT id FROM dead) OFFSET 0) d),
  sittings AS MATERIALIZED (SELECT id >> 16 AS sitting, sum(length)::float8 AS length FROM said GROUP BY 1),
  session AS MATERIALIZED (
    SELECT x.sitting, sum(sitting_idf * f * 2.2::float8 / (f + 1.2::float8 * (0.25::float8 + 0.75::float8 * sittings.length / mean_sitting))) AS s
    FROM spread x JOIN worth USING (term) JOIN sittings USING (sitting) GROUP BY x.sitting),
  near AS MATERIALIZED (
    SELECT c.id, c.other, c.weight, o.length
    FROM (SELECT id, id + distance AS other, weight FROM places
      CROSS JOIN unnest(ARRAY[-4,-3,-2,-1,0,1,2,3,4], ARRAY[0.2401,0.3430,0.4900,0.7000,1.0000,0.7000,0.4900,0.3430,0.2401]::float8[]) AS w(distance, weight)
      WHERE type = 'turn') c
    JOIN said o ON o.id = c.other),
  around AS MATERIALIZED (
    SELECT x.id, sum(idf * f * 1.9::float8 / (f + 0.9::float8 * (0.6::float8 + 0.4::float8 * y.length / (mean_length * 4.546199999999999::float8)))) AS s
    FROM (SELECT n.id, h.term, sum(n.weight * h.f) AS f FROM near n JOIN hits h ON h.id = n.other GROUP BY 1, 2) x
    JOIN worth USING (term)
    JOIN (SELECT id, sum(weight * length) AS length FROM near GROUP BY id) y USING (id) GROUP BY x.id),
  own AS MATERIALIZED (SELECT id, s FROM sims WHERE id IN (SELECT id FROM places)),
  best AS MATERIALIZED (SELECT id >> 16 AS sitting, max(s) AS s FROM sims WHERE id >> 16 IN (SELECT sitting FROM talks) GROUP BY 1),
  beside AS MATERIALIZED (
    SELECT c.id, max(s) FILTER (WHERE c.other > c.id) AS next, max(s) FILTER (WHERE c.other < c.id) AS previous
    FROM (SELECT id, id + d AS other FROM places CROSS JOIN unnest(ARRAY[-1, 1]) AS d WHERE type = 'turn') c
    JOIN sims m ON m.id = c.other GROUP BY c.id)
SELECT c.id::float8 AS id, c.item_id AS "itemId", c.type, c.person_id AS "personId", c.speaker, c.length,
  c.has_question AS "hasQuestion", c.after_question AS "afterQuestion", c.says_time AS "saysTime", c.says_number AS "saysNumber",
  c.importance, c.confidence, extract(epoch FROM c.occurred_at)::float8 AS "occurredAt",
  coalesce(bm.s, 0) AS bm25, coalesce(around.s, 0) AS "window", coalesce(session.s, 0) AS session,
  coalesce(before.s, 0) AS "previousBm25", own.s AS cosine, beside.next AS "nextCosine", beside.previous AS "previousCosine", best.s AS "sessionCosine",
    scale.mean, scale.deviation
FROM places c
LEFT JOIN bm ON bm.id = c.id LEFT JOIN around ON around.id = c.id LEFT JOIN session ON session.sitting = c.id >> 16
LEFT JOIN bm before ON before.id = c.id - 1 CROSS JOIN scale LEFT JOIN own ON own.id = c.id LEFT JOIN beside ON beside.id = c.id LEFT JOIN best ON best.sitting = c.id >> 16;

-- search-filtered-lexical
WITH viewer AS MATERIALIZED (SELECT app.visible_scopes() AS scopes),
  docs AS MATERIALIZED (SELECT d.id, d.length FROM documents d
    LEFT JOIN memories m ON m.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[]) AND m.id = d.item_id AND m.document_id = d.id AND CASE
      WHEN $10::timestamptz IS NULL THEN upper_inf(m.recorded) ELSE m.recorded @> $10 END
    LEFT JOIN turns t ON t.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[]) AND t.id = d.item_id AND $10 IS NOT NULL
    WHERE d.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[])
      AND d.type = ANY ($3::text[])
      AND ($4::uuid IS NULL OR d.conversation_id = $4)
      AND ($5::uuid IS NULL OR d.person_id = $5)
      AND ($6::text[] IS NULL OR m.kind = ANY ($6))
      AND ($7::text[] IS NULL OR m.tags && $7)
      AND ($8::tstzrange IS NULL OR CASE d.type WHEN 'turn' THEN $8 @> d.occurred_at ELSE m.valid && $8 END)
      AND CASE d.type
        WHEN 'turn' THEN ($9::tstzrange IS NULL OR d.occurred_at <= upper($9)) AND ($10::timestamptz IS NULL OR t.created_at <= $10)
        ELSE m.id IS NOT NULL AND CASE
          WHEN $9::tstzrange IS NULL AND $10::timestamptz IS NULL THEN d.is_live
          WHEN $9::tstzrange IS NULL THEN m.status IN ('live', 'contested')
          ELSE m.status <> 'retracted' AND m.valid && $9 END
      END),
  -- A sitting is counted by its first text; where that is gone, the count is a little low, which hardly matters.
  scope AS MATERIALIZED (
    SELECT count(*)::float8 AS n, greatest(avg(length), 1)::float8 AS mean_length,
      greatest(count(*) FILTER (WHERE id & 65535 = 0), 1)::float8 AS sittings,
      greatest(sum(length)::float8 / greatest(count(*) FILTER (WHERE id & 65535 = 0), 1), 1) AS mean_sitting
    FROM docs),
  hits AS MATERIALIZED (
    SELECT p.term, p.document_id AS id, p.frequency::float8 AS f, p.length::float8 AS length
    FROM postings p WHERE p.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[]) AND p.term = ANY ($1::text[]) AND p.document_id IN (SELECT id FROM docs)),
  spread AS MATERIALIZED (SELECT id >> 16 AS sitting, term, sum(f) AS f, count(*) AS documents FROM hits GROUP BY 1, 2),
  worth AS MATERIALIZED (
    SELECT x.term, ln(1 + (n - df + 0.5::float8) / (df + 0.5::float8)) AS idf, ln(1 + (greatest(sittings, sdf) - sdf + 0.5::float8) / (sdf + 0.5::float8)) AS sitting_idf, mean_length, mean_sitting
    FROM (SELECT term, sum(documents)::float8 AS df, count(*) AS sdf FROM spread GROUP BY term) x CROSS JOIN scope),
  bm AS MATERIALIZED (
    SELECT h.id, sum(idf * f * 1.9::float8 / (f + 0.9::float8 * (0.6::float8 + 0.4::float8 * h.length / mean_length))) AS s
    FROM hits h JOIN worth USING (term) GROUP BY h.id),
  arms AS MATERIALIZED (
    (SELECT id FROM bm ORDER BY s DESC, id LIMIT 150) 
    UNION (SELECT id FROM docs WHERE $2::boolean ORDER BY id DESC LIMIT 150)
    UNION (SELECT d.id FROM documents d
      WHERE d.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[]) AND d.id IN (SELECT id FROM docs) AND $11::tstzrange IS NOT NULL AND d.occurred_at <@ $11
      ORDER BY d.id LIMIT 150)),
  places AS MATERIALIZED (
    SELECT d.* FROM documents d WHERE d.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[]) AND d.id IN (SELECT id FROM docs) AND d.id = ANY (ARRAY(
      SELECT id + d FROM arms CROSS JOIN generate_series(-2, 2) AS d
      WHERE (id + d) >> 16 = id >> 16 GROUP BY 1))),
  talks AS MATERIALIZED (SELECT DISTINCT id >> 16 AS sitting FROM places WHERE type = 'turn'),
  said AS MATERIALIZED (
    SELECT d.id, d.length FROM talks CROSS JOIN LATERAL (SELECT d.id, d.length FROM documents d
      WHERE d.id >= sitting << 16 AND d.id < (sitting + 1) << 16 AND d.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[]) AND d.id IN (SELECT id FROM docs) OFFSET 0) d),
  sittings AS MATERIALIZED (SELECT id >> 16 AS sitting, sum(length)::float8 AS length FROM said GROUP BY 1),
  session AS MATERIALIZED (
    SELECT x.sitting, sum(sitting_idf * f * 2.2::float8 / (f + 1.2::float8 * (0.25::float8 + 0.75::float8 * sittings.length / mean_sitting))) AS s
    FROM spread x JOIN worth USING (term) JOIN sittings USING (sitting) GROUP BY x.sitting),
  near AS MATERIALIZED (
    SELECT c.id, c.other, c.weight, o.length
    FROM (SELECT id, id + distance AS other, weight FROM places
      CROSS JOIN unnest(ARRAY[-4,-3,-2,-1,0,1,2,3,4], ARRAY[0.2401,0.3430,0.4900,0.7000,1.0000,0.7000,0.4900,0.3430,0.2401]::float8[]) AS w(distance, weight)
      WHERE type = 'turn') c
    JOIN said o ON o.id = c.other),
  around AS MATERIALIZED (
    SELECT x.id, sum(idf * f * 1.9::float8 / (f + 0.9::float8 * (0.6::float8 + 0.4::float8 * y.length / (mean_length * 4.546199999999999::float8)))) AS s
    FROM (SELECT n.id, h.term, sum(n.weight * h.f) AS f FROM near n JOIN hits h ON h.id = n.other GROUP BY 1, 2) x
    JOIN worth USING (term)
    JOIN (SELECT id, sum(weight * length) AS length FROM near GROUP BY id) y USING (id) GROUP BY x.id)
SELECT c.id::float8 AS id, c.item_id AS "itemId", c.type, c.person_id AS "personId", c.speaker, c.length,
  c.has_question AS "hasQuestion", c.after_question AS "afterQuestion", c.says_time AS "saysTime", c.says_number AS "saysNumber",
  c.importance, c.confidence, extract(epoch FROM c.occurred_at)::float8 AS "occurredAt",
  coalesce(bm.s, 0) AS bm25, coalesce(around.s, 0) AS "window", coalesce(session.s, 0) AS session,
  coalesce(before.s, 0) AS "previousBm25", NULL::float8 AS cosine, NULL::float8 AS "nextCosine", NULL::float8 AS "previousCosine",
    NULL::float8 AS "sessionCosine", NULL::float8 AS mean, NULL::float8 AS deviation
FROM places c
LEFT JOIN bm ON bm.id = c.id LEFT JOIN around ON around.id = c.id LEFT JOIN session ON session.sitting = c.id >> 16
LEFT JOIN bm before ON before.id = c.id - 1;

-- search-filtered-dense
WITH viewer AS MATERIALIZED (SELECT app.visible_scopes() AS scopes),
  docs AS MATERIALIZED (SELECT d.id, d.length FROM documents d
    LEFT JOIN memories m ON m.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[]) AND m.id = d.item_id AND m.document_id = d.id AND CASE
      WHEN $11::timestamptz IS NULL THEN upper_inf(m.recorded) ELSE m.recorded @> $11 END
    LEFT JOIN turns t ON t.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[]) AND t.id = d.item_id AND $11 IS NOT NULL
    WHERE d.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[])
      AND d.type = ANY ($3::text[])
      AND ($4::uuid IS NULL OR d.conversation_id = $4)
      AND ($5::uuid IS NULL OR d.person_id = $5)
      AND ($6::text[] IS NULL OR m.kind = ANY ($6))
      AND ($7::text[] IS NULL OR m.tags && $7)
      AND ($8::tstzrange IS NULL OR CASE d.type WHEN 'turn' THEN $8 @> d.occurred_at ELSE m.valid && $8 END)
      AND CASE d.type
        WHEN 'turn' THEN ($9::tstzrange IS NULL OR d.occurred_at <= upper($9)) AND ($11::timestamptz IS NULL OR t.created_at <= $11)
        ELSE m.id IS NOT NULL AND CASE
          WHEN $9::tstzrange IS NULL AND $11::timestamptz IS NULL THEN d.is_live
          WHEN $9::tstzrange IS NULL THEN m.status IN ('live', 'contested')
          ELSE m.status <> 'retracted' AND m.valid && $9 END
      END),
  -- A sitting is counted by its first text; where that is gone, the count is a little low, which hardly matters.
  scope AS MATERIALIZED (
    SELECT count(*)::float8 AS n, greatest(avg(length), 1)::float8 AS mean_length,
      greatest(count(*) FILTER (WHERE id & 65535 = 0), 1)::float8 AS sittings,
      greatest(sum(length)::float8 / greatest(count(*) FILTER (WHERE id & 65535 = 0), 1), 1) AS mean_sitting
    FROM docs),
  hits AS MATERIALIZED (
    SELECT p.term, p.document_id AS id, p.frequency::float8 AS f, p.length::float8 AS length
    FROM postings p WHERE p.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[]) AND p.term = ANY ($1::text[]) AND p.document_id IN (SELECT id FROM docs)),
  spread AS MATERIALIZED (SELECT id >> 16 AS sitting, term, sum(f) AS f, count(*) AS documents FROM hits GROUP BY 1, 2),
  worth AS MATERIALIZED (
    SELECT x.term, ln(1 + (n - df + 0.5::float8) / (df + 0.5::float8)) AS idf, ln(1 + (greatest(sittings, sdf) - sdf + 0.5::float8) / (sdf + 0.5::float8)) AS sitting_idf, mean_length, mean_sitting
    FROM (SELECT term, sum(documents)::float8 AS df, count(*) AS sdf FROM spread GROUP BY term) x CROSS JOIN scope),
  bm AS MATERIALIZED (
    SELECT h.id, sum(idf * f * 1.9::float8 / (f + 0.9::float8 * (0.6::float8 + 0.4::float8 * h.length / mean_length))) AS s
    FROM hits h JOIN worth USING (term) GROUP BY h.id),
  sims AS MATERIALIZED (
    SELECT e.document_id AS id, -(e.vector <#> $10::halfvec) AS s
    FROM embeddings e WHERE e.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[]) AND e.model_id = $12::int AND e.document_id IN (SELECT id FROM docs)),
  scale AS MATERIALIZED (SELECT avg(s) AS mean, coalesce(stddev_pop(s), 0) AS deviation FROM sims),
  arms AS MATERIALIZED (
    (SELECT id FROM bm ORDER BY s DESC, id LIMIT 150) UNION (SELECT id FROM sims ORDER BY s DESC LIMIT 150)
    UNION (SELECT id FROM docs WHERE $2::boolean ORDER BY id DESC LIMIT 150)
    UNION (SELECT d.id FROM documents d
      WHERE d.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[]) AND d.id IN (SELECT id FROM docs) AND $13::tstzrange IS NOT NULL AND d.occurred_at <@ $13
      ORDER BY d.id LIMIT 150)),
  places AS MATERIALIZED (
    SELECT d.* FROM documents d WHERE d.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[]) AND d.id IN (SELECT id FROM docs) AND d.id = ANY (ARRAY(
      SELECT id + d FROM arms CROSS JOIN generate_series(-2, 2) AS d
      WHERE (id + d) >> 16 = id >> 16 GROUP BY 1))),
  talks AS MATERIALIZED (SELECT DISTINCT id >> 16 AS sitting FROM places WHERE type = 'turn'),
  said AS MATERIALIZED (
    SELECT d.id, d.length FROM talks CROSS JOIN LATERAL (SELECT d.id, d.length FROM documents d
      WHERE d.id >= sitting << 16 AND d.id < (sitting + 1) << 16 AND d.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[]) AND d.id IN (SELECT id FROM docs) OFFSET 0) d),
  sittings AS MATERIALIZED (SELECT id >> 16 AS sitting, sum(length)::float8 AS length FROM said GROUP BY 1),
  session AS MATERIALIZED (
    SELECT x.sitting, sum(sitting_idf * f * 2.2::float8 / (f + 1.2::float8 * (0.25::float8 + 0.75::float8 * sittings.length / mean_sitting))) AS s
    FROM spread x JOIN worth USING (term) JOIN sittings USING (sitting) GROUP BY x.sitting),
  near AS MATERIALIZED (
    SELECT c.id, c.other, c.weight, o.length
    FROM (SELECT id, id + distance AS other, weight FROM places
      CROSS JOIN unnest(ARRAY[-4,-3,-2,-1,0,1,2,3,4], ARRAY[0.2401,0.3430,0.4900,0.7000,1.0000,0.7000,0.4900,0.3430,0.2401]::float8[]) AS w(distance, weight)
      WHERE type = 'turn') c
    JOIN said o ON o.id = c.other),
  around AS MATERIALIZED (
    SELECT x.id, sum(idf * f * 1.9::float8 / (f + 0.9::float8 * (0.6::float8 + 0.4::float8 * y.length / (mean_length * 4.546199999999999::float8)))) AS s
    FROM (SELECT n.id, h.term, sum(n.weight * h.f) AS f FROM near n JOIN hits h ON h.id = n.other GROUP BY 1, 2) x
    JOIN worth USING (term)
    JOIN (SELECT id, sum(weight * length) AS length FROM near GROUP BY id) y USING (id) GROUP BY x.id),
  own AS MATERIALIZED (SELECT id, s FROM sims WHERE id IN (SELECT id FROM places)),
  best AS MATERIALIZED (SELECT id >> 16 AS sitting, max(s) AS s FROM sims WHERE id >> 16 IN (SELECT sitting FROM talks) GROUP BY 1),
  beside AS MATERIALIZED (
    SELECT c.id, max(s) FILTER (WHERE c.other > c.id) AS next, max(s) FILTER (WHERE c.other < c.id) AS previous
    FROM (SELECT id, id + d AS other FROM places CROSS JOIN unnest(ARRAY[-1, 1]) AS d WHERE type = 'turn') c
    JOIN sims m ON m.id = c.other GROUP BY c.id)
SELECT c.id::float8 AS id, c.item_id AS "itemId", c.type, c.person_id AS "personId", c.speaker, c.length,
  c.has_question AS "hasQuestion", c.after_question AS "afterQuestion", c.says_time AS "saysTime", c.says_number AS "saysNumber",
  c.importance, c.confidence, extract(epoch FROM c.occurred_at)::float8 AS "occurredAt",
  coalesce(bm.s, 0) AS bm25, coalesce(around.s, 0) AS "window", coalesce(session.s, 0) AS session,
  coalesce(before.s, 0) AS "previousBm25", own.s AS cosine, beside.next AS "nextCosine", beside.previous AS "previousCosine", best.s AS "sessionCosine",
    scale.mean, scale.deviation
FROM places c
LEFT JOIN bm ON bm.id = c.id LEFT JOIN around ON around.id = c.id LEFT JOIN session ON session.sitting = c.id >> 16
LEFT JOIN bm before ON before.id = c.id - 1 CROSS JOIN scale LEFT JOIN own ON own.id = c.id LEFT JOIN beside ON beside.id = c.id LEFT JOIN best ON best.sitting = c.id >> 16;

-- search-strange-words
WITH RECURSIVE viewer AS MATERIALIZED (SELECT app.visible_scopes() AS scopes),
  strange AS MATERIALIZED (
    SELECT w.word, l.terms FROM unnest($1::text[]) AS w(word), LATERAL app.query_terms(w.word) AS l(terms)
    WHERE cardinality(l.terms) >= 3 AND NOT EXISTS (
      SELECT FROM unnest((SELECT scopes FROM viewer)) AS s(id) JOIN LATERAL (
        SELECT FROM postings p WHERE p.scope_id = s.id AND p.term = ANY (l.terms) AND ($2::boolean OR (SELECT d.is_live FROM documents d WHERE d.id = p.document_id)) LIMIT 1) p ON true)
    LIMIT 8),
  wanted AS MATERIALIZED (
    SELECT left(t, 3) AS beginning, min(length(t)) - 2 AS shortest, max(length(t)) + 2 AS longest
    FROM strange, unnest(terms) AS t GROUP BY 1),
  lexemes AS (
    SELECT beginning, beginning COLLATE "C" AS term FROM wanted
    UNION ALL
    SELECT l.beginning, next.term FROM lexemes l, LATERAL (
      SELECT min(p.term) AS term FROM unnest((SELECT scopes FROM viewer)) AS s(id), LATERAL (
        SELECT p.term FROM postings p WHERE p.scope_id = s.id AND p.term > l.term ORDER BY p.term LIMIT 1) p) next
    WHERE next.term ^@ l.beginning),
  vocabulary AS MATERIALIZED (
    SELECT l.beginning, l.term FROM (SELECT * FROM lexemes LIMIT 10000) l JOIN wanted w USING (beginning)
    WHERE length(l.term) BETWEEN w.shortest AND w.longest)
  SELECT word, terms, NULL AS beginning, NULL AS similar FROM strange
  UNION ALL SELECT NULL, NULL, beginning, array_agg(term) FROM vocabulary GROUP BY beginning;

-- search-meant-words
WITH viewer AS MATERIALIZED (SELECT app.visible_scopes() AS scopes)
  SELECT (
    SELECT c.term FROM jsonb_to_recordset(a.alike) AS c(term text, slips int), LATERAL (
      SELECT count(*) AS texts FROM (
        SELECT FROM postings p WHERE p.scope_id = ANY ((SELECT scopes FROM viewer)::uuid[])
          AND p.term = c.term COLLATE "C" AND ($2::boolean OR (SELECT d.is_live FROM documents d WHERE d.id = p.document_id)) LIMIT 1000) p) n
    WHERE n.texts > 0 ORDER BY c.slips, n.texts DESC, c.term COLLATE "C" LIMIT 1) AS term
  FROM jsonb_array_elements($1::jsonb) AS a(alike);
