/**
 * Whether a mail that says it is an agent's speaks for that agent. `From:` alone never does: anybody writes it. Pure.
 */
import { toAsciiAddress } from "../domain/address.ts";
import type { MatchFacts } from "./match-facts.ts";

export interface AgentAuthority {
  agentId: string;
  /** The server that settings name says `dmarc=pass` for exactly the domain of `From`. */
  isBelieved: boolean;
  /** What the mail was that carried the agent's own signed address; null where it was sent to another one. */
  token: "message" | "other" | null;
}

/** Null where the sender is no agent, or nothing but the `From` line says so. A *fail* counts against either evidence. */
export function findAuthority(facts: MatchFacts): AgentAuthority | null {
  const { agentId } = facts.sender;
  if (agentId === null || isForged(facts)) return null;
  const isBelieved = isBelievedFrom(facts.mail);
  const token = ownTokenOf(facts);
  return isBelieved || token !== null ? { agentId, isBelieved, token } : null;
}

/** The agent by whom a mail was sent on: believed, or by the forwarding address that they alone know, from wherever. */
export function findForwarder(facts: MatchFacts): string | null {
  if (isForged(facts)) return null;
  if (facts.token.kind === "agent-forward") return facts.token.agentId;
  return isBelievedFrom(facts.mail) ? facts.sender.agentId : null;
}

/** The agent that a mail names as its author without anything that shows it; null where there is none to doubt. */
export function findAgentClaim(facts: MatchFacts): string | null {
  return findAuthority(facts) === null ? facts.sender.agentId : null;
}

/** DMARC decides where it was evaluated; else both SPF and DKIM must fail, for forwarding breaks either. */
export function isForged({ mail }: MatchFacts): boolean {
  const { dmarc, spf, dkim } = mail.authentication;
  return dmarc === "fail" || (dmarc === "none" && spf === "fail" && dkim === "fail");
}

function isBelievedFrom({ from, authentication }: MatchFacts["mail"]): boolean {
  if (from === null || authentication.dmarc !== "pass" || authentication.passDomain === undefined) return false;
  const [, domain = ""] = /@([^@]*)$/.exec(toAsciiAddress(from.address)) ?? [];
  return domain !== "" && domain.toLowerCase() === authentication.passDomain;
}

function ownTokenOf({ token, sender }: MatchFacts): AgentAuthority["token"] {
  // Nobody else knows their forwarding address.
  if (token.kind === "agent-forward") return token.agentId === sender.agentId ? "other" : null;
  if (token.kind !== "strong" || !token.isForSender) return null;
  if (token.tokenKind === "agent-message") return "message";
  return token.tokenKind === "agent-other" ? "other" : null;
}
