import { flushPromises } from "@vue/test-utils";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { OwnerNotice } from "../../../worker/domain/notices.ts";
import { NOTICE_KINDS } from "../../../worker/domain/notices.ts";
import { showLocale } from "../../../web/inbox/i18n/i18n.ts";
import NoticeBanner from "../../../web/inbox/notices/NoticeBanner.vue";
import LimitsSettings from "../../../web/inbox/settings/LimitsSettings.vue";
import { answerWith, findBarriers, findOnPage, mountScreen } from "./mount-screen.ts";

/** A socket to which the server can say something. */
const socket = vi.hoisted(() => {
  const sockets: { onNotices: () => void }[] = [];
  class InboxSocket {
    constructor(options: { onNotices: () => void }) {
      sockets.push(options);
    }
    start(): void {}
    stop(): void {}
  }
  return { sockets, InboxSocket };
});
vi.mock("../../../web/shared/inbox-socket.ts", () => ({ InboxSocket: socket.InboxSocket }));

const AT = Date.now() - 60_000;
const notice = (over: Partial<OwnerNotice> = {}): OwnerNotice => ({
  id: "n1",
  kind: "chats",
  firstAt: AT,
  lastAt: AT,
  count: 1,
  brake: null,
  ...over,
});
const braked = (over: Partial<NonNullable<OwnerNotice["brake"]>> = {}) =>
  notice({ kind: "brake", brake: { mailboxId: "m1", address: "hello@acme.test", offUntil: null, keptAside: 1_440, ...over } });

async function mountBanner(items: OwnerNotice[], more: Record<string, unknown> = {}) {
  const sent = answerWith({ "GET /api/notices": { items }, ...more });
  const wrapper = await mountScreen(NoticeBanner);
  await flushPromises();
  return { wrapper, sent };
}

beforeEach(async () => showLocale("en"));

describe("[T21] what the owner is told of limits", () => {
  it("is nothing where no limit was reached", async () => {
    const { wrapper } = await mountBanner([]);
    expect(wrapper.find("[data-notices]").exists()).toBe(false);
  });

  it.each(NOTICE_KINDS)("says in both languages what was too much: %s", async (kind) => {
    const { wrapper } = await mountBanner([notice({ kind })]);
    const english = wrapper.get("[data-notice]").text();
    expect(english.length).toBeGreaterThan(40);
    expect(english).not.toContain("notices.");
    expect(await findBarriers()).toEqual([]);
    await showLocale("es");
    const spanish = wrapper.get("[data-notice]").text();
    expect(spanish).not.toContain("notices.");
    expect(spanish).not.toBe(english);
  });

  it("is asked anew when the socket says so, and dismissed by one click", async () => {
    const { wrapper } = await mountBanner([]);
    const { useLiveConversations } = await import("../../../web/inbox/list/live-conversations.ts");
    useLiveConversations().start();
    const sent = answerWith({ "GET /api/notices": { items: [notice()] }, "POST /api/notices/n1/dismiss": {} });
    socket.sockets.at(-1)?.onNotices();
    await flushPromises();
    expect(wrapper.get("[data-notice]").text()).toContain("More new chats came than an hour allows");
    await wrapper.get("[aria-label=Dismiss]").trigger("click");
    await flushPromises();
    expect(sent.map(({ request }) => request)).toEqual(["GET /api/notices", "POST /api/notices/n1/dismiss", "GET /api/notices"]);
  });
});

describe("a flood that goes on", () => {
  it("is looked at again every ten seconds while it is fresh, and then no more", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"], now: AT });
    const { wrapper, sent } = await mountBanner([braked({ keptAside: 1 })]);
    vi.advanceTimersByTime(10_000);
    await flushPromises();
    expect(sent).toHaveLength(2);
    vi.advanceTimersByTime(10 * 60_000);
    const asked = sent.length;
    vi.advanceTimersByTime(10 * 60_000);
    expect(sent).toHaveLength(asked);
    wrapper.unmount();
    vi.useRealTimers();
  });
});

describe("[M16a] the brake's notice", () => {
  it("says how many mails are kept aside, and leads to them", async () => {
    const { wrapper } = await mountBanner([braked()]);
    expect(wrapper.text()).toContain("1440 mails of new senders to hello@acme.test are kept aside: too many came at once.");
    expect(wrapper.get("a[href^='/ledger']").attributes("href")).toBe("/ledger?state=braked");
    expect(await findBarriers()).toEqual([]);
    await showLocale("es");
    expect(wrapper.text()).toContain("1440 correos de remitentes nuevos a hello@acme.test están apartados");
  });

  it("lets all of them in, some at a time, until there are none", async () => {
    const { wrapper, sent } = await mountBanner([braked({ keptAside: 3 })]);
    let left = 3;
    vi.stubGlobal("fetch", async (input: string, init: RequestInit = {}) => {
      sent.push({ request: `${init.method ?? "GET"} ${input}`, body: null });
      if (!input.endsWith("/let-in")) return Response.json({ items: [] });
      left -= 1;
      return Response.json({ letIn: 1, remaining: left });
    });
    await wrapper
      .findAll("button")
      .find((button) => button.text() === "Let all 3 in")
      ?.trigger("click");
    await flushPromises();
    await flushPromises();
    expect(sent.filter(({ request }) => request === "POST /api/mailboxes/m1/let-in")).toHaveLength(3);
    expect(wrapper.find("[data-notices]").exists()).toBe(false);
  });

  it("stops where that fails: the others stay aside, and are said to be", async () => {
    const { wrapper, sent } = await mountBanner([braked({ keptAside: 3 })]);
    await wrapper
      .findAll("button")
      .find((button) => button.text() === "Let all 3 in")
      ?.trigger("click");
    await flushPromises();
    expect(sent.filter(({ request }) => request.endsWith("let-in"))).toHaveLength(1);
    expect(wrapper.text()).toContain("Let all 3 in");
  });

  it("lets new ones in for an hour, and holds them back again", async () => {
    const path = "POST /api/mailboxes/m1/brake";
    const { wrapper, sent } = await mountBanner([braked()], { [path]: { offUntil: Date.now() + 3_600_000 } });
    await wrapper
      .findAll("button")
      .find((button) => button.text() === "Let new ones in for an hour")
      ?.trigger("click");
    await flushPromises();
    expect(sent.find(({ request }) => request === path)?.body).toEqual({ isOff: true });
    const again = await mountBanner([braked({ offUntil: Date.now() + 3_600_000, keptAside: 0 })], { [path]: { offUntil: null } });
    expect(again.wrapper.text()).toContain("New ones are let in until");
    await again.wrapper
      .findAll("button")
      .find((button) => button.text() === "Hold them back again")
      ?.trigger("click");
    await flushPromises();
    expect(again.sent.find(({ request }) => request === path)?.body).toEqual({ isOff: false });
  });
});

describe("the settings of limits", () => {
  it("are numbers with a plain reason each, and are saved as such", async () => {
    const limits = { chatsPerHour: 1_000, uploadMegabytesPerDay: 2_000, mailsPerDay: 2_000, newSendersPerTwoMinutes: 60 };
    const sent = answerWith({
      "GET /api/settings": { limits },
      "PATCH /api/settings": { limits: { ...limits, chatsPerHour: 50 } },
    });
    const wrapper = await mountScreen(LimitsSettings);
    await flushPromises();
    const [first] = wrapper.findAll("input");
    expect(first?.element.value).toBe("1000");
    expect(await findBarriers()).toEqual([]);
    await first?.setValue("50 chats");
    await findOnPage("button", "Save").trigger("click");
    await flushPromises();
    expect(sent.find(({ request }) => request.startsWith("PATCH"))?.body).toEqual({ limits: { ...limits, chatsPerHour: 50 } });
  });
});
