import * as v from "valibot";
import { expect, test } from "vitest";
import { settingsSchema } from "../../../worker/domain/settings.ts";
import {
  noticeOf,
  takesOfAddress,
  takesOfChat,
  takesOfLink,
  takesOfMail,
  takesOfMessages,
  takesOfNewSender,
  takesOfPicture,
  takesOfReceipt,
  takesOfSocket,
  takesOfUpload,
} from "../../../worker/limits.ts";

const { limits } = v.parse(settingsSchema, {});
const client = "192.0.2.1";
const conversationId = "c";

const ALL = {
  chats: takesOfChat(client, limits),
  addresses: takesOfAddress({ client, conversationId }),
  uploads: takesOfUpload({ client, conversationId, bytes: 1 }, limits),
  messages: takesOfMessages({ client, units: 50 }),
  sockets: takesOfSocket(client),
  pictures: takesOfPicture(client),
  links: takesOfLink(client),
  mails: takesOfMail({ recipients: 1, isByHand: true }, limits),
  receipts: takesOfReceipt(),
  senders: takesOfNewSender("m", limits),
};

test.each(Object.entries(ALL))("[T21] %s have a total of the deployment, and are counted by one object", (name, takes) => {
  expect(takes.filter(({ key }) => key === `${name}:deployment`)).toHaveLength(1);
  expect(new Set(takes.map(({ key }) => key.split(":")[0]))).toEqual(new Set([name]));
  // What is narrower is smaller, or it would never be reached.
  const total = takes.find(({ key }) => key.endsWith(":deployment"));
  for (const take of takes)
    for (const limit of take.limits)
      for (const { windowMs, max } of total?.limits ?? [])
        if (take !== total && limit.windowMs <= windowMs) expect(limit.max).toBeLessThanOrEqual(max);
});

test("[T21] past a total of the deployment the owner is told, past a client's or a conversation's nobody is", () => {
  const told = Object.values(ALL).flatMap((takes) => takes.map(({ key }) => [key.split(":")[1], noticeOf(key)] as const));
  for (const [scope, kind] of told) if (scope !== "deployment") expect(kind).toBeNull();
  expect(told.flatMap(([scope, kind]) => (scope === "deployment" ? [kind] : []))).toEqual([
    "chats",
    "addresses",
    "uploads",
    "messages",
    "sockets",
    "pictures",
    "links",
    "mails",
    "receipts",
    // The brake says more, of its mailbox (`brake.ts`).
    null,
  ]);
});

test("[T21] only what has a second bound is forgiven by an eviction", () => {
  const forgiving = Object.entries(ALL).flatMap(([name, takes]) => (takes.some(({ isForgiving }) => isForgiving) ? [name] : []));
  expect(forgiving).toEqual(["sockets", "pictures", "links"]);
});

test("[T21] what nobody wrote by hand has half of the day's mails, and never none", () => {
  const maxOf = (isByHand: boolean, mailsPerDay: number) =>
    takesOfMail({ recipients: 1, isByHand }, { ...limits, mailsPerDay })[0]?.limits[0]?.max;
  expect([maxOf(true, 2_000), maxOf(false, 2_000), maxOf(false, 1)]).toEqual([2_000, 1_000, 1]);
});
