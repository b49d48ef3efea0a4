import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

const ORIGIN = "https://hilo.example";

async function load(data: Readonly<Record<string, string>> = {}): Promise<{ root: ShadowRoot; launcher: HTMLButtonElement }> {
  const script = document.createElement("script");
  Object.defineProperty(script, "src", { value: `${ORIGIN}/widget.js` });
  Object.assign(script.dataset, data);
  vi.spyOn(document, "currentScript", "get").mockReturnValue(script);
  vi.resetModules();
  await import("../../../web/widget/loader.ts");
  const root = document.querySelector("hilo-widget")?.shadowRoot;
  const launcher = root?.querySelector("button");
  if (!root || !launcher) throw new Error("There is no button");
  return { root, launcher };
}

const fetched = vi.fn(() => Promise.resolve(new Response("{}")));

beforeEach(() => {
  document.body.replaceChildren();
  localStorage.clear();
  sessionStorage.clear();
  delete window.Hilo;
  fetched.mockClear();
  vi.stubGlobal("fetch", fetched);
  vi.stubGlobal("__PANEL_PATH__", "widget/panel-test.js");
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("before intent", () => {
  test("the page gets a button and nothing else: no request, no storage, no cookie", async () => {
    const write = vi.spyOn(Storage.prototype, "setItem");
    const { launcher } = await load();
    expect(launcher.getAttribute("aria-label")).toBe("Open chat");
    expect(launcher.getAttribute("aria-expanded")).toBe("false");
    expect(fetched).not.toHaveBeenCalled();
    expect(write).not.toHaveBeenCalled();
    expect(document.cookie).toBe("");
    expect(document.querySelectorAll("iframe, link, style")).toHaveLength(0);
  });

  test("an address from the page's own code waits in memory", async () => {
    await load();
    window.Hilo?.("identify", { email: "ana@example.com" });
    expect(fetched).not.toHaveBeenCalled();
    expect(Object.keys(localStorage)).toEqual([]);
  });

  test("a second snippet adds no second button", async () => {
    await load();
    await load();
    expect(document.querySelectorAll("hilo-widget")).toHaveLength(1);
  });
});

describe("intent", () => {
  test.each(["pointerenter", "focus", "touchstart"])("%s fetches", async (event) => {
    const { launcher } = await load();
    launcher.dispatchEvent(new Event(event));
    expect(fetched).toHaveBeenCalledWith(`${ORIGIN}/widget/config`, { credentials: "omit" });
  });

  test("a tab in which the panel was opened before, and a message that still has to go out, are intent", async () => {
    sessionStorage.setItem("hilo:hilo.example:tab", "closed");
    await load();
    expect(fetched).toHaveBeenCalledTimes(1);
    document.body.replaceChildren();
    sessionStorage.clear();
    fetched.mockClear();
    localStorage.setItem("hilo:hilo.example:unsent.x", "{}");
    await load();
    expect(fetched).toHaveBeenCalledTimes(1);
  });

  test("a panel that can't be fetched is said on the button, and the next click tries again", async () => {
    const { launcher } = await load();
    launcher.click();
    await vi.waitFor(() => expect(launcher.title).not.toBe(""));
    launcher.click();
    await vi.waitFor(() => expect(fetched).toHaveBeenCalledTimes(2));
  });
});

describe("the snippet's settings", () => {
  test("[T12] text and colour from the page are text and colour", async () => {
    const { root, launcher } = await load({ launcherText: "<b>Ask</b>", colour: "red;}*{display:none" });
    expect(launcher.textContent).toContain("<b>Ask</b>");
    expect(root.querySelector("b")).toBeNull();
    expect(launcher.getAttribute("aria-label")).toBe("<b>Ask</b>: Open chat");
    const rules = root.adoptedStyleSheets.flatMap((sheet) => [...sheet.cssRules].map((rule) => rule.cssText)).join("");
    expect(rules).not.toContain("red");
  });

  test("side and language", async () => {
    const { launcher } = await load({ position: "left", locale: "es-MX" });
    expect(document.querySelector("hilo-widget")?.className).toBe("left");
    expect(launcher.getAttribute("aria-label")).toBe("Abrir el chat");
  });

  test("commands that were given before the script came are carried out", async () => {
    const queue = Object.assign((): void => {}, { q: [["open"]] });
    window.Hilo = queue;
    await load();
    expect(fetched).toHaveBeenCalledTimes(1);
  });
});
