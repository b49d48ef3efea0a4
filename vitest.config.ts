import { fileURLToPath } from "node:url";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";

const MIGRATIONS_FOLDER = fileURLToPath(new URL("./migrations", import.meta.url));

/** Starting the whole product takes seconds on a small machine; a hung test must still end. */
const E2E_TEST_TIMEOUT_MS = 60_000;
const E2E_HOOK_TIMEOUT_MS = 180_000;
/** The one second that is usual is little for a browser on a busy machine. */
const E2E_POLL_TIMEOUT_MS = 20_000;
const WORKERS_TEST_TIMEOUT_MS = 15_000;

/** Fixed values, so that tests can sign tokens and mails of their own. */
const TEST_SECRETS = {
  APP_SECRET: "test-app-secret-0123456789abcdef0123456789abcdef",
  INBOUND_MAIL_SECRET: "test-inbound-mail-secret-0123456789",
  SETUP_TOKEN: "test-setup-token",
  PUBLIC_URL: "https://hilo.test",
  RATE_LIMITS: "off",
  // A busy machine must not look like totals that do not answer.
  TOTALS_WAIT_MS: "10000",
};

/** How many odd mails to try, and which; without it a share of them. */
const { MAIL_FUZZ: count, MAIL_FUZZ_SEED: seed } = process.env;
/** How many mails a flood is; without it a share of what an attack sent. */
const MAIL_FLOOD = process.env["MAIL_FLOOD"] === undefined ? {} : { MAIL_FLOOD: process.env["MAIL_FLOOD"] };
const MAIL_FUZZ = count === undefined ? {} : { MAIL_FUZZ: count, ...(seed === undefined ? {} : { MAIL_FUZZ_SEED: seed }) };

/** How objects end that were still at work when a test of theirs was over and everything was made anew for the next. */
const RESET = "Application called deleteAllDurableObjects().";

export default defineConfig({
  test: {
    onUnhandledError: ({ message }) => message !== RESET,
    projects: [
      {
        test: { name: "unit", include: ["test/unit/**/*.test.ts"], environment: "node" },
      },
      {
        plugins: [
          cloudflareTest(async () => ({
            remoteBindings: false,
            // The Worker itself, its objects with ports that a test can make fail.
            main: "./test/workers/support/worker.ts",
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              // Of a second company, for what two of them do to each other.
              d1Databases: ["OTHER_DB"],
              bindings: {
                ...TEST_SECRETS,
                TEST_MIGRATIONS: await readD1Migrations(MIGRATIONS_FOLDER),
                ...MAIL_FUZZ,
                ...MAIL_FLOOD,
              },
            },
          })),
        ],
        test: {
          name: "workers",
          include: ["test/workers/**/*.test.ts"],
          setupFiles: ["./test/workers/apply-migrations.ts"],
          testTimeout: WORKERS_TEST_TIMEOUT_MS,
        },
      },
      {
        plugins: [vue()],
        test: { name: "web", include: ["test/web/**/*.test.ts"], environment: "happy-dom" },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          environment: "node",
          // Each file has a stack of its own, and mostly waits.
          maxWorkers: 2,
          testTimeout: E2E_TEST_TIMEOUT_MS,
          hookTimeout: E2E_HOOK_TIMEOUT_MS,
          expect: { poll: { timeout: E2E_POLL_TIMEOUT_MS } },
        },
      },
    ],
  },
});
