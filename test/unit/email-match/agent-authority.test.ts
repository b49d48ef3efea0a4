/** What a mail says of itself gives nobody an agent's authority: not to write in their name, not to file a third person's words. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchConversation } from "../../../worker/email/match-conversation.ts";
import type { MatchFacts } from "../../../worker/email/match-facts.ts";
import type { ReplyKind } from "../../../worker/email/reply-address.ts";
import { BEA, buildContact, buildFacts, buildFound, buildMail, buildPass, buildSender, buildToken } from "./build-facts.ts";

const NO_LABEL = { campaign: null, isIdReused: false };
const OWN_ID = { shouldNotify: true, learnIds: ["m1@mail.example"], participants: [] };
const OLGA = buildSender({ agentId: "olga" });
const LEO = { address: "leo@mail.example", name: "Leo" };
const stranger = { relation: "stranger" } as const;
const forwarding = { forwardedFrom: { ...LEO, subject: "Help" }, forwardNote: "Please look" };
const believed = { authentication: buildPass() };
const forged = { authentication: { dmarc: "fail", spf: "none", dkim: "none" } } as const;
const own = (kind: ReplyKind) => buildToken(stranger, true, kind);

/** Of a mail From an agent. */
function decide(facts: Partial<MatchFacts>, mail: Parameters<typeof buildMail>[0] = {}) {
  return matchConversation(buildFacts({ sender: OLGA, ...facts, mail: buildMail(mail) }));
}

describe("[M9] an agent's From", () => {
  it("[T20] by itself is a stranger's, marked", () => {
    expect(decide({ token: buildToken(stranger) })).toEqual({
      row: "M11",
      code: "token:new-person",
      target: { kind: "join", conversationId: "c-token", shouldReopen: true },
      claimsAgent: "olga",
      ...OWN_ID,
      reason: "Someone else wrote to this conversation's signed reply address.",
      ...NO_LABEL,
    });
    expect(decide({ references: [buildFound(stranger)] })).toMatchObject({ row: "M13", claimsAgent: "olga" });
    expect(decide({})).toMatchObject({ row: "M17", claimsAgent: "olga" });
    expect(decide({ sender: buildSender({ agentId: "olga", contact: buildContact() }) })).toMatchObject({
      row: "M16",
      claimsAgent: "olga",
    });
    // One who is no agent claims nothing.
    expect(decide({ sender: buildSender() })).not.toHaveProperty("claimsAgent");
  });

  const setting: Partial<MatchFacts> = { settings: { canAgentsReplyByMail: true, isSplitBySubject: false } };
  /** What is shown, and what that makes of an answer where agents may answer by mail. */
  const cases: [string, Partial<MatchFacts>, Parameters<typeof buildMail>[0], string][] = [
    ["nothing", { token: buildToken(stranger) }, {}, "M11"],
    ["the token of somebody else's mail", { token: buildToken(stranger, false, "agent-message") }, {}, "M11"],
    ["a token that was sent to them as a person", { token: own("contact") }, {}, "M11"],
    ["a pass for another domain", { token: buildToken(stranger) }, { authentication: buildPass("evil.example") }, "M11"],
    ["a pass for a domain above it", { token: buildToken(stranger) }, { authentication: buildPass("example") }, "M11"],
    [
      "a pass that names no domain",
      { token: own("contact") },
      { authentication: { dmarc: "pass", spf: "pass", dkim: "pass" } },
      "M11",
    ],
    ["their own token, with a fail", { token: own("agent-message") }, forged, "M11"],
    ["their own token of a message", { token: own("agent-message") }, {}, "note"],
    ["a pass", { token: buildToken(stranger) }, believed, "note"],
    ["a pass, by an id", { references: [buildFound(stranger)] }, believed, "note"],
    ["both, of a mention", { token: own("agent-other") }, believed, "note"],
    ["both, of a message, by a machine", { token: own("agent-message") }, { ...believed, class: "auto-reply" }, "note"],
    ["both, of a message", { token: own("agent-message") }, believed, "reply"],
  ];
  it.each(cases)("with %s", (_title, facts, mail, expected) => {
    const verdict = decide({ ...setting, ...facts }, mail);
    expect(verdict.code === "note" ? verdict.as : verdict.row).toBe(expected);
    expect("claimsAgent" in verdict).toBe(expected === "M11");
  });

  it("is a note of what it says, and a reply only with the setting on", () => {
    expect(decide({ token: own("agent-message") }, believed)).toEqual({
      row: "M9",
      code: "note",
      conversationId: "c-token",
      agentId: "olga",
      as: "note",
      learnIds: ["m1@mail.example"],
      reason: "An agent answered by mail: kept as a note.",
      ...NO_LABEL,
    });
    expect(decide({ ...setting, token: own("agent-message") }, believed)).toMatchObject({
      reason: "An agent answered the contact by mail.",
    });
  });

  it("is an agent's who is in copy, too; in a conversation of their own they are its person", () => {
    expect(decide({ token: buildToken({ relation: "participant" }) }, believed).row).toBe("M9");
    expect(decide({ token: buildToken({ relation: "contact" }) }, believed)).toMatchObject({ row: "M10" });
    expect(decide({ references: [buildFound({ relation: "contact" })] }, believed)).toMatchObject({ row: "M12" });
    // Unless they answer what they were told as an agent.
    expect(decide({ token: buildToken({ relation: "contact" }, true, "agent-other") }).row).toBe("M9");
  });

  it("[T20] no combination of what a sender can choose gives an agent's authority", () => {
    const theirs = fc.record({
      token: fc.constantFrom<MatchFacts["token"]>(
        { kind: "none" },
        { kind: "bad" },
        buildToken(stranger),
        buildToken({ relation: "participant" }),
        buildToken(stranger, false, "agent-message"),
        buildToken(stranger, true, "form"),
        own("forward"),
      ),
      references: fc.subarray([buildFound(stranger), buildFound()]),
      mail: fc
        .record({
          class: fc.constantFrom("person" as const, "list" as const, "auto-reply" as const),
          forwardedFrom: fc.constantFrom(null, forwarding.forwardedFrom),
          authentication: fc.constantFrom(
            forged.authentication,
            buildPass("evil.example"),
            { dmarc: "pass" as const, spf: "pass" as const, dkim: "pass" as const },
            { dmarc: "none" as const, spf: "pass" as const, dkim: "pass" as const, passDomain: "mail.example" },
          ),
        })
        .map(buildMail),
    });
    fc.assert(
      fc.property(theirs, (chosen) => {
        const verdict = matchConversation(buildFacts({ sender: OLGA, ...setting, ...chosen }));
        expect(["note", "forwarded"]).not.toContain(verdict.code);
        if ("target" in verdict) expect(verdict).toMatchObject({ claimsAgent: "olga" });
      }),
      { seed: 3, numRuns: 1_000 },
    );
  });
});

describe("[M9a] the answer to what was sent on", () => {
  it("is a note from outside, whoever answers", () => {
    for (const relation of ["stranger", "participant", "contact"] as const)
      expect(decide({ sender: buildSender(), token: buildToken({ relation }, true, "forward") })).toEqual({
        row: "M9a",
        code: "outside",
        conversationId: "c-token",
        learnIds: ["m1@mail.example"],
        reason: "Somebody outside answered what was sent on to them: kept as a note.",
        ...NO_LABEL,
      });
  });
});

describe("[M8] a mail that an agent forwards", () => {
  const author = { address: LEO.address, name: LEO.name };
  const forwarded = {
    row: "M8",
    code: "forwarded",
    target: { kind: "begin", contact: { kind: "new", address: author } },
    author,
    forwardedBy: "olga",
    acceptedBy: null,
    note: "Please look",
    ...OWN_ID,
    reason: "An agent forwarded a mail of leo@mail.example.",
    ...NO_LABEL,
  };

  it("[S13] belongs to its original sender where the agent is believed", () => {
    expect(decide({}, { ...forwarding, ...believed })).toEqual(forwarded);
    const known = decide({ forwardedContact: buildContact() }, { ...forwarding, ...believed });
    expect(known).toMatchObject({ target: { kind: "join", conversationId: "c-latest" } });
    const placeless = decide({ forwardedContact: { contactId: "p1", latest: null } }, { ...forwarding, ...believed });
    expect(placeless).toMatchObject({ target: { kind: "begin", contact: { kind: "known", contactId: "p1" } } });
  });

  it("or where it came to the agent's own forwarding address, from wherever", () => {
    const token: MatchFacts["token"] = { kind: "agent-forward", agentId: "olga" };
    expect(decide({ token }, forwarding)).toEqual(forwarded);
    expect(decide({ token, sender: buildSender() }, forwarding)).toEqual(forwarded);
    expect(decide({ token }, { ...forwarding, ...forged }).row).toBe("M15");
    // Not a forward: what they say about a conversation, or an ordinary mail, and theirs for all that is known.
    expect(decide({ token, references: [buildFound({ relation: "stranger" })] })).toMatchObject({
      row: "M9",
      agentId: "olga",
      as: "note",
    });
    expect(decide({ token })).toMatchObject({ row: "M17" });
    expect(decide({ token })).not.toHaveProperty("claimsAgent");
    expect(decide({ token, sender: buildSender({ agentId: "ana" }) })).toMatchObject({ claimsAgent: "ana" });
  });

  it("[T20] is else a conversation of its sender, and says so", () => {
    for (const token of [{ kind: "none" } as const, buildToken(stranger), buildToken({ relation: "contact" })])
      expect(decide({ token, forwardedContact: buildContact() }, forwarding)).toEqual({
        row: "M8",
        code: "forwarded:unverified",
        target: { kind: "begin", contact: { kind: "new", address: BEA } },
        original: author,
        claimsAgent: "olga",
        ...OWN_ID,
        reason: "It says that an agent forwarded a mail of leo@mail.example; not verified.",
        ...NO_LABEL,
      });
  });

  it("whom a colleague believes is carried out like any other", () => {
    expect(decide({ forwardAcceptedBy: "ana" }, forwarding)).toEqual({ ...forwarded, acceptedBy: "ana" });
  });

  it("with an agent's own token, but not believed, is their answer", () => {
    expect(decide({ token: own("agent-other") }, forwarding)).toMatchObject({ row: "M9", as: "note" });
  });

  it("is forwarded by agents only, and only what others wrote", () => {
    const to = (address: string) => ({ forwardedFrom: { address, name: null, subject: null }, ...believed });
    expect(decide({ sender: buildSender() }, to(LEO.address)).row).toBe("M17");
    expect(decide({}, to("hello+token@shop.example")).row).toBe("M17");
    expect(decide({}, to(BEA.address)).row).toBe("M17");
    expect(decide({}, { ...forwarding, ...forged }).row).toBe("M15");
  });
});
