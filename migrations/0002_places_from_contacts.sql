-- Which addresses conversations have, and where each address's mail goes, from what the index knows. A conversation that a
-- browser began is nobody's place any more because a mail of theirs came into it: their newest one by mail is.
INSERT INTO conversation_addresses (email, conversation_id, is_chat, at)
SELECT lower(json_extract(item, '$.contact.email')), id, json_extract(item, '$.hasVisitor'), last_at FROM conversations
WHERE json_extract(item, '$.contact.email') IS NOT NULL
ON CONFLICT DO NOTHING;
--> statement-breakpoint
INSERT INTO places (email, conversation_id, updated_at)
SELECT email, conversation_id, updated_at FROM (
  SELECT a.email, cc.updated_at, coalesce(
    (SELECT c.id FROM conversations c WHERE c.id = cc.conversation_id AND json_extract(c.item, '$.hasVisitor') = 0
      AND lower(json_extract(c.item, '$.contact.email')) = a.email),
    (SELECT c.id FROM conversations c WHERE c.contact_id = a.contact_id AND json_extract(c.item, '$.hasVisitor') = 0
      AND lower(json_extract(c.item, '$.contact.email')) = a.email ORDER BY c.last_at DESC LIMIT 1)) AS conversation_id
  FROM contact_addresses a JOIN contact_conversations cc ON cc.contact_id = a.contact_id)
WHERE conversation_id IS NOT NULL
ON CONFLICT DO NOTHING;
