/** [T2] How long an agent's click lets them write in a chat whose visitor may be somebody else than who mails. */
import { mount } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { nextTick, shallowRef } from "vue";
import type { Conversation } from "../../../durable-objects/conversation/protocol.ts";
import { useChatWarning } from "../../../web/inbox/composer/use-chat-warning.ts";
import { aConversation, idOf } from "./builders.ts";

const MINUTE_MS = 60_000;
const VERA = "vera@x.test";
const mailedBy = (seq: number, email = VERA, over: Partial<Conversation> = {}) =>
  aConversation(1, { address: { email: VERA, level: "typed", claimed: null }, unconfirmedMail: { seq, email }, ...over });

function open(conversation = mailedBy(2), agentId = idOf(7)) {
  const present = shallowRef(conversation);
  let warning: ReturnType<typeof useChatWarning> | undefined;
  const setup = () => {
    warning = useChatWarning({ agentId, conversationId: idOf(1) }, present);
    return () => null;
  };
  const wrapper = mount({ setup });
  if (warning === undefined) throw new Error("not set up");
  return { present, warning, unmount: () => wrapper.unmount() };
}

beforeEach(() => {
  sessionStorage.clear();
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("[T2] the warning above a chat", () => {
  it("is needed where somebody mailed whom the visitor has not shown to be, and nowhere else", () => {
    const { warning, present } = open();
    expect([warning.isNeeded.value, warning.email.value, warning.isAccepted.value]).toEqual([true, VERA, false]);
    present.value = aConversation(1, { unconfirmedMail: null });
    expect(warning.isNeeded.value).toBe(false);
  });

  it("is accepted by a click, for half an hour", async () => {
    const { warning } = open();
    warning.accept();
    await vi.advanceTimersByTimeAsync(29 * MINUTE_MS);
    expect(warning.isAccepted.value).toBe(true);
    await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
    expect(warning.isAccepted.value).toBe(false);
  });

  it("is remembered when the conversation is opened again meanwhile", async () => {
    const first = open();
    first.warning.accept();
    await nextTick();
    first.unmount();
    expect(open().warning.isAccepted.value).toBe(true);
  });

  it("is asked of another agent who signs in in the same tab", async () => {
    const first = open();
    first.warning.accept();
    await nextTick();
    expect(open(mailedBy(2), idOf(8)).warning.isAccepted.value).toBe(false);
  });

  it.each<[string, Conversation]>([
    ["another mail comes in", mailedBy(5)],
    ["the address changes", mailedBy(2, VERA, { address: { email: "leo@x.test", level: "typed", claimed: null } })],
    [
      "what the visitor has shown of it changes",
      mailedBy(2, VERA, { address: { email: VERA, level: "reachable", claimed: null } }),
    ],
  ])("is asked anew when %s", (_, changed) => {
    const { warning, present } = open();
    warning.accept();
    expect(warning.isAccepted.value).toBe(true);
    present.value = changed;
    expect(warning.isAccepted.value).toBe(false);
  });
});
