/** What the panel asks for below the messages: an address, and the code that was mailed to it. */
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import {
  PREFIX,
  answerWith,
  asked,
  installFakes,
  message,
  mountPanel,
  removePanels,
  settle,
  socket,
  welcome,
} from "./panel-fixture.ts";

// What the panel fetches when it is needed is there at once, as from a warm cache.
beforeAll(() => Promise.all([import("../../../web/widget/visitor-session.ts"), import("../../../web/widget/confirm-line.ts")]));
beforeEach(() => {
  installFakes((name, value) => vi.stubGlobal(name, value));
  localStorage.setItem(`${PREFIX}visitor`, JSON.stringify({ token: "t", conversationId: "c" }));
});
afterEach(() => {
  removePanels();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("below the messages", () => {
  test.each([
    ["en", "Use another address"],
    ["es", "Usar otra dirección"],
  ] as const)("[S22] a slip in the address can be mended where it is said back (%s)", async (locale, label) => {
    answerWith(() => ({ status: 204, body: null }));
    const { panel, root, find } = mountPanel({ locale });
    panel.open(true);
    await settle();
    socket().open();
    socket().receive(welcome([message(1)]));
    await settle();
    const give = async (address: string): Promise<void> => {
      const email = root.querySelector<HTMLInputElement>("input[type=email]");
      if (email) email.value = address;
      find(".capture").dispatchEvent(new Event("submit", { cancelable: true }));
      await settle();
    };
    await give("ana@gmail");
    expect(find("#capture-error").textContent).not.toBe("");
    expect(asked).toEqual([]);
    await give("ana@gmial.com");
    // Whoever gave it goes on writing: the focus is not left to the page.
    expect(root.activeElement).toBe(find("textarea"));
    const again = find(".capture button");
    expect(again.textContent).toBe(label);
    again.click();
    expect(root.activeElement).toBe(find("input[type=email]"));
    expect(root.querySelector<HTMLInputElement>("input[type=email]")?.value).toBe("ana@gmial.com");
    await give("ana@gmail.com");
    expect(asked.map(({ body }) => body)).toEqual([{ email: "ana@gmial.com" }, { email: "ana@gmail.com" }]);
    expect(find(".capture [role=status]").textContent).toContain("ana@gmail.com");
  });

  test("[S10] the code's form stays in sight as it grows, and gives the focus back to the field when it has done its work", async () => {
    const observed: Element[] = [];
    class Observer {
      observe(element: Element): void {
        observed.push(element);
      }
      disconnect(): void {}
    }
    vi.stubGlobal("ResizeObserver", Observer);
    answerWith(() => ({ status: 200, body: { digits: 6 } }));
    const { panel, root, find } = mountPanel();
    panel.open(true);
    await settle();
    socket().open();
    socket().receive(welcome([message(1)], { hasEmail: true, goesOnAt: "v•••@e•••" }));
    await vi.waitFor(() => find(".confirm"));
    expect(observed.some((element) => element.contains(find(".confirm")) && !element.contains(find(".rows")))).toBe(true);
    find(".confirm button").click();
    await settle();
    expect(root.activeElement).toBe(find(".confirm input"));
    socket().receive(welcome([message(1)], { hasEmail: true }));
    await settle();
    expect(root.querySelector(".confirm")).toBeNull();
    expect(root.activeElement).toBe(find("textarea"));
  });

  test.each([
    ["en-GB", false],
    ["en-US", true],
  ])("times are written as this browser writes them (%s)", async (region, isTwelveHours) => {
    vi.spyOn(navigator, "languages", "get").mockReturnValue([region, "en"]);
    const { panel, find } = mountPanel();
    panel.open(true);
    await settle();
    socket().open();
    socket().receive(welcome([message(1)]));
    await settle();
    expect(find(".rows").textContent).toMatch(/\d:\d\d/);
    expect(/[AP]M/.test(find(".rows").textContent)).toBe(isTwelveHours);
  });
});
