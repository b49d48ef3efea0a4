import { flushPromises } from "@vue/test-utils";
import { createPinia, setActivePinia } from "pinia";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { request } from "../../../web/inbox/api/http.ts";
import { i18n, showLocale } from "../../../web/inbox/i18n/i18n.ts";
import MyPage from "../../../web/inbox/me/MyPage.vue";
import InvitationPage from "../../../web/inbox/session/InvitationPage.vue";
import { withPassword } from "../../../web/inbox/session/password-proof.ts";
import PasswordProofDialog from "../../../web/inbox/session/PasswordProofDialog.vue";
import { useSession } from "../../../web/inbox/session/session.ts";
import SetupPage from "../../../web/inbox/session/SetupPage.vue";
import SignInPage from "../../../web/inbox/session/SignInPage.vue";
import AgentSettings from "../../../web/inbox/settings/AgentSettings.vue";
import ApiKeyDialog from "../../../web/inbox/settings/ApiKeyDialog.vue";
import { COLLEAGUE, ME, idOf } from "./builders.ts";
import { answerWith, findOnPage, mountScreen, signIn, type Answers } from "./mount-screen.ts";

const TOKEN = "x".repeat(43);
const problem = (status: number, code: string) =>
  new Response(JSON.stringify({ type: "about:blank", title: "", status, detail: "", code, id: "E-1" }), { status });
const page = (...items: unknown[]) => ({ items, nextCursor: null });

beforeEach(async () => {
  localStorage.clear();
  await showLocale("en");
});

describe("[T22] what asks for the password first", () => {
  async function ask(answers: Answers) {
    const sent = answerWith(answers);
    const wrapper = await mountScreen(PasswordProofDialog);
    // It is the app's one dialog: one of an earlier test must not answer.
    onTestFinished(() => wrapper.unmount());
    const done = withPassword(() => request<{ isDone: boolean }>("/api/agents", { method: "POST", body: {} }));
    await flushPromises();
    return { sent, done };
  }

  it("is done again once it was given, and not before", async () => {
    const answers: Answers = { "POST /api/agents": problem(403, "password_needed") };
    const { sent, done } = await ask(answers);
    await findOnPage<HTMLInputElement>("[role=dialog] input[type=password]").setValue("wrong");
    answers["POST /api/me/confirm-password"] = problem(403, "wrong_password");
    await findOnPage("[role=dialog] form").trigger("submit");
    await flushPromises();
    expect(findOnPage("[role=dialog] [role=alert]").text()).toBe("The password is wrong.");
    answers["POST /api/me/confirm-password"] = {};
    answers["POST /api/agents"] = { isDone: true };
    await findOnPage<HTMLInputElement>("[role=dialog] input[type=password]").setValue("right");
    await findOnPage("[role=dialog] form").trigger("submit");
    expect(await done).toEqual({ isDone: true });
    expect(sent.map(({ request }) => request)).toEqual([
      "POST /api/agents",
      "POST /api/me/confirm-password",
      "POST /api/me/confirm-password",
      "POST /api/agents",
    ]);
    expect(document.querySelector("[role=dialog]")).toBeNull();
  });

  it("is left where somebody would rather not", async () => {
    const { sent, done } = await ask({ "POST /api/agents": problem(403, "password_needed") });
    await findOnPage("[role=dialog] button", "Cancel").trigger("click");
    expect(await done).toBeUndefined();
    expect(sent).toHaveLength(1);
  });

  it("is any other failure's own", async () => {
    answerWith({ "POST /api/agents": problem(409, "taken") });
    await expect(withPassword(() => request("/api/agents", { method: "POST" }))).rejects.toMatchObject({ code: "taken" });
  });
});

describe("signing in", () => {
  const failWith = async (status: number, code: string) => {
    answerWith({ "POST /api/auth/sign-in/email": problem(status, code) });
    const wrapper = await mountScreen(SignInPage);
    await wrapper.get("form").trigger("submit");
    await flushPromises();
    return wrapper.get("[role=alert]").text();
  };

  it("says in plain words what is to be done while an address is under attack", async () => {
    expect(await failWith(403, "confirm_by_mail")).toContain("a mail with a link is on its way to you");
    expect(await failWith(429, "too_many_wrong_passwords")).toContain("a browser that you have used here before");
    expect(await failWith(429, "too_many_requests")).toContain("Wait a minute");
  });

  it("leads to a forgotten password with the address that was typed", async () => {
    const wrapper = await mountScreen(SignInPage);
    await wrapper.get("input[type=email]").setValue("ana@acme.test");
    expect(wrapper.get("a").attributes("href")).toContain("email=ana@acme.test");
  });
});

describe("[T22] the page of an invitation", () => {
  const open = async (answers: Answers) => {
    const sent = answerWith(answers);
    const wrapper = await mountScreen(InvitationPage, {}, `/#token=${TOKEN}`);
    await flushPromises();
    return { sent, wrapper };
  };
  const invitation = { purpose: "invitation", name: "Ines", email: "i@acme.test", company: "Acme", expiresAt: 1 };

  it("looks the link up by its fragment, and joins with the name and password that were chosen", async () => {
    const assign = vi.spyOn(window.location, "assign").mockImplementation(() => undefined);
    const { sent, wrapper } = await open({
      "POST /api/account-links/check": invitation,
      "POST /api/invitations/accept": { agent: { ...ME, email: "i@acme.test", role: "agent" } },
      "GET /api/me": { agent: { ...ME, email: "i@acme.test", role: "agent" }, locale: null, theme: null },
    });
    expect(wrapper.get("h1").text()).toBe("Welcome to Acme");
    expect(wrapper.text()).toContain("i@acme.test");
    await wrapper.get("input[autocomplete=name]").setValue("Inés");
    await wrapper.get("input[type=password]").setValue("a long password");
    await wrapper.get("form").trigger("submit");
    await flushPromises();
    expect(sent.slice(0, 2)).toEqual([
      { request: "POST /api/account-links/check", body: { token: TOKEN } },
      { request: "POST /api/invitations/accept", body: { token: TOKEN, password: "a long password", name: "Inés" } },
    ]);
    expect(assign).toHaveBeenCalledWith("/");
  });

  it("says what to do where the link does not work, and asks again where the server was away", async () => {
    const { wrapper } = await open({ "POST /api/account-links/check": problem(404, "bad_link") });
    expect([wrapper.get("h1").text(), wrapper.find("form").exists()]).toEqual(["This link no longer works", false]);
    expect(wrapper.text()).toContain("Ask whoever invited you");
    const away = (await open({ "POST /api/account-links/check": problem(503, "unavailable") })).wrapper;
    expect(away.get("button").text()).toBe("Try again");
  });

  it("tells what is wrong with a password without an id", async () => {
    const { wrapper } = await open({
      "POST /api/account-links/check": invitation,
      "POST /api/invitations/accept": problem(422, "common_password"),
    });
    await wrapper.get("form").trigger("submit");
    await flushPromises();
    expect(wrapper.get("[role=alert]").text()).toBe(
      "This is one of the commonest passwords, and is guessed first. Choose another one.",
    );
  });
});

describe("[T8] the page of the first run", () => {
  it("takes the setup token from the fragment, and asks for it otherwise", async () => {
    const open = async (path: string) => {
      const wrapper = await mountScreen(SetupPage, {}, path);
      useSession().state = { kind: "not-set-up", needsToken: true };
      await flushPromises();
      return wrapper;
    };
    expect((await open("/")).text()).toContain("Setup token");
    const sent = answerWith({ "POST /api/setup": problem(403, "bad_setup_token") });
    let headers: unknown;
    const send = globalThis.fetch;
    vi.stubGlobal("fetch", async (input: string, init: RequestInit) => {
      headers = init.headers;
      return send(input, init);
    });
    const wrapper = await open("/#token=the-setup-token");
    expect(wrapper.text()).not.toContain("Setup token");
    await wrapper.get("form").trigger("submit");
    await flushPromises();
    expect([sent.length, headers]).toMatchObject([1, { "x-setup-token": "the-setup-token" }]);
    // It was a wrong one: now it can be typed.
    expect(wrapper.text()).toContain("Setup token");
  });
});

describe("[T22] the list of agents", () => {
  const IN_DAYS = Date.now() + 86_400_000;
  const invited = (n: number, expiresAt: number | null) => ({
    id: idOf(n),
    name: `Invited ${n}`,
    email: `i${n}@acme.test`,
    role: "agent",
    invitation: { expiresAt },
  });
  const agents = page(
    { ...ME, email: "m@acme.test", role: "owner" },
    { ...COLLEAGUE, email: "b@acme.test", role: "agent" },
    invited(1, IN_DAYS),
    invited(2, 1),
    invited(3, null),
  );

  it("tells who was invited, and whether their link still works", async () => {
    answerWith({ "GET /api/agents": agents });
    const wrapper = await mountScreen(AgentSettings);
    await flushPromises();
    const rows = wrapper.findAll("li").map((row) => row.text());
    expect(rows.map((row) => /Invited(?! \d)|Invitation expired|Invitation revoked/.exec(row)?.[0])).toEqual([
      undefined,
      undefined,
      "Invited",
      "Invitation expired",
      "Invitation revoked",
    ]);
    // Nobody removes or demotes themselves here.
    expect(wrapper.findAll("li")[0]?.findAll("button, select")).toEqual([]);
  });

  it("says what removing does before it is done", async () => {
    const sent = answerWith({ "GET /api/agents": agents, [`DELETE /api/agents/${COLLEAGUE.id}`]: {} });
    const wrapper = await mountScreen(AgentSettings);
    await flushPromises();
    await wrapper.get(`[aria-label="More about ${COLLEAGUE.name}"]`).trigger("keydown", { key: "Enter" });
    await findOnPage("[role=menuitem]", "Remove…").trigger("click");
    const dialog = findOnPage("[role=dialog]");
    expect(dialog.text()).toContain("Their open conversations go to nobody.");
    expect(sent.filter(({ request }) => request.startsWith("DELETE"))).toEqual([]);
    await findOnPage("[role=dialog] button", `Remove ${COLLEAGUE.name}`).trigger("click");
    await flushPromises();
    expect(sent.some(({ request }) => request === `DELETE /api/agents/${COLLEAGUE.id}`)).toBe(true);
  });
});

describe("a new API key", () => {
  it("[T22] can be given an end", async () => {
    const sent = answerWith({ "POST /api/api-keys": problem(409, "taken") });
    await mountScreen(ApiKeyDialog, { open: true });
    await findOnPage<HTMLInputElement>("[role=dialog] input").setValue("Report");
    const [, expiry] = document.querySelectorAll<HTMLSelectElement>("[role=dialog] select");
    if (expiry === undefined) throw new Error("no choice of an end");
    expiry.value = "month";
    expiry.dispatchEvent(new Event("change", { bubbles: true }));
    const before = Date.now();
    await findOnPage("[role=dialog] form").trigger("submit");
    const body = sent[0]?.body;
    const days =
      typeof body === "object" && body !== null && "expiresAt" in body ? (Number(body.expiresAt) - before) / 86_400_000 : 0;
    expect(Math.round(days)).toBe(30);
  });
});

describe("[T22] the end of a session", () => {
  const start = () => {
    const pinia = createPinia();
    setActivePinia(pinia);
    signIn(pinia);
    return useSession();
  };
  const tell = (news: unknown) => {
    const channel = new BroadcastChannel("hilo.session");
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel reaches its own origin alone
    channel.postMessage(news);
    channel.close();
  };

  it("in another tab is the end here: nothing can be sent any more", async () => {
    const session = start();
    expect([session.isEnded, session.canReply]).toEqual([false, true]);
    tell({ kind: "signed-out" });
    await vi.waitFor(() => expect([session.isEnded, session.canReply]).toEqual([true, false]));
  });

  it("is also that somebody else has signed in there, and nothing less", async () => {
    const session = start();
    for (const news of [{ kind: "signed-in", agentId: ME.id }, { kind: "other" }, null, "signed-out"]) tell(news);
    tell({ kind: "signed-in", agentId: COLLEAGUE.id });
    await vi.waitFor(() => expect(session.isEnded).toBe(true));
  });

  it("is asked for once more before it is believed", async () => {
    const session = start();
    const me = { agent: { ...ME, email: "m@acme.test", role: "owner" }, locale: null, theme: null };
    answerWith({ "GET /api/contacts": problem(401, "not_signed_in"), "GET /api/me": me });
    await request("/api/contacts").catch(() => undefined);
    await flushPromises();
    expect(session.isEnded).toBe(false);
    answerWith({ "GET /api/contacts": problem(401, "not_signed_in"), "GET /api/me": problem(401, "not_signed_in") });
    await request("/api/contacts").catch(() => undefined);
    await vi.waitFor(() => expect(session.isEnded).toBe(true));
  });
});

describe("one's own page", () => {
  it("[T22] shows where one is signed in, and ends the others after a question", async () => {
    const session = (n: number, isCurrent: boolean) => ({
      id: idOf(n),
      isCurrent,
      createdAt: 1,
      lastUsedAt: 1,
      device: "",
      browser: n === 1 ? "Firefox" : null,
      system: n === 1 ? "Windows" : null,
      isPhone: false,
      ipAddress: null,
    });
    const sent = answerWith({ "GET /api/me/sessions": page(session(1, false), session(2, true)), "DELETE /api/me/sessions": {} });
    const wrapper = await mountScreen(MyPage);
    await flushPromises();
    const rows = wrapper.findAll("li").map((row) => row.text());
    expect([rows[0]?.startsWith("Unknown deviceThis one"), rows[1]?.startsWith("Firefox on Windows")]).toEqual([true, true]);
    await findOnPage("main button, button", "End all others").trigger("click");
    expect(sent.some(({ request }) => request === "DELETE /api/me/sessions")).toBe(false);
    await findOnPage("[role=dialog] button", "End all others").trigger("click");
    await flushPromises();
    expect(sent.some(({ request }) => request === "DELETE /api/me/sessions")).toBe(true);
  });

  it("is in the language that was chosen on any device", async () => {
    answerWith({ "GET /api/me": { agent: { ...ME, email: "m@acme.test", role: "owner" }, locale: "es", theme: "dark" } });
    const pinia = createPinia();
    setActivePinia(pinia);
    await useSession().load();
    expect(i18n.global.locale.value).toBe("es");
    expect(localStorage.getItem("hilo.locale")).toBe("es");
  });
});
