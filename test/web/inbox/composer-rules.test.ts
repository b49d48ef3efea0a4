import { describe, expect, it } from "vitest";
import { BY_PRESENCE, choiceAfterSending, computeChannel, newestOfTheirs } from "../../../web/inbox/composer/channel-choice.ts";
import { findNewerReply } from "../../../web/inbox/composer/send-guard.ts";
import { insertAt } from "../../../web/inbox/saved-replies/insert-at.ts";
import { groupReplies } from "../../../web/inbox/saved-replies/group-replies.ts";
import { fillVariables } from "../../../web/inbox/saved-replies/variables.ts";
import { aMessage, COLLEAGUE, idOf, ME } from "./builders.ts";

const known = { hasVisitor: true, hasAddress: true, follows: null };
const online = { ...known, isVisitorOnline: true };
const offline = { ...known, isVisitorOnline: false };
const byMail = { ...known, isVisitorOnline: false, hasVisitor: false };
const reply = (n: number, categoryId: string | null) => ({ id: idOf(n), categoryId, title: `T${n}`, text: "x" });
const values = { "contact.name": "Ana", "agent.name": "Marta", company: "Acme" };

describe("[S7] the channel", () => {
  it("follows presence until the agent chooses", () => {
    expect(computeChannel(BY_PRESENCE, online)).toBe("chat");
    expect(computeChannel(BY_PRESENCE, offline)).toBe("email");
    expect(computeChannel({ kind: "chosen", channel: "email" }, online)).toBe("email");
    expect(computeChannel({ kind: "chosen", channel: "chat" }, offline)).toBe("chat");
    expect(computeChannel({ kind: "chosen", channel: "note" }, offline)).toBe("note");
  });

  it("stays in chat where no address is known", () => {
    expect(computeChannel(BY_PRESENCE, { ...offline, hasAddress: false })).toBe("chat");
  });

  it("[T2] follows the newest message where whoever chats may not be who mails", () => {
    expect(computeChannel(BY_PRESENCE, { ...online, follows: "email" })).toBe("email");
    expect(computeChannel(BY_PRESENCE, { ...online, follows: "chat" })).toBe("chat");
    expect(computeChannel(BY_PRESENCE, { ...offline, follows: "chat" })).toBe("email");
    expect(computeChannel({ kind: "chosen", channel: "chat" }, { ...online, follows: "email" })).toBe("chat");
    const mail = aMessage({ seq: 2, author: { kind: "contact" }, channel: "email" });
    const away = aMessage({ seq: 3, author: { kind: "contact" }, channel: "email", mail: { isAutomatic: true } });
    expect(newestOfTheirs([aMessage(), mail])).toBe("email");
    expect(newestOfTheirs([mail, aMessage({ seq: 3 }), aMessage({ seq: 4, author: { kind: "agent" }, channel: "email" })])).toBe(
      "chat",
    );
    expect(newestOfTheirs([aMessage(), away])).toBe("chat");
    expect(newestOfTheirs([])).toBeNull();
  });

  it("is never chat where there is no widget to chat in", () => {
    expect(computeChannel(BY_PRESENCE, byMail)).toBe("email");
    expect(computeChannel({ kind: "chosen", channel: "chat" }, byMail)).toBe("email");
  });

  it("goes back to the customer after a note, and stays as chosen otherwise", () => {
    expect(choiceAfterSending({ kind: "chosen", channel: "note" })).toEqual(BY_PRESENCE);
    expect(choiceAfterSending({ kind: "chosen", channel: "email" })).toEqual({ kind: "chosen", channel: "email" });
  });
});

describe("the send guard", () => {
  const theirs = aMessage({ seq: 5, author: { kind: "agent", ...COLLEAGUE } });

  it("finds a colleague's reply that came after the text was begun", () => {
    expect(findNewerReply([theirs], 4, ME.id)).toBe(theirs);
    expect(findNewerReply([theirs], 5, ME.id)).toBeNull();
  });

  it("lets notes, own replies and the visitor's messages pass", () => {
    const messages = [
      aMessage({ seq: 5, author: { kind: "agent", ...COLLEAGUE }, channel: "note" }),
      aMessage({ seq: 6, author: { kind: "agent", ...ME } }),
      aMessage({ seq: 7 }),
    ];
    expect(findNewerReply(messages, 4, ME.id)).toBeNull();
  });
});

describe("[S3] a saved reply", () => {
  it("is inserted at the cursor, and the draft is kept", () => {
    expect(insertAt("Hello . Bye", { start: 6, end: 6 }, "Ana")).toEqual({ text: "Hello Ana. Bye", cursor: 9 });
    expect(insertAt("Hello you", { start: 6, end: 9 }, "Ana")).toEqual({ text: "Hello Ana", cursor: 9 });
    expect(insertAt("", { start: 99, end: 99 }, "Hi")).toEqual({ text: "Hi", cursor: 2 });
  });

  it("has its variables filled in", () => {
    expect(fillVariables("Hi {{contact.name}}, {{ agent.name }} of {{company}}.", values)).toBe("Hi Ana, Marta of Acme.");
  });

  it("reads well for a nameless person, and keeps what is no variable", () => {
    expect(fillVariables("Hi {{contact.name}}, {{unknown}} {{", { ...values, "contact.name": "" })).toBe("Hi, {{unknown}} {{");
  });

  it("[T12] is not expanded twice: a name that looks like a variable stays a name", () => {
    expect(fillVariables("Hi {{contact.name}}", { ...values, "contact.name": "{{company}} $& $1" })).toBe("Hi {{company}} $& $1");
  });

  it("is found under its category, and without one where the category is gone", () => {
    const groups = groupReplies(
      [reply(2, "c1"), reply(1, "c1"), reply(3, null), reply(4, "gone")],
      [
        { id: "c1", name: "One" },
        { id: "c2", name: "Empty" },
      ],
    );
    expect(groups.map(({ name, replies }) => [name, replies.map(({ title }) => title)])).toEqual([
      ["One", ["T1", "T2"]],
      ["", ["T3", "T4"]],
    ]);
  });
});
