import axe from "axe-core";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import {
  FakeSocket,
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

const created = { token: "t", conversationId: "c", message: message(1, { author: { kind: "visitor" }, text: "Hello" }) };
const knowConversation = (): void =>
  localStorage.setItem(`${PREFIX}visitor`, JSON.stringify({ token: "t", conversationId: "c" }));

// What the panel fetches when it is needed is there at once, as from a warm cache.
beforeAll(() => Promise.all([import("../../../web/widget/visitor-session.ts"), import("../../../web/widget/files.ts")]));
beforeEach(() => installFakes((name, value) => vi.stubGlobal(name, value)));
afterEach(() => {
  removePanels();
  vi.unstubAllGlobals();
});

describe("the first message", () => {
  test("[A11] nothing is asked, stored or connected before the visitor writes", async () => {
    const { panel } = mountPanel();
    panel.open(true);
    await settle();
    expect(asked).toEqual([]);
    expect(FakeSocket.all).toEqual([]);
    expect(Object.keys(localStorage)).toEqual([]);
  });

  test("[A2] it is stored before it is sent, and goes out under the same clientId after a reload", async () => {
    answerWith(() => ({ status: 503, body: null }));
    const first = mountPanel();
    first.panel.open(true);
    first.write("Hello");
    const stored = Object.keys(localStorage).filter((key) => key.startsWith(`${PREFIX}unsent.`));
    expect(stored).toHaveLength(1);
    await settle();
    document.body.replaceChildren();
    answerWith(() => ({ status: 200, body: created }));
    mountPanel();
    await settle();
    const clientIds = asked.map(({ body }) => Reflect.get(Object(body), "clientId"));
    expect(clientIds.length).toBeGreaterThan(1);
    expect(new Set(clientIds).size).toBe(1);
    expect(Object.keys(localStorage)).toEqual([`${PREFIX}visitor`]);
  });

  test.each([
    ["en", "That was a lot at once. Try again in a minute."],
    ["es", "Eso ha sido mucho de una vez. Inténtalo dentro de un minuto."],
  ] as const)(
    "[T21] refused for being a lot at once, it is kept, said so kindly (%s), and goes out by itself",
    async (locale, text) => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      answerWith(() => ({ status: 429, body: null, retryAfter: "90" }));
      const { panel, write, find } = mountPanel({ locale });
      panel.open(true);
      write("Hello");
      await vi.advanceTimersByTimeAsync(100);
      expect(find(".banner").textContent).toBe(text);
      expect(find(".rows").textContent).toContain("Hello");
      const before = asked.length;
      await vi.advanceTimersByTimeAsync(89_000);
      expect(asked).toHaveLength(before);
      answerWith(() => ({ status: 201, body: created }));
      await vi.advanceTimersByTimeAsync(5_000);
      expect(asked.length).toBeGreaterThan(before);
      expect(find(".banner").textContent).not.toBe(text);
      vi.useRealTimers();
    },
  );

  test("[T5] the token travels as a subprotocol and never in an address", async () => {
    answerWith(() => ({ status: 201, body: created }));
    const { panel, write, find } = mountPanel();
    panel.open(true);
    write("Hello");
    await settle();
    expect(socket().protocols).toEqual(["hilo.v1", "token.t"]);
    socket().open();
    socket().receive(welcome([created.message]));
    await settle();
    expect(find(".rows").textContent).toContain("Hello");
    expect(find(".rows").querySelectorAll(".row")).toHaveLength(1);
    expect(find(".state").textContent).toContain("Sent");
  });

  test("what is written while it is on its way follows it through the socket", async () => {
    answerWith(() => ({ status: 201, body: created }));
    const { panel, write } = mountPanel();
    panel.open(true);
    write("Hello");
    write("and this");
    await settle();
    socket().open();
    socket().receive(welcome([created.message]));
    expect(socket().sent).toContainEqual(expect.objectContaining({ type: "send", text: "and this" }));
    expect(asked).toHaveLength(1);
  });

  test("one that is refused says so and can be thrown away", async () => {
    answerWith(() => ({ status: 403, body: null }));
    const { panel, write, find, root } = mountPanel();
    panel.open(true);
    write("Hello");
    await settle();
    expect(find(".state").textContent).toContain("Not sent");
    [...root.querySelectorAll<HTMLElement>(".state button")].at(-1)?.click();
    await settle();
    expect(root.querySelectorAll(".row")).toHaveLength(0);
    expect(Object.keys(localStorage)).toEqual([]);
  });
});

describe("a conversation", () => {
  test("[S16] its history is shown on the same device", async () => {
    knowConversation();
    const { panel, root } = mountPanel();
    panel.open(true);
    await settle();
    socket().open();
    socket().receive(welcome([message(1), message(2)]));
    await settle();
    expect([...root.querySelectorAll(".text")].map(({ textContent }) => textContent)).toEqual(["text 1", "text 2"]);
  });

  test("[S8] a message that comes in is shown, read out, and counted while the panel is closed", async () => {
    knowConversation();
    const { panel, find, unread, events } = mountPanel();
    await settle();
    socket().open();
    socket().receive(welcome([]));
    socket().receive({ type: "message", message: message(1) });
    await settle();
    expect(unread()).toBe(1);
    expect(find("[role=log]").textContent).toBe("Ana says: text 1");
    expect(events.filter(({ event }) => event === "message")).toHaveLength(1);
    panel.open(true);
    expect(unread()).toBe(0);
    expect(socket().sent).toContainEqual({ type: "seen", seq: 1 });
  });

  test("[T12] hostile names, texts and file names are text", async () => {
    knowConversation();
    const hostile = "<img src=x onerror=alert(1)><script>alert(1)</script>";
    const { panel, root, find } = mountPanel({ config: { title: { en: hostile }, greeting: { en: hostile } } });
    panel.open(true);
    await settle();
    socket().open();
    const attachments = [{ id: "f", name: hostile, type: "text/html", size: 1 }];
    socket().receive(
      welcome([message(1, { text: `${hostile} javascript:alert(1)`, author: { kind: "agent", name: hostile }, attachments })]),
    );
    await settle();
    expect(root.querySelectorAll("img, script, a")).toHaveLength(0);
    expect(find(".author").textContent).toBe(hostile);
    expect(find(".text").textContent).toBe(`${hostile} javascript:alert(1)`);
    expect(find("h2").textContent).toBe(hostile);
    expect(find(".file-name").textContent).toBe(hostile);
  });

  test("[S22] the capture form asks for an address after the first message, once, and not where one is known", async () => {
    knowConversation();
    answerWith(() => ({ status: 204, body: null }));
    const { panel, root, find } = mountPanel();
    panel.open(true);
    await settle();
    expect(root.querySelector(".capture")).toBeNull();
    socket().open();
    socket().receive(welcome([message(1)]));
    await settle();
    const email = root.querySelector<HTMLInputElement>("input[type=email]");
    const submit = (): void => void find(".capture").dispatchEvent(new Event("submit", { cancelable: true }));
    submit();
    expect(find("#capture-error").textContent).not.toBe("");
    expect(asked).toEqual([]);
    if (email) email.value = "ana@example.com";
    submit();
    await settle();
    expect(asked).toEqual([{ path: "/widget/contact", body: { email: "ana@example.com" }, authorization: "Bearer t" }]);
    expect(find(".capture").textContent).toContain("ana@example.com");
    document.body.replaceChildren();
    const again = mountPanel();
    again.panel.open(true);
    await settle();
    socket().open();
    socket().receive(welcome([message(1)], { hasEmail: true }));
    await settle();
    expect(again.root.querySelector(".capture")).toBeNull();
  });

  test("[T2] an address of the company itself is refused in plain words, as is what is none", async () => {
    knowConversation();
    answerWith(() => ({ status: 409, body: { code: "own_address" } }));
    const { panel, root, find } = mountPanel({ locale: "es" });
    panel.open(true);
    await settle();
    socket().open();
    socket().receive(welcome([message(1)]));
    await settle();
    const email = root.querySelector<HTMLInputElement>("input[type=email]");
    const give = async (address: string): Promise<string> => {
      if (email) email.value = address;
      find(".capture").dispatchEvent(new Event("submit", { cancelable: true }));
      await settle();
      return find("#capture-error").textContent;
    };
    expect(await give("hola@acme.test")).toBe("Esa dirección es nuestra. Danos la tuya, por favor.");
    expect(asked).toHaveLength(1);
    for (const none of ["ana..b@example.com", "josé@example.com", "ana@"])
      expect(await give(none)).toContain("Revisa la dirección");
    expect(asked).toHaveLength(1);
  });

  test("[T2] a first message goes without an address that the server does not take", async () => {
    answerWith(({ body }) =>
      JSON.stringify(body).includes("contact") ? { status: 409, body: null } : { status: 201, body: created },
    );
    const { panel, write } = mountPanel();
    panel.identify({ email: "hello@acme.test" });
    panel.open(true);
    write("Hello");
    await settle();
    expect(asked.map(({ body }) => body)).toEqual([
      expect.objectContaining({ text: "Hello", contact: { email: "hello@acme.test" } }),
      expect.not.objectContaining({ contact: expect.anything() }),
    ]);
    expect(socket().protocols).toEqual(["hilo.v1", "token.t"]);
  });

  test("[T21] a message, or an address, that was one too many: the kind line, and the words stay", async () => {
    knowConversation();
    answerWith(() => ({ status: 429, body: null, retryAfter: "60" }));
    const { panel, root, find, write } = mountPanel();
    panel.open(true);
    await settle();
    socket().open();
    socket().receive(welcome([message(1)]));
    write("and another");
    await settle();
    const sent = socket().sent.find((frame) => Reflect.get(Object(frame), "type") === "send");
    const clientId = String(Reflect.get(Object(sent), "clientId"));
    socket().receive({ type: "rejected", reason: "too_much_traffic", clientId });
    await settle();
    expect(find(".banner").textContent).toBe("That was a lot at once. Try again in a minute.");
    expect(find(".rows").textContent).toContain("and another");
    socket().receive({ type: "message", message: message(2, { author: { kind: "visitor" }, text: "and another" }), clientId });
    await settle();
    expect(find(".banner").textContent).toBe("");
    const email = root.querySelector<HTMLInputElement>("input[type=email]");
    if (email) email.value = "ana@example.com";
    find(".capture").dispatchEvent(new Event("submit", { cancelable: true }));
    await settle();
    expect(find("#capture-error").textContent).toBe("That was a lot at once. Try again in a minute.");
    expect(email?.value).toBe("ana@example.com");
  });

  test("[T5] a token that is not accepted any more is forgotten, the visitor is told, and what was unsent comes back", async () => {
    knowConversation();
    const { panel, root, find, write } = mountPanel();
    panel.open(true);
    await settle();
    write("not lost");
    socket().drop(4001);
    await settle();
    expect(localStorage.getItem(`${PREFIX}visitor`)).toBeNull();
    expect(find(".greeting").textContent).toContain("can't be continued");
    expect(root.querySelector("textarea")?.value).toBe("not lost");
  });

  test("the banner tells the truth about the connection and what is unsent", async () => {
    knowConversation();
    const { panel, find, write } = mountPanel();
    panel.open(true);
    await settle();
    socket().open();
    socket().receive(welcome([]));
    await settle();
    expect(find(".banner").textContent).toBe("");
    socket().drop(1006);
    write("one");
    await settle();
    expect(find(".banner").textContent).toBe("Connection lost. Reconnecting… · 1 unsent");
  });

  test("[S18] [B2] reset forgets the conversation on this device, and ends its session", async () => {
    knowConversation();
    answerWith(() => ({ status: 204, body: null }));
    const { panel, root } = mountPanel();
    await settle();
    socket().open();
    socket().receive(welcome([message(1)]));
    panel.reset();
    await settle();
    expect(Object.keys(localStorage)).toEqual([]);
    expect(root.querySelectorAll(".row")).toHaveLength(0);
    expect(asked.map(({ path }) => path)).toEqual(["/widget/session/end"]);
  });
});

describe("keyboard and screen reader", () => {
  test("Shift+Enter and an input method's Enter do not send", async () => {
    const { panel, root } = mountPanel();
    panel.open(true);
    const field = root.querySelector("textarea");
    if (!field) throw new Error("There is no field");
    field.value = "か";
    for (const options of [{ shiftKey: true }, { isComposing: true }]) {
      field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", ...options }));
    }
    await settle();
    expect(asked).toEqual([]);
  });

  test("Escape closes and gives the focus back to the button", () => {
    const { panel, find, launcher, root } = mountPanel();
    panel.open(true);
    expect(launcher.getAttribute("aria-expanded")).toBe("true");
    find("textarea").dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    expect(panel.isOpen).toBe(false);
    expect(launcher.getAttribute("aria-expanded")).toBe("false");
    expect(root.activeElement ?? document.activeElement).toBe(launcher);
  });

  test.each(["en", "es"] as const)("axe finds nothing to object to (%s)", async (locale) => {
    knowConversation();
    const { panel } = mountPanel({ locale });
    panel.open(true);
    await settle();
    socket().open();
    const attachments = [{ id: "f", name: "plan.pdf", type: "application/pdf", size: 1000 }];
    socket().receive(welcome([message(1), message(2, { author: { kind: "visitor" }, attachments })]));
    await settle();
    // Colours and sizes need a browser that draws; the end-to-end tests look at those.
    const { violations } = await axe.run(document.body, {
      rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
    });
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
  });
});
