/**
 * The rules of proof as a machine: what anybody may do, and the world after it. Nobody in it is good or bad: whoever holds a
 * token may use it, and every secret may be brought with every token.
 */
import {
  answerByChat,
  answerByMail,
  leave,
  mailUnseen,
  see,
  takeBack,
  tryAgain,
  type MailAnswer,
  type SentMail,
} from "./answers.ts";
import { block, bounce, complete, merge, move, part, replaceAddress, type Move } from "./clicks.ts";
import { receiveForm, receiveMail, type ReceivedMail } from "./mails.ts";
import type { Kept } from "./rules.ts";
import { askCode, bringSecret, endLevel, giveAddress, openLink, useToken, write, type BroughtSecret } from "./sessions.ts";
import type { Address, ConversationName, SessionName, World } from "./world.ts";

export type Action =
  | { do: "write" | "see" | "use-token" | "end-level" | "answer-by-chat" | "mail-unseen"; session: SessionName }
  | { do: "give-address" | "ask-code"; session: SessionName; address: Address }
  | { do: "bring-secret"; secret: BroughtSecret }
  | { do: "mail"; mail: ReceivedMail }
  | { do: "form"; replyTo: Address }
  | { do: "answer-by-mail"; answer: MailAnswer }
  | Click
  | { do: "move"; move: Move }
  | { do: "merge"; from: ConversationName; to: ConversationName };

export interface Click {
  do: "leave" | "take-back" | "try-again" | "replace-address" | "part" | "block" | "bounce" | "complete" | "open-link";
  where: ConversationName;
}

export interface Step {
  world: World;
  sent: SentMail | null;
}

/** Null where it cannot be done, is refused, or changes nothing. */
export function apply(world: World, action: Action, kept: Kept): Step | null {
  if (action.do === "leave") return leave(world, action.where, kept);
  const next = nextWorld(world, action, kept);
  return next === null || next === world ? null : { world: next, sent: null };
}

function nextWorld(world: World, action: Action, kept: Kept): World | null {
  switch (action.do) {
    case "write":
      return write(world, action.session, kept);
    case "see":
      return see(world, action.session);
    case "use-token":
      return useToken(world, action.session, kept);
    case "end-level":
      return endLevel(world, action.session, kept);
    case "answer-by-chat":
      return answerByChat(world, action.session, kept);
    case "mail-unseen":
      return mailUnseen(world, action.session, kept);
    case "give-address":
      return giveAddress(world, action.session, action.address, kept);
    case "ask-code":
      return askCode(world, action.session, action.address);
    case "bring-secret":
      return bringSecret(world, action.secret, kept);
    case "mail":
      return receiveMail(world, action.mail, kept);
    case "form":
      return receiveForm(world, action.replyTo, kept);
    case "answer-by-mail":
      return answerByMail(world, action.answer, kept);
    case "move":
      return move(world, action.move, kept);
    case "merge":
      return merge(world, action.from, action.to, kept);
    default:
      return nextByClick(world, action, kept);
  }
}

function nextByClick(world: World, action: Click, kept: Kept): World | null {
  switch (action.do) {
    case "leave":
      return leave(world, action.where, kept)?.world ?? null;
    case "take-back":
      return takeBack(world, action.where);
    case "try-again":
      return tryAgain(world, action.where);
    case "replace-address":
      return replaceAddress(world, action.where, kept);
    case "part":
      return part(world, action.where, kept);
    case "block":
      return block(world, action.where, kept);
    case "bounce":
      return bounce(world, action.where);
    case "complete":
      return complete(world, action.where);
    case "open-link":
      return openLink(world, action.where, kept);
    default:
      return action.do satisfies never;
  }
}
