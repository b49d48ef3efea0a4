import { flushPromises } from "@vue/test-utils";
import { beforeEach, describe, expect, it } from "vitest";
import { showLocale } from "../../../web/inbox/i18n/i18n.ts";
import LedgerPage from "../../../web/inbox/ledger/LedgerPage.vue";
import { useToasts } from "../../../web/inbox/ui/toasts.ts";
import { idOf } from "./builders.ts";
import { answerWith, findBarriers, mountScreen } from "./mount-screen.ts";

const anEntry = (n: number, state: string, verdict: string | null) => ({
  id: idOf(n),
  receivedAt: n,
  from: "rosa@example.org",
  to: "help@example.com",
  subject: `Mail ${n}`,
  state,
  verdict,
  reason: "Because of a test.",
  conversationId: null,
  size: 1,
});
const quarantined = anEntry(1, "quarantined", "quarantined");
const filtered = anEntry(2, "filtered", "filtered:auto-reply");
const failed = anEntry(3, "failed", "new");
const joined = anEntry(4, "applied", "contact");
const accept = `POST /api/ledger/${idOf(1)}/accept`;
const parse = `POST /api/ledger/${idOf(3)}/parse`;

async function mountLedger() {
  const wrapper = await mountScreen(LedgerPage);
  await flushPromises();
  const actionsOf = (state: string) => wrapper.findAll(`[data-ledger=${state}] button`).map((button) => button.text());
  return { wrapper, actionsOf, lastToast: () => useToasts().value.at(-1)?.text };
}

beforeEach(async () => {
  answerWith({ "GET /api/ledger": { items: [quarantined, filtered, failed, joined], nextCursor: null } });
  await showLocale("en");
});

describe("the ledger", () => {
  it("says in words what became of each mail, and offers what can be done about it", async () => {
    const { wrapper, actionsOf } = await mountLedger();
    expect(wrapper.get("[data-ledger=filtered]").text()).toContain("Kept aside: automatic reply");
    expect(wrapper.get("[data-ledger=failed]").text()).toContain("Could not be read");
    expect(wrapper.get("[data-ledger=applied]").text()).toContain("Joined the contact's conversation");
    expect(["quarantined", "filtered", "failed", "applied"].map(actionsOf)).toEqual([
      ["Let in", "Keep aside"],
      ["Let in"],
      ["Read again"],
      [],
    ]);
    expect(await findBarriers()).toEqual([]);
    await showLocale("es");
    expect(wrapper.get("[data-ledger=filtered]").text()).toContain("Apartado: respuesta automática");
  });

  it("lets a mail in, says what it became, and shows it in its row", async () => {
    const { wrapper, lastToast } = await mountLedger();
    const sent = answerWith({ [accept]: { ...quarantined, state: "applied", verdict: "new", conversationId: idOf(9) } });
    wrapper.get<HTMLButtonElement>("[data-ledger=quarantined] button").element.focus();
    await wrapper.get("[data-ledger=quarantined] button").trigger("click");
    await flushPromises();
    // Its button is gone: the focus stays in the row.
    expect(document.activeElement?.getAttribute("aria-label")).toBe("Open the conversation of “Mail 1”");
    expect(sent.map(({ request }) => request)).toContain(accept);
    expect(lastToast()).toBe("The mail was let in: New conversation");
    expect(wrapper.findAll("[data-ledger]").map((row) => row.attributes("data-ledger"))).toEqual([
      "applied",
      "filtered",
      "failed",
      "applied",
    ]);
  });

  it("says so where a mail still cannot be read", async () => {
    const { wrapper, lastToast } = await mountLedger();
    answerWith({ [parse]: failed });
    await wrapper.get("[data-ledger=failed] button").trigger("click");
    await flushPromises();
    expect(lastToast()).toBe("The mail still could not be read.");
  });
});
