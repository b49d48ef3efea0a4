/** A way to a world, told so that somebody who knows the product sees what went wrong. */
import type { Pointer } from "./mails.ts";
import type { Action } from "./model.ts";
import type { Finding } from "./search.ts";

export function storyOf({ actions, invariant, says }: Finding): string {
  const steps = actions.map((action, index) => `${index + 1}. ${sentenceOf(action)}`);
  return [...steps, `→ ${invariant}: ${says}.`].join("\n");
}

export function sentenceOf(action: Action): string {
  switch (action.do) {
    case "give-address":
      return `${action.session} types ${action.address} in the widget`;
    case "ask-code":
      return `${action.session} asks for a code, which goes to ${action.address}`;
    case "bring-secret": {
      const { session, address, by } = action.secret;
      const secret = `the secret that was mailed to ${address} for ${session}`;
      return by === null
        ? `somebody opens ${secret}, in a browser without a token of ours`
        : `a request with ${by}'s token carries ${secret}`;
    }
    case "mail":
      return `${action.mail.from} mails${action.mail.isAutomatic ? " automatically" : ""}, ${whereTo(action.mail.pointer)}`;
    case "form":
      return `somebody fills in a contact form and names ${action.replyTo}`;
    case "answer-by-mail": {
      const { where, seen, copy } = action.answer;
      return `an agent who sees ${seen} answers ${where} by mail${copy === null ? "" : ` with ${copy} in Cc`}`;
    }
    case "move":
      return `an agent moves the mails of ${action.move.author} from ${action.move.from} to ${action.move.to}`;
    case "merge":
      return `an agent merges ${action.from} into ${action.to}`;
    default:
      return "session" in action ? sessionSentence(action.do, action.session) : clickSentence(action.do, action.where);
  }
}

function whereTo(pointer: Pointer): string {
  switch (pointer.by) {
    case "token":
      return `to the signed address of ${pointer.of}`;
    case "reference":
      return `in answer to a mail of ${pointer.of}, without our token`;
    case "nothing":
      return `something new: it joins ${pointer.into}`;
    default:
      return pointer satisfies never;
  }
}

function sessionSentence(what: Extract<Action, { session: string }>["do"], session: string): string {
  switch (what) {
    case "write":
      return `${session} writes in the chat`;
    case "see":
      return `${session} sees the chat replies`;
    case "use-token":
      return `${session} uses the token that confirming made`;
    case "end-level":
      return `what ${session} is confirmed for ends`;
    case "answer-by-chat":
      return `an agent answers ${session} in the chat`;
    case "mail-unseen":
      return `${session} has left: the chat replies are to be mailed`;
    default:
      return what;
  }
}

function clickSentence(what: Extract<Action, { where: string }>["do"], where: string): string {
  switch (what) {
    case "leave":
      return `the mail that waits in ${where} leaves`;
    case "take-back":
      return `an agent takes the mail that waits in ${where} back`;
    case "try-again":
      return `an agent tries the mail in ${where} again`;
    case "replace-address":
      return `an agent clicks in ${where}: the address is what the visitor says now`;
    case "part":
      return `an agent clicks in ${where}: the mails are somebody else's`;
    case "block":
      return `an agent blocks whoever writes in ${where}`;
    case "bounce":
      return `all mails of ${where} to its address have bounced`;
    case "complete":
      return `an agent completes ${where}`;
    case "open-link":
      return `L opens the live link of our mail in ${where}`;
    default:
      return what satisfies never;
  }
}
