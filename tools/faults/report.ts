/** The line that a run comes to. Pure. */
import type { RunResult } from "./run.ts";

export const isClean = ({ verdict }: RunResult): boolean => Object.values(verdict).every((list) => list.length === 0);

export function formatResult(result: RunResult, run: { seed: number; minutes: number }): string {
  const { kills, cuts, halfOpens, messages, mailsIn, mailsOut, verdict } = result;
  const number = new Intl.NumberFormat("en");
  const happened = [
    `kills ${number.format(kills)}`,
    `cuts ${number.format(cuts)}`,
    `half-open ${number.format(halfOpens)}`,
    `messages ${number.format(messages)}`,
    `mails in ${number.format(mailsIn)}`,
    `mails out ${number.format(mailsOut)}`,
  ];
  const found = [
    `lost ${verdict.lost.length}`,
    `doubled ${verdict.doubled.length}`,
    `out of order ${verdict.outOfOrder.length}`,
    `gaps ${verdict.gaps.length}`,
    `behind ${verdict.behind.length}`,
  ];
  return `${happened.join(", ")}: ${found.join(", ")} (seed ${run.seed}, ${Number(run.minutes.toFixed(2))} min)`;
}

const EXAMPLES_MAX = 10;

/** Examples of what went wrong. */
export function formatBreaches({ verdict }: RunResult): string {
  return Object.entries(verdict)
    .flatMap(([kind, list]) => list.slice(0, EXAMPLES_MAX).map((detail: string) => `${kind}: ${detail}`))
    .join("\n");
}
