/** Every test file begins with empty, isolated storage: the database needs its tables before the first test. */
import "./support/bindings.ts";
import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";

await applyD1Migrations(env.DB, env.TEST_MIGRATIONS ?? []);
