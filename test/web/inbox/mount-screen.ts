import { PiniaColada } from "@pinia/colada";
import { DOMWrapper, mount, type VueWrapper } from "@vue/test-utils";
import axe from "axe-core";
import { createPinia, setActivePinia, type Pinia } from "pinia";
import { vi } from "vitest";
import { defineComponent, h, type Component } from "vue";
import { createMemoryHistory, createRouter } from "vue-router";
import type { Role } from "../../../worker/domain/roles.ts";
import { i18n } from "../../../web/inbox/i18n/i18n.ts";
import { useSession } from "../../../web/inbox/session/session.ts";
import { ME } from "./builders.ts";

const NAMES = [
  "conversations",
  "contacts",
  "saved-replies",
  "ledger",
  "settings",
  "sign-in",
  "forgot-password",
  "me",
  "setup",
  "settings-widget",
];
const SETTINGS_NAMES = [
  "settings-maintenance",
  "settings-general",
  "settings-mailboxes",
  "settings-agents",
  "settings-api-keys",
  "settings-hours",
  "settings-limits",
];
const Nothing = defineComponent({ render: () => h("div") });

export function signIn(pinia: Pinia, role: Role = "owner"): void {
  setActivePinia(pinia);
  useSession().state = { kind: "signed-in", agent: { ...ME, email: "marta@example.com", role } };
}

export interface Answers {
  [request: string]: unknown;
}

/** Answers `METHOD /path` with JSON; what is not listed is a 404. Answers the list of bodies that were sent. */
export function answerWith(answers: Answers): { request: string; body: unknown }[] {
  const sent: { request: string; body: unknown }[] = [];
  vi.stubGlobal("fetch", async (input: string, init: RequestInit = {}) => {
    const request = `${init.method ?? "GET"} ${input.replace(/\?.*$/, "")}`;
    sent.push({ request, body: typeof init.body === "string" ? JSON.parse(init.body) : init.body });
    const answer = answers[request];
    if (answer instanceof Response) return answer.clone();
    if (answer !== undefined) return Response.json(answer);
    return Response.json(
      { type: "about:blank", title: "", status: 404, detail: "None.", code: "not_found", id: "E-404" },
      { status: 404 },
    );
  });
  return sent;
}

/** Mounts a component as the app would, in the document, with a router that knows the names of all screens. */
export async function mountScreen(component: Component, props: Record<string, unknown> = {}, path = "/"): Promise<VueWrapper> {
  const pinia = createPinia();
  signIn(pinia);
  const named = [...NAMES, ...SETTINGS_NAMES].map((name) => ({ path: `/${name}/:id?`, name, component: Nothing }));
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: "/", component: Nothing }, ...named] });
  await router.push(path);
  document.body.innerHTML = "";
  const wrapper = mount(component, { props, attachTo: document.body, global: { plugins: [pinia, PiniaColada, i18n, router] } });
  await vi.waitFor(() => router.isReady());
  return wrapper;
}

/**
 * What is on the page outside the mounted component, such as a dialog: the last that fits, and says `text` if that is given.
 * Events go through `trigger`: the framework ignores a bare one in the millisecond in which its listener was added.
 */
export function findOnPage<E extends HTMLElement = HTMLElement>(selector: string, text = ""): DOMWrapper<E> {
  const found = [...document.querySelectorAll<E>(selector)].findLast(({ textContent }) => textContent.includes(text));
  if (!found) throw new Error(`no ${selector} ${text}`);
  return new DOMWrapper(found);
}

/** Violations of accessibility rules, but for those that need a whole page or real colours. */
export async function findBarriers(element: Element = document.body): Promise<string[]> {
  const rules = { region: { enabled: false }, "color-contrast": { enabled: false }, "page-has-heading-one": { enabled: false } };
  const { violations } = await axe.run(element, { rules });
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""}`);
}
