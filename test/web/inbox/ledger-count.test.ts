import { flushPromises } from "@vue/test-utils";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { showLocale } from "../../../web/inbox/i18n/i18n.ts";
import LeftMenu from "../../../web/inbox/shell/LeftMenu.vue";
import { answerWith, findBarriers, mountScreen } from "./mount-screen.ts";

/** A socket to which the server can say something. */
const socket = vi.hoisted(() => {
  type Options = Record<"onLedger" | "onGap", () => void> & { onStatus: (status: string) => void };
  const sockets: Options[] = [];
  class InboxSocket {
    constructor(options: Options) {
      sockets.push(options);
    }
    start(): void {}
    stop(): void {}
  }
  return { sockets, InboxSocket };
});
vi.mock("../../../web/shared/inbox-socket.ts", () => ({ InboxSocket: socket.InboxSocket }));

const answers = (count: number) => ({
  "GET /api/ledger/attention": { count },
  "GET /api/conversations": { items: [], nextCursor: null },
});

async function mountMenu(count: number) {
  answerWith(answers(count));
  const wrapper = await mountScreen(LeftMenu);
  const { useLiveConversations } = await import("../../../web/inbox/list/live-conversations.ts");
  useLiveConversations().start();
  await flushPromises();
  return { link: () => wrapper.get("a[href^='/ledger']"), live: socket.sockets.at(-1) };
}

beforeEach(async () => showLocale("en"));

describe("the number of mails that wait for a person", () => {
  it("is beside the ledger's icon, and in its name", async () => {
    const { link } = await mountMenu(3);
    expect(link().attributes("aria-label")).toBe("Mail ledger, 3 mails need attention");
    expect(link().text()).toContain("3");
    expect(link().attributes("href")).toBe("/ledger?state=attention");
    expect(await findBarriers()).toEqual([]);
    await showLocale("es");
    expect(link().attributes("aria-label")).toBe("Registro de correo, 3 correos por revisar");
  });

  it("is in the singular for one, cut off where it does not fit, and not there for none", async () => {
    expect((await mountMenu(1)).link().attributes("aria-label")).toBe("Mail ledger, 1 mail needs attention");
    const many = (await mountMenu(100)).link();
    expect([many.attributes("aria-label"), many.text()]).toEqual([
      "Mail ledger, more than 99 mails need attention",
      expect.stringContaining("99+"),
    ]);
    const none = (await mountMenu(0)).link();
    expect([none.attributes("aria-label"), none.attributes("href")]).toEqual(["Mail ledger", "/ledger"]);
  });

  it("[L5] is asked anew when the socket says so, and when it is connected again", async () => {
    const { link, live } = await mountMenu(0);
    answerWith(answers(2));
    live?.onLedger();
    await flushPromises();
    expect(link().attributes("aria-label")).toBe("Mail ledger, 2 mails need attention");
    answerWith(answers(5));
    live?.onStatus("up-to-date");
    await flushPromises();
    expect(link().attributes("aria-label")).toBe("Mail ledger, 5 mails need attention");
  });
});
