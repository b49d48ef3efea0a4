import { describe, expect, it } from "vitest";
import InvitationCard from "../../../web/inbox/conversation/InvitationCard.vue";
import AttachmentList from "../../../web/inbox/conversation/AttachmentList.vue";
import MessageOrigin from "../../../web/inbox/conversation/MessageOrigin.vue";
import { formatEventTimes } from "../../../web/inbox/conversation/event-times.ts";
import { aMessage } from "./builders.ts";
import { findBarriers, mountScreen } from "./mount-screen.ts";

const INVITATION = {
  kind: "request",
  summary: "Fitting <b>the lamp</b>",
  start: "2026-11-02T10:00:00",
  end: "2026-11-02T11:30:00",
  zone: "Europe/Madrid",
  organiser: "Ana <ana@acme.test>",
  location: "Room 1",
} as const;

describe("an invitation", () => {
  it("is a card with what, when, where and who, as text", async () => {
    const card = await mountScreen(InvitationCard, { invitation: INVITATION });
    for (const text of ["Fitting <b>the lamp</b>", "Europe/Madrid", "Room 1", "Ana <ana@acme.test>"])
      expect(card.text()).toContain(text);
    expect(card.find("b").exists()).toBe(false);
    expect(await findBarriers()).toEqual([]);
  });

  it("that was cancelled says so", async () => {
    const card = await mountScreen(InvitationCard, { invitation: { ...INVITATION, kind: "cancel" } });
    expect(card.text()).toContain("Cancelled event");
  });

  it("has whole days without times, and times as its sender wrote them with their zone", () => {
    expect(formatEventTimes({ start: "2026-11-02", end: "2026-11-03" }, "en-GB")).toMatch(/^Monday,? 2 November 2026$/);
    expect(formatEventTimes({ start: "2026-11-02", end: "2026-11-05" }, "en-GB")).toMatch(/2.*–.*4 November 2026/);
    expect(formatEventTimes(INVITATION, "en-GB")).toMatch(/10:00.*11:30.*\(Europe\/Madrid\)$/);
    expect(formatEventTimes({ start: "2026-11-02T10:00:00Z" }, "es")).toContain("2026");
  });
});

describe("a mail that is signed or encrypted", () => {
  it.each([
    [{ kind: "signed" as const, by: "smime" as const }, "Signed with S/MIME. The signature is not checked here."],
    [{ kind: "encrypted" as const, by: "pgp" as const }, "Encrypted with PGP."],
  ])("is named as what it is", async (protection, text) => {
    const origin = await mountScreen(MessageOrigin, { message: aMessage({ mail: { protection } }) });
    expect(document.body.textContent).toContain(text);
    origin.unmount();
  });
});

describe("a PDF", () => {
  it("has a preview beside its download; another file has none", async () => {
    const file = { id: "01912345-6789-7abc-8def-0123456789ab", name: "plan.pdf", type: "application/pdf", size: 1_000 };
    const list = await mountScreen(AttachmentList, { attachments: [file], conversationId: "c" });
    expect(list.find("[aria-label='Preview plan.pdf']").exists()).toBe(true);
    const other = await mountScreen(AttachmentList, { attachments: [{ ...file, type: "text/plain" }], conversationId: "c" });
    expect(other.find("[aria-label^=Preview]").exists()).toBe(false);
  });
});
