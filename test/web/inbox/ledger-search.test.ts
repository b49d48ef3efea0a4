import { flushPromises } from "@vue/test-utils";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { useRouter, type Router } from "vue-router";
import { defineComponent, h } from "vue";
import { showLocale } from "../../../web/inbox/i18n/i18n.ts";
import LedgerPage from "../../../web/inbox/ledger/LedgerPage.vue";
import { idOf } from "./builders.ts";
import { findBarriers, mountScreen } from "./mount-screen.ts";

const anEntry = (n: number, state: string, verdict: string | null, reason: string | null = "Because of a test.") => ({
  id: idOf(n),
  receivedAt: n,
  from: "rosa@example.org",
  to: "help@example.com",
  subject: `Mail ${n}`,
  state,
  verdict,
  reason,
  conversationId: null,
  size: 1,
});

/** Answers the ledger by the query that it is asked with, and notes the queries. */
function answerLedger(pages: Record<string, { items: unknown[]; nextCursor: string | null }>): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (input: string) => {
    const { pathname, searchParams } = new URL(input, "http://localhost");
    const query = searchParams.toString();
    if (pathname === "/api/ledger") asked.push(query);
    return Response.json(pages[query] ?? { items: [], nextCursor: null });
  });
  return asked;
}

async function mountLedger(path = "/ledger") {
  let router: Router | null = null;
  const page = defineComponent(() => {
    router = useRouter();
    return () => h(LedgerPage);
  });
  const wrapper = await mountScreen(page, {}, path);
  await flushPromises();
  return { wrapper, urlNow: () => router?.currentRoute.value.fullPath };
}

beforeEach(async () => {
  vi.useRealTimers();
  await showLocale("en");
});

describe("looking for a mail in the ledger", () => {
  it("asks the server when typing pauses, keeps the search in the URL, and clears it", async () => {
    const asked = answerLedger({ "q=wheel": { items: [anEntry(1, "applied", "new")], nextCursor: null } });
    const { wrapper, urlNow } = await mountLedger();
    await wrapper.get("input[type=search]").setValue("wheel ");
    await vi.waitFor(() => expect(urlNow()).toBe("/ledger?q=wheel"));
    await flushPromises();
    expect(asked).toEqual(["", "q=wheel"]);
    expect(wrapper.findAll("[data-ledger]")).toHaveLength(1);
    await wrapper.get("input[type=search]").setValue("");
    await vi.waitFor(() => expect(urlNow()).toBe("/ledger"));
  });

  it("begins with what the URL says, and keeps it when the filter changes", async () => {
    const asked = answerLedger({});
    const { wrapper } = await mountLedger("/ledger?state=filtered&q=rosa");
    expect(asked).toEqual(["state=filtered&q=rosa"]);
    expect(wrapper.get<HTMLInputElement>("input[type=search]").element.value).toBe("rosa");
    expect(wrapper.get("[aria-current=page]").text()).toBe("Kept aside");
    const links = wrapper.findAll("nav a").map((link) => link.attributes("href"));
    expect(links).toEqual([
      "/ledger?q=rosa",
      "/ledger?state=attention&q=rosa",
      "/ledger?state=quarantined&q=rosa",
      "/ledger?state=filtered&q=rosa",
      "/ledger?state=braked&q=rosa",
    ]);
  });

  it("says that older mails were not looked at yet, and goes on", async () => {
    answerLedger({
      "q=needle": { items: [], nextCursor: "further" },
      "q=needle&cursor=further": { items: [anEntry(1, "applied", "new")], nextCursor: null },
    });
    const { wrapper } = await mountLedger("/ledger?q=needle");
    expect(wrapper.text()).toContain("Nothing among the newest mails");
    expect(await findBarriers()).toEqual([]);
    const more = wrapper.findAll("button").find((button) => button.text() === "Search older mails");
    await more?.trigger("click");
    await flushPromises();
    expect(wrapper.findAll("[data-ledger]")).toHaveLength(1);
    expect(wrapper.text()).not.toContain("Search older mails");
  });

  it("says so where nothing is found", async () => {
    answerLedger({});
    expect((await mountLedger("/ledger?q=nothing")).wrapper.text()).toContain("Nothing found");
    expect((await mountLedger("/ledger?state=filtered")).wrapper.text()).toContain("Nothing is kept aside");
  });
});

describe("why a mail is where it is", () => {
  const entries = [
    anEntry(1, "quarantined", "quarantined", "The sender's address may be forged."),
    anEntry(2, "filtered", "filtered:blocked", "The sender is blocked."),
    anEntry(3, "failed", "new", "It could not be taken up after 5 tries."),
    anEntry(4, "applied", "of a newer server", "Because it is new."),
  ];

  it("is the server's own sentence in English, and told in Spanish", async () => {
    answerLedger({ "": { items: entries, nextCursor: null } });
    const { wrapper } = await mountLedger();
    for (const { reason } of entries) expect(wrapper.text()).toContain(reason ?? "");
    await showLocale("es");
    expect(wrapper.text()).toContain("La dirección del remitente puede ser falsa.");
    expect(wrapper.text()).toContain("El remitente está bloqueado.");
    expect(wrapper.text()).toContain("No se pudo procesar tras 5 intentos.");
    // A reason that this page does not know is better in English than not at all.
    expect(wrapper.text()).toContain("Because it is new.");
  });
});
