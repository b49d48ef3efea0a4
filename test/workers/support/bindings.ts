/** The types of what the tests reach: the Worker's own bindings, its entry point, and the migrations. */
import type { D1Migration } from "cloudflare:test";
import type { Env as WorkerEnv } from "../../../worker/env.ts";
import type * as workerModule from "../../../worker/index.ts";

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- the platform's types are extended by declaration merging
  namespace Cloudflare {
    interface Env extends WorkerEnv {
      /** Read from migrations/ by vitest.config.ts; exists in tests only. */
      TEST_MIGRATIONS?: D1Migration[];
      /** D1 of a second company; exists in tests only. */
      OTHER_DB?: D1Database;
      /** How many odd mails to try. */
      MAIL_FUZZ?: string;
      MAIL_FUZZ_SEED?: string;
      /** How many mails a flood is. */
      MAIL_FLOOD?: string;
    }
    interface GlobalProps {
      mainModule: typeof workerModule;
    }
  }
}
