/** The Worker's environment on one's own machine: secrets that are made once, and what the caller chose. */
import { parseEnv } from "node:util";

/** Everything that the Worker reads; nothing else of the caller's environment reaches it. */
export const WORKER_VARIABLES = [
  "APP_SECRET",
  "APP_SECRET_OLDER",
  "INBOUND_MAIL_SECRET",
  "PUBLIC_URL",
  "MAIL_TRANSPORT",
  "SMTP_URL",
  "SETUP_TOKEN",
  "INBOX_SHARDS",
  "RATE_LIMITS",
  "TOTALS_WAIT_MS",
  "LOCATION_HINT",
] as const;
/** Kept between starts: without them sessions, visitors' tokens and reply addresses would stop working. */
const KEPT_VARIABLES = ["APP_SECRET", "INBOUND_MAIL_SECRET"] as const;

type WorkerVariable = (typeof WORKER_VARIABLES)[number];
export type WorkerEnv = Partial<Record<WorkerVariable, string>> & Record<(typeof KEPT_VARIABLES)[number], string>;
type Variables = Record<string, string | undefined>;

export interface WorkerEnvInput {
  /** The environment `npm start` was given; it wins. */
  caller: Variables;
  /** The content of `.dev.vars`, if there is one. */
  devVars: string;
  /** The content of the state folder's `worker.env` of an earlier start. */
  earlier: string;
  publicUrl: string;
  /** Where the demo mailbox takes mail; null without one. */
  demoSmtpUrl: string | null;
  makeSecret: () => string;
}

function chosenBy(variables: Variables): Partial<Record<WorkerVariable, string>> {
  const chosen: Partial<Record<WorkerVariable, string>> = {};
  for (const name of WORKER_VARIABLES) {
    const value = variables[name];
    if (value !== undefined && value !== "") chosen[name] = value;
  }
  return chosen;
}

/** Mail goes to the demo mailbox unless somebody said where it should go. */
function computeMail(chosen: Partial<Record<WorkerVariable, string>>, demoSmtpUrl: string | null) {
  const transport = chosen.MAIL_TRANSPORT ?? (chosen.SMTP_URL !== undefined || demoSmtpUrl !== null ? "smtp" : undefined);
  if (transport === undefined) return {};
  const smtpUrl = chosen.SMTP_URL ?? (transport === "smtp" ? demoSmtpUrl : null);
  return { MAIL_TRANSPORT: transport, ...(smtpUrl === null ? {} : { SMTP_URL: smtpUrl }) };
}

export function computeWorkerEnv(input: WorkerEnvInput): WorkerEnv {
  const chosen = { ...chosenBy(parseEnv(input.devVars)), ...chosenBy(input.caller) };
  const earlier = chosenBy(parseEnv(input.earlier));
  return {
    PUBLIC_URL: input.publicUrl,
    ...chosen,
    ...computeMail(chosen, input.demoSmtpUrl),
    APP_SECRET: chosen.APP_SECRET ?? earlier.APP_SECRET ?? input.makeSecret(),
    INBOUND_MAIL_SECRET: chosen.INBOUND_MAIL_SECRET ?? earlier.INBOUND_MAIL_SECRET ?? input.makeSecret(),
  };
}

/** @throws Error for a value that no kind of quotes can hold */
function quote(name: string, value: string): string {
  const mark = ["'", '"', "`"].find((mark) => !value.includes(mark));
  if (mark === undefined || /[\r\n\0]/.test(value)) throw new Error(`${name} holds characters that cannot be passed on.`);
  return `${mark}${value}${mark}`;
}

export function formatEnvFile(env: WorkerEnv): string {
  const lines = Object.entries(env).map(([name, value]) => `${name}=${quote(name, value)}`);
  return `# Written by npm start. Secrets are kept; everything else follows options and environment.\n${lines.join("\n")}\n`;
}
