import { flushPromises } from "@vue/test-utils";
import { beforeEach, describe, expect, it } from "vitest";
import * as v from "valibot";
import { settingsSchema } from "../../../worker/domain/settings.ts";
import ContactsPage from "../../../web/inbox/contact/ContactsPage.vue";
import ThreadHeader from "../../../web/inbox/conversation/ThreadHeader.vue";
import { showLocale } from "../../../web/inbox/i18n/i18n.ts";
import LedgerPage from "../../../web/inbox/ledger/LedgerPage.vue";
import ListPane from "../../../web/inbox/list/ListPane.vue";
import MyPage from "../../../web/inbox/me/MyPage.vue";
import SavedRepliesPage from "../../../web/inbox/saved-replies/SavedRepliesPage.vue";
import ConfirmSignInPage from "../../../web/inbox/session/ConfirmSignInPage.vue";
import ForgotPasswordPage from "../../../web/inbox/session/ForgotPasswordPage.vue";
import InvitationPage from "../../../web/inbox/session/InvitationPage.vue";
import ResetPasswordPage from "../../../web/inbox/session/ResetPasswordPage.vue";
import SetupPage from "../../../web/inbox/session/SetupPage.vue";
import SignInPage from "../../../web/inbox/session/SignInPage.vue";
import AgentSettings from "../../../web/inbox/settings/AgentSettings.vue";
import ApiKeySettings from "../../../web/inbox/settings/ApiKeySettings.vue";
import GeneralSettings from "../../../web/inbox/settings/GeneralSettings.vue";
import HoursSettings from "../../../web/inbox/settings/HoursSettings.vue";
import MailboxSettings from "../../../web/inbox/settings/MailboxSettings.vue";
import WidgetSettings from "../../../web/inbox/settings/WidgetSettings.vue";
import { aLiveConversation } from "./a-live-conversation.ts";
import { aConversation, COLLEAGUE, idOf, ME } from "./builders.ts";
import { answerWith, findBarriers, mountScreen } from "./mount-screen.ts";

const page = (...items: unknown[]) => ({ items, nextCursor: null });
const contact = { id: idOf(5), name: "Ana", email: "ana@example.com", addresses: [], attributes: {}, createdAt: 1 };
const entry = {
  id: idOf(6),
  receivedAt: 1,
  from: "",
  to: "b@example.com",
  subject: null,
  state: "filtered",
  verdict: "filtered:loop",
  reason: "x",
  conversationId: idOf(1),
  size: 1,
};
const answers = {
  "GET /api/settings": {
    ...v.parse(settingsSchema, {}),
    hours: { isAlwaysOpen: false, timeZone: "UTC", days: [{ day: 1, from: 540, to: 1080 }] },
  },
  "GET /api/agents": page(
    { ...ME, email: "m@example.com", role: "owner" },
    { ...COLLEAGUE, email: "b@example.com", role: "agent" },
    { id: idOf(7), name: "Ines", email: "i@example.com", role: "viewer", invitation: { expiresAt: 4_000_000_000_000 } },
  ),
  "GET /api/api-keys": page({
    id: idOf(8),
    name: "Key",
    role: "agent",
    createdAt: 1,
    lastUsedAt: null,
    expiresAt: 1,
    createdBy: { id: ME.id, name: ME.name },
  }),
  "GET /api/mailboxes": page({ id: idOf(9), address: "support@example.com", name: null, createdAt: 1 }),
  "GET /api/saved-replies": page({ id: idOf(1), categoryId: idOf(2), title: "Greeting", text: "Hi" }),
  "GET /api/saved-reply-categories": page({ id: idOf(2), name: "Hellos" }),
  "GET /api/ledger": page(entry),
  "GET /api/contacts": page(contact),
  "GET /api/conversations": page(aConversation(2), aConversation(1)),
};

const link = { purpose: "reset", name: "Ines", email: "i@example.com", company: "Acme", expiresAt: 4_000_000_000_000 };
const sessions = [
  ["Firefox", "Windows", false],
  [null, null, true],
].map(([browser, system, isCurrent], index) => ({
  id: idOf(20 + index),
  isCurrent,
  createdAt: 1,
  lastUsedAt: 1,
  device: "",
  browser,
  system,
  isPhone: false,
  ipAddress: "198.51.100.7",
}));
const accountAnswers = {
  "POST /api/account-links/check": link,
  "GET /api/me/sessions": page(...sessions),
};

const { live } = aLiveConversation();
const SCREENS = [
  ["sign-in", SignInPage, {}],
  ["setup", SetupPage, {}],
  ["forgotten password", ForgotPasswordPage, {}],
  ["new password", ResetPasswordPage, {}],
  ["invitation", InvitationPage, {}],
  ["confirmed sign-in", ConfirmSignInPage, {}],
  ["one's own page", MyPage, {}],
  ["list", ListPane, { selectedId: "" }],
  ["thread header", ThreadHeader, { live, conversation: aConversation(1), isPanelShown: true }],
  ["contacts", ContactsPage, {}],
  ["saved replies", SavedRepliesPage, {}],
  ["ledger", LedgerPage, {}],
  ["general settings", GeneralSettings, {}],
  ["widget settings", WidgetSettings, {}],
  ["mailbox settings", MailboxSettings, {}],
  ["agents", AgentSettings, {}],
  ["API keys", ApiKeySettings, {}],
  ["hours", HoursSettings, {}],
] as const;

beforeEach(async () => {
  localStorage.clear();
  answerWith({ ...answers, ...accountAnswers });
  await showLocale("en");
});

describe("every screen", () => {
  it.each(SCREENS)("%s has no barriers", async (_name, component, props) => {
    await mountScreen(component, props);
    await flushPromises();
    expect(await findBarriers()).toEqual([]);
  });

  it.each(SCREENS)("%s exists in Spanish", async (_name, component, props) => {
    const inEnglish = await mountScreen(component, props);
    await flushPromises();
    const english = inEnglish.text();
    await showLocale("es");
    const wrapper = await mountScreen(component, props);
    await flushPromises();
    expect(wrapper.text()).not.toBe(english);
    expect(wrapper.text()).not.toMatch(/\b(?:list|thread|settings|session|action|me)\.\w+/);
  });
});

describe("a failure", () => {
  it("is said in words, with the id that finds it in the log", async () => {
    const problem = { type: "about:blank", title: "x", status: 500, detail: "secret stack", code: "internal", id: "req-42" };
    answerWith({ ...answers, "GET /api/ledger": new Response(JSON.stringify(problem), { status: 500 }) });
    const wrapper = await mountScreen(LedgerPage);
    await flushPromises();
    expect(wrapper.text()).toContain("Something went wrong on the server.");
    expect(wrapper.text()).toContain("req-42");
    expect(wrapper.text()).not.toContain("secret stack");
  });
});

describe("signing in", () => {
  it("[T9] does not tell which of the two was wrong", async () => {
    const problem = { type: "about:blank", title: "", status: 401, detail: "", code: "wrong_sign_in", id: "E-1" };
    answerWith({ "POST /api/auth/sign-in/email": new Response(JSON.stringify(problem), { status: 401 }) });
    const wrapper = await mountScreen(SignInPage);
    await wrapper.get("form").trigger("submit");
    await flushPromises();
    expect(wrapper.get("[role=alert]").text()).toBe("The email or the password is wrong.");
  });
});
