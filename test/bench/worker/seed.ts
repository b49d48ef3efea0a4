/**
 * Many conversations in the index, made by the database itself. As in the product, what is unread is open: an agent who
 * completes has read, and a message that is unread opens again.
 */

/** Rows that one statement makes. */
const ROWS_PER_STATEMENT = 10_000;
const BEGIN_AT = 1_700_000_000_000;

const INSERT = `
WITH RECURSIVE n(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2),
row AS (
  SELECT i, printf('01900000-0000-7000-8000-%012x', i) AS id,
    CASE i % 3 WHEN 0 THEN 'complete' ELSE 'open' END AS status,
    i % 3 <> 0 AND i % 7 = 0 AS is_unread,
    CASE i % 4 WHEN 0 THEN NULL ELSE printf('01900000-0000-7000-9000-%012x', i % 4) END AS assignee_id,
    CASE i % 2 WHEN 0 THEN 'chat' ELSE 'email' END AS channel,
    ${BEGIN_AT} + i * 1000 AS last_at
  FROM n
)
INSERT OR IGNORE INTO conversations (id, status, is_unread, assignee_id, contact_id, channel, last_at, revision, item)
SELECT id, status, is_unread, assignee_id, printf('01900000-0000-7000-a000-%012x', i % 500), channel, last_at, 1,
  json_object('id', id, 'contact', NULL, 'status', status, 'unread', json(iif(is_unread, 'true', 'false')),
    'assigneeId', assignee_id, 'lastMessage', NULL, 'isVisitorOnline', json('false'), 'revision', 1, 'subject', NULL,
    'createdAt', last_at, 'readSeq', 0, 'visitorSeenSeq', 0, 'hasVisitor', json('true'), 'visitor', NULL)
FROM row`;

/** Makes the rows up to this number, where they are not there. */
export async function seedConversations(db: D1Database, to: number): Promise<void> {
  for (let from = 0; from < to; from += ROWS_PER_STATEMENT)
    await db
      .prepare(INSERT)
      .bind(from, Math.min(to, from + ROWS_PER_STATEMENT))
      .run();
}
