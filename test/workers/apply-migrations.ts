/** Every test file begins with empty, isolated storage: the database needs its tables before the first test. */
import { applyD1Migrations, type D1Migration } from "cloudflare:test";
import { env } from "cloudflare:workers";

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- the platform's types are extended by declaration merging
  namespace Cloudflare {
    interface Env {
      /** Read from migrations/ by vitest.config.ts; exists in tests only. */
      TEST_MIGRATIONS: D1Migration[];
    }
  }
}

await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
