/** The server of a run: the product's bundle on real state, killed and started again one thing at a time. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { ROOT } from "../check/step.ts";
import { bundleWorker } from "../local-worker/bundle.ts";
import { LocalWorker } from "../local-worker/local-worker.ts";
import { findFreePort } from "../start/ports.ts";

export const INBOUND_MAIL_SECRET = "faults-inbound-secret-0123456789abcdef";
const APP_SECRET = "faults-app-secret-0123456789abcdef0123456789";
const ENTRY = "tools/faults/worker/faulty-worker.ts";
const STARTS_MAX = 5;
const START_PAUSE_MS = 300;
const REQUEST_TIMEOUT_MS = 20_000;

export interface Trouble {
  readonly d1?: number;
  readonly r2?: number;
  readonly inbox?: number;
  readonly abort?: number;
}

export class FaultyServer {
  readonly worker: LocalWorker;
  kills = 0;
  /** Told when the server goes and comes. */
  onChange: (isUp: boolean) => void = () => {};
  /** What was asked of the server so far: each thing waits for the one before. */
  #last: Promise<void> = Promise.resolve();

  private constructor(worker: LocalWorker) {
    this.worker = worker;
  }

  static async start(folder: string, smtpPort: number): Promise<FaultyServer> {
    const state = join(folder, "state");
    await mkdir(state, { recursive: true });
    const port = await findFreePort();
    const worker = new LocalWorker({
      port,
      state,
      script: await bundleWorker(ENTRY, join(folder, "bundle")),
      variables: {
        APP_SECRET,
        INBOUND_MAIL_SECRET,
        RATE_LIMITS: "off",
        MAIL_TRANSPORT: "smtp",
        SMTP_URL: `smtp://127.0.0.1:${smtpPort}`,
        PUBLIC_URL: `http://127.0.0.1:${port}`,
      },
      objects: { CONVERSATION: "Conversation", INBOX: "Inbox", TOTALS: "Totals" },
      migrations: join(ROOT, "migrations"),
    });
    await worker.start();
    return new FaultyServer(worker);
  }

  /** @returns when it answers again */
  kill(pauseMs: number): Promise<void> {
    this.#last = this.#last.then(async () => {
      await this.worker.kill();
      this.kills += 1;
      this.onChange(false);
      await wait(pauseMs);
      await this.#startAgain();
      this.onChange(true);
    });
    return this.#last;
  }

  /** Settles when nothing is being killed or started. */
  settled(): Promise<void> {
    return this.#last;
  }

  /** How often its dependencies fail from now on; a server that is down has forgotten it anyway. */
  async trouble(trouble: Trouble, query = ""): Promise<boolean> {
    const init = { method: "POST", body: JSON.stringify(trouble), signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) };
    const answer = await fetch(`${this.worker.url}/faults${query}`, init).catch(() => null);
    return answer?.ok === true;
  }

  /** What is due every few minutes; a beat that is missed does no harm. */
  async ringCron(): Promise<void> {
    const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const answer = await fetch(`${this.worker.url}/cdn-cgi/local/scheduled`, { signal }).catch(() => null);
    await answer?.body?.cancel();
  }

  async #startAgain(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.worker.start();
      } catch (error) {
        await this.worker.kill();
        if (attempt === STARTS_MAX) throw error;
        await wait(START_PAUSE_MS);
      }
    }
  }
}
