import type { Pinia } from "pinia";
import { createRouter, createWebHistory, type RouteLocationNormalized, type RouteRecordRaw } from "vue-router";
import InboxPage from "./conversation/InboxPage.vue";
import { useSession, type SessionState } from "./session/session.ts";
import AppShell from "./shell/AppShell.vue";

const settings: RouteRecordRaw[] = [
  { path: "general", name: "settings-general", component: () => import("./settings/GeneralSettings.vue") },
  { path: "widget", name: "settings-widget", component: () => import("./settings/WidgetSettings.vue") },
  { path: "mailboxes", name: "settings-mailboxes", component: () => import("./settings/MailboxSettings.vue") },
  { path: "agents", name: "settings-agents", component: () => import("./settings/AgentSettings.vue") },
  { path: "api-keys", name: "settings-api-keys", component: () => import("./settings/ApiKeySettings.vue") },
  { path: "hours", name: "settings-hours", component: () => import("./settings/HoursSettings.vue") },
  { path: "limits", name: "settings-limits", component: () => import("./settings/LimitsSettings.vue") },
  { path: "maintenance", name: "settings-maintenance", component: () => import("./settings/MaintenanceSettings.vue") },
];

const inside: RouteRecordRaw[] = [
  { path: "", redirect: { name: "conversations" } },
  { path: "conversations/:id?", name: "conversations", component: InboxPage },
  { path: "contacts/:id?", name: "contacts", component: () => import("./contact/ContactsPage.vue") },
  { path: "saved-replies", name: "saved-replies", component: () => import("./saved-replies/SavedRepliesPage.vue") },
  { path: "me", name: "me", component: () => import("./me/MyPage.vue") },
  { path: "ledger", name: "ledger", component: () => import("./ledger/LedgerPage.vue") },
  {
    path: "settings",
    name: "settings",
    component: () => import("./settings/SettingsPage.vue"),
    redirect: { name: "settings-general" },
    children: settings,
    meta: { needsAdmin: true },
  },
  { path: ":rest(.*)*", name: "not-found", component: () => import("./shell/NotFoundPage.vue") },
];

const routes: RouteRecordRaw[] = [
  { path: "/setup", name: "setup", component: () => import("./session/SetupPage.vue") },
  { path: "/sign-in", name: "sign-in", component: () => import("./session/SignInPage.vue") },
  { path: "/forgot-password", name: "forgot-password", component: () => import("./session/ForgotPasswordPage.vue") },
  // The links of mails: their token is in the fragment.
  {
    path: "/reset-password",
    name: "reset-password",
    component: () => import("./session/ResetPasswordPage.vue"),
    meta: { isForAll: true },
  },
  {
    path: "/invitation",
    name: "invitation",
    component: () => import("./session/InvitationPage.vue"),
    meta: { isForAll: true },
  },
  {
    path: "/confirm-sign-in",
    name: "confirm-sign-in",
    component: () => import("./session/ConfirmSignInPage.vue"),
    meta: { isForAll: true },
  },
  { path: "/no-access", name: "no-access", component: () => import("./session/NoAccessPage.vue") },
  { path: "/", component: AppShell, children: inside },
];

type Redirect = { name: string; query?: Record<string, string> } | true;

/** Where someone in this state of the session is sent instead of `to`; true lets them through. */
export function redirectFor(state: SessionState, to: RouteLocationNormalized): Redirect {
  const name = String(to.name ?? "");
  if (to.meta["isForAll"] === true && state.kind !== "not-set-up") return true;
  switch (state.kind) {
    case "unknown":
      return true;
    case "not-set-up":
      return name === "setup" || { name: "setup" };
    case "signed-out":
      return (
        ["sign-in", "forgot-password"].includes(name) || {
          name: "sign-in",
          query: to.fullPath === "/" ? {} : { next: to.fullPath },
        }
      );
    case "signed-in":
      if (state.agent.role === "none") return name === "no-access" || { name: "no-access" };
      if (["setup", "sign-in", "forgot-password", "no-access"].includes(name)) return { name: "conversations" };
      if (to.meta["needsAdmin"] === true && !useSession().canAdminister) return { name: "conversations" };
      return true;
  }
}

export function createInboxRouter(pinia: Pinia) {
  const router = createRouter({ history: createWebHistory(), routes });
  router.beforeEach(async (to) => {
    const session = useSession(pinia);
    // Where the server cannot be reached the page says so itself, and offers to try again.
    if (session.state.kind === "unknown") await session.load().catch(() => undefined);
    const redirect = redirectFor(session.state, to);
    return redirect;
  });
  return router;
}
