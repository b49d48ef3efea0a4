/** Whom stored messages are for, in SQL: what would be one write for each of them by hand is one statement here. */

/**
 * Of a message that is for a session: for this address, too. Bound: the address, the session, the address. The table is
 * named, for `value` alone would be a column of `json_each`.
 */
export const WIDEN = `UPDATE messages SET value = json_insert(value, '$.for.addresses[#]', ?)
  WHERE EXISTS (SELECT 1 FROM json_each(messages.value, '$.for.sessions') WHERE json_each.value = ?)
    AND NOT EXISTS (SELECT 1 FROM json_each(messages.value, '$.for.addresses') WHERE json_each.value = ?)`;

const CONVERSATION = "(SELECT json_extract(value, '$.id') FROM state)";
const ADDRESS = "(SELECT coalesce(json_extract(value, '$.capture.email'), json_extract(value, '$.contact.email')) FROM state)";
const HAS_VISITOR = "(SELECT json_extract(value, '$.hasVisitor') FROM state) = 1";

/**
 * For conversations from before messages said so: their chat is for the session that began it, which has the
 * conversation's own id; a mail is for its author where replies go to them, one that was moved there for agents, a reply for
 * those whom it went to.
 */
export const SAY_WHOM_MESSAGES_ARE_FOR = `UPDATE messages SET value = json_set(value, '$.for', json(CASE
  WHEN json_extract(value, '$.channel') = 'chat' AND ${HAS_VISITOR}
    THEN json_object('sessions', json_array(${CONVERSATION}), 'addresses', json_array())
  WHEN json_extract(value, '$.channel') = 'chat' AND ${ADDRESS} IS NOT NULL
    THEN json_object('sessions', json_array(), 'addresses', json_array(${ADDRESS}))
  WHEN json_extract(value, '$.channel') = 'email' AND json_type(value, '$.delivery.to') = 'array'
    THEN json_object('sessions', json_array(), 'addresses', json(json_extract(value, '$.delivery.to')))
  WHEN json_extract(value, '$.channel') = 'email' AND json_extract(value, '$.author.kind') = 'contact'
    AND json_extract(value, '$.mail.from.address') = ${ADDRESS} AND json_type(value, '$.mail.movedFrom') IS NULL
    THEN json_object('sessions', json_array(), 'addresses', json_array(${ADDRESS}))
  ELSE json_object('sessions', json_array(), 'addresses', json_array()) END))
  WHERE json_type(value, '$.for') IS NULL;`;
