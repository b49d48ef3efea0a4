/** An action of the model, done to the product. */
import type { Action, Click } from "../model.ts";
import { formOf, type ConversationName } from "../world.ts";
import type { ConversationId, LeftMail, MailShape, ProofDriver } from "./driver.ts";
import type { Places } from "./places.ts";

export interface Performance {
  driver: ProofDriver;
  places: Places;
  action: Action;
  word: string;
  shape: MailShape;
}

export type Done =
  | { kind: "done" }
  /** Where a mail is now; null where it was kept aside. */
  | { kind: "mail"; place: ConversationId | null }
  | { kind: "asked"; isTaken: boolean }
  | { kind: "left"; mail: LeftMail | null };

const DONE: Done = { kind: "done" };

export async function perform(performance: Performance): Promise<Done> {
  const { driver, places, action, word } = performance;
  switch (action.do) {
    case "give-address":
      await driver.type(action.session, action.address);
      return DONE;
    case "ask-code":
      await driver.askCode(action.session, action.address);
      return DONE;
    case "bring-secret": {
      const { session, address, by } = action.secret;
      await driver.confirm({ of: session, address, by });
      return DONE;
    }
    case "mail":
      return performMail(performance);
    case "form": {
      const place = await driver.receiveForm(action.replyTo, word);
      if (place !== null) places.bind(formOf(action.replyTo), place);
      return { kind: "asked", isTaken: place !== null };
    }
    case "answer-by-mail": {
      const { where, seen, copy } = action.answer;
      return { kind: "asked", isTaken: await driver.replyByMail({ where: idOf(places, where), seen, copy, word }) };
    }
    case "move": {
      const { from, to, author } = action.move;
      return movedTo(await driver.move({ from: idOf(places, from), to: places.idOf(to), author }));
    }
    case "merge":
      return { kind: "asked", isTaken: await driver.merge(idOf(places, action.from), idOf(places, action.to)) };
    default:
      return "session" in action ? performSession(driver, action, word) : performClick(driver, places, action);
  }
}

function movedTo(place: ConversationId | null): Done {
  return place === null ? { kind: "asked", isTaken: false } : { kind: "mail", place };
}

async function performMail({ driver, places, action, word, shape }: Performance): Promise<Done> {
  if (action.do !== "mail") return DONE;
  const { from, pointer, isAutomatic } = action.mail;
  const token = pointer.by === "token" ? idOf(places, pointer.of) : null;
  const reference = pointer.by === "reference" ? idOf(places, pointer.of) : null;
  const said = { ...shape, automatic: isAutomatic ? (shape.automatic ?? "auto-submitted") : null };
  return { kind: "mail", place: await driver.receiveMail({ from, token, reference, shape: said, word }) };
}

type SessionAction = Extract<Action, { session: string }>;

async function performSession(driver: ProofDriver, action: SessionAction, word: string): Promise<Done> {
  const { session } = action;
  switch (action.do) {
    case "write":
      await driver.chat(session, word);
      return DONE;
    case "see":
      return { kind: "asked", isTaken: await driver.seen(session) };
    case "use-token":
      await driver.useToken(session);
      return DONE;
    case "end-level":
      await driver.endLevel(session);
      return DONE;
    case "answer-by-chat":
      await driver.reply(session, word);
      return DONE;
    case "mail-unseen":
      return { kind: "asked", isTaken: await driver.mailUnseen(session) };
    case "give-address":
    case "ask-code":
      return DONE;
    default:
      return action satisfies never;
  }
}

async function performClick(driver: ProofDriver, places: Places, action: Click): Promise<Done> {
  const where = idOf(places, action.where);
  switch (action.do) {
    case "leave":
      return { kind: "left", mail: await driver.leave(where) };
    case "part":
      return movedTo(await driver.part(where));
    case "take-back":
      return { kind: "asked", isTaken: await driver.undo(where) };
    case "try-again":
      return { kind: "asked", isTaken: await driver.retry(where) };
    case "replace-address":
      await driver.replaceAddress(where);
      return DONE;
    case "block":
      await driver.block(where);
      return DONE;
    case "bounce":
      await driver.bounce(where);
      return DONE;
    case "complete":
      await driver.complete(where);
      return DONE;
    case "open-link":
      await driver.openLink(where);
      return DONE;
    default:
      return action.do satisfies never;
  }
}

/** @throws Error where the model has begun a conversation that the product has not named */
function idOf(places: Places, name: ConversationName): ConversationId {
  const id = places.idOf(name);
  if (id === null) throw new Error(`no conversation of the product is ${name}`);
  return id;
}
