/** What the rules of the product do otherwise than the model of proof; each shows, sends or keeps less. */
import { apply, type Action } from "../model.ts";
import { ALL_KEPT } from "../rules.ts";
import {
  beginnerOf,
  CONVERSATIONS,
  has,
  SESSIONS,
  withConversation,
  withSession,
  type ConversationName,
  type SessionName,
  type World,
} from "../world.ts";
import type { Habits } from "./habits.ts";

export const RULES_HABITS: Habits = {
  mayRefuse: ["see", "mail-unseen", "take-back", "try-again"],
  isLeftOut: () => false,
  // A person who is blocked in the address book is sent away from every chat in which somebody typed their address.
  mayRefuseSession: (world, name) => {
    const { gave } = world.sessions[name];
    return gave !== null && has(world.blocked, gave);
  },
  follow: ({ before, world, action }) => followed(before, world, action),
};

function followed(before: World, world: World, action: Action): World {
  switch (action.do) {
    // Who answers has seen what they answer.
    case "write":
      return withoutUnseen(apply(world, { do: "see", session: action.session }, ALL_KEPT)?.world ?? world, action.session);
    // A mail of replies that were seen is taken back.
    case "see":
      return withoutUnseen(world, action.session);
    // Only a person on the other side reopens.
    case "answer-by-chat":
    case "leave":
      return withStatusOf(before, world);
    case "mail":
      return action.mail.isAutomatic ? withStatusOf(before, world) : world;
    // What the visitor has said meanwhile replaces an address from which every mail came back, without their saying it again.
    case "bounce":
      return withClaim(world, action.where);
    default:
      return world;
  }
}

function withoutUnseen(world: World, name: SessionName): World {
  const where = CONVERSATIONS.find((known) => {
    const queued = world.conversations[known]?.queued ?? null;
    return queued?.names === name && !queued.isRetried;
  });
  return where === undefined ? world : withConversation(world, where, { queued: null });
}

function withStatusOf(before: World, world: World): World {
  return SESSIONS.reduce((next, name) => withSession(next, name, { isComplete: before.sessions[name].isComplete }), world);
}

function withClaim(world: World, where: ConversationName): World {
  const session = beginnerOf(world, where);
  const address = session === null ? null : world.sessions[session].gave;
  if (session === null || address === null) return world;
  return apply(world, { do: "give-address", session, address }, ALL_KEPT)?.world ?? world;
}
