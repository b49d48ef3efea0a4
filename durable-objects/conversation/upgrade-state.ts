/**
 * States that were stored before sessions had ids. Their tokens name no session: they are their conversation's beginner.
 * What counted as proven then was shown by a mail with our token; it says that the mailbox exists, and nothing of the
 * browser. Pure.
 */
import * as v from "valibot";
import { FIRST_TOKEN_GENERATION } from "./sessions.ts";

const oldStateSchema = v.looseObject({
  id: v.string(),
  status: v.string(),
  assignee: v.unknown(),
  lastSeq: v.number(),
  readSeq: v.number(),
  lastInboundSeq: v.number(),
  lastReply: v.unknown(),
  contact: v.nullable(v.looseObject({ email: v.nullable(v.string()) })),
  capture: v.nullable(v.looseObject({ email: v.string(), name: v.optional(v.string()) })),
  isAddressProven: v.boolean(),
  hasVisitor: v.boolean(),
  visitor: v.nullable(v.looseObject({})),
  tokenGeneration: v.number(),
  unseen: v.optional(v.looseObject({ mails: v.number() })),
  mail: v.unknown(),
});

type OldState = v.InferOutput<typeof oldStateSchema>;

/** @returns the state in today's shape; one that already has it as it is */
export function upgradeState(stored: unknown): unknown {
  const parsed = v.safeParse(oldStateSchema, stored);
  if (!parsed.success) return stored;
  const { capture, isAddressProven: _, hasVisitor, tokenGeneration, ...rest } = parsed.output;
  const email = capture?.email ?? rest.contact?.email ?? null;
  const name = capture?.name;
  return {
    ...rest,
    contact: capture === null ? rest.contact : null,
    address: email === null ? null : { email, by: hasVisitor ? "visitor" : "mail", hasOthers: true },
    claimed: null,
    correspondents: email === null ? [] : [correspondent(email, parsed.output)],
    // What was mailed before is not to be chatted either.
    heardMails: email === null || rest.mail === null ? [] : [{ email, seq: rest.lastInboundSeq }],
    unresolved: null,
    beginner: hasVisitor ? beginner(rest.id, { email, tokenGeneration }) : null,
    shown: { status: rest.status, readSeq: rest.readSeq, assignee: rest.assignee, ownSeq: rest.lastSeq },
    visitor: name === undefined ? rest.visitor : { ...rest.visitor, name },
    hasMailed: rest.mail !== null,
  };
}

/** Nobody counted then whether it was mailed: where it may have been, only an agent replaces it. */
function correspondent(email: string, { isAddressProven, mail, unseen, lastReply }: OldState) {
  const hasMail = mail !== null;
  const mayBeMailed = hasMail || lastReply !== null || (unseen?.mails ?? 0) > 0;
  return {
    email,
    mails: mayBeMailed ? 1 : 0,
    bounces: 0,
    isHeard: hasMail,
    isReachable: isAddressProven && hasMail,
  };
}

/** @param tokenGeneration raised then where the contact was blocked: such tokens stay refused */
function beginner(id: string, { email, tokenGeneration }: { email: string | null; tokenGeneration: number }) {
  return {
    id,
    generation: tokenGeneration,
    origin: null,
    given: email === null ? [] : [email],
    confirmed: null,
    everConfirmed: [],
    pending: null,
    code: null,
    stopped: [],
    isBlocked: tokenGeneration > FIRST_TOKEN_GENERATION,
    isShutOut: false,
    isEnded: false,
  };
}
