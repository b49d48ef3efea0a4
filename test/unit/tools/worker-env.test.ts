import { parseEnv } from "node:util";
import { describe, expect, test } from "vitest";
import { computeWorkerEnv, formatEnvFile, type WorkerEnvInput } from "../../../tools/start/worker-env.ts";

let secrets = 0;
const buildInput = (changes: Partial<WorkerEnvInput> = {}): WorkerEnvInput => ({
  caller: {},
  devVars: "",
  earlier: "",
  publicUrl: "http://localhost:8787",
  demoSmtpUrl: "smtp://127.0.0.1:4025",
  makeSecret: () => `made-${(secrets += 1)}`,
  ...changes,
});

describe("the Worker's environment", () => {
  test("the first start makes secrets and sends mail to the demo mailbox", () => {
    expect(computeWorkerEnv(buildInput({ makeSecret: () => "made" }))).toEqual({
      PUBLIC_URL: "http://localhost:8787",
      MAIL_TRANSPORT: "smtp",
      SMTP_URL: "smtp://127.0.0.1:4025",
      APP_SECRET: "made",
      INBOUND_MAIL_SECRET: "made",
    });
  });

  test("a later start keeps the secrets and nothing else of the earlier file", () => {
    const first = formatEnvFile(computeWorkerEnv(buildInput({ caller: { SETUP_TOKEN: "once", SMTP_URL: "smtp://old" } })));
    const second = computeWorkerEnv(buildInput({ earlier: first, publicUrl: "http://localhost:9000" }));
    const { APP_SECRET, INBOUND_MAIL_SECRET } = parseEnv(first);
    expect(second).toEqual({
      PUBLIC_URL: "http://localhost:9000",
      MAIL_TRANSPORT: "smtp",
      SMTP_URL: "smtp://127.0.0.1:4025",
      APP_SECRET,
      INBOUND_MAIL_SECRET,
    });
  });

  test("the caller's environment wins over .dev.vars, which wins over the rest", () => {
    const env = computeWorkerEnv(
      buildInput({
        caller: { APP_SECRET: "caller", RATE_LIMITS: "off", HOME: "/root" },
        devVars: "APP_SECRET=file\nINBOUND_MAIL_SECRET=file\nPUBLIC_URL=https://file.example",
        earlier: "APP_SECRET=earlier\nINBOUND_MAIL_SECRET=earlier",
      }),
    );
    expect(env).toMatchObject({
      APP_SECRET: "caller",
      INBOUND_MAIL_SECRET: "file",
      PUBLIC_URL: "https://file.example",
      RATE_LIMITS: "off",
    });
    expect(env).not.toHaveProperty("HOME");
  });

  test.each([
    [{ SMTP_URL: "smtp://mail.example" }, { MAIL_TRANSPORT: "smtp", SMTP_URL: "smtp://mail.example" }],
    [{ MAIL_TRANSPORT: "smtp" }, { MAIL_TRANSPORT: "smtp", SMTP_URL: "smtp://127.0.0.1:4025" }],
    [{ MAIL_TRANSPORT: "cloudflare" }, { MAIL_TRANSPORT: "cloudflare" }],
  ])("mail goes where the caller says: %j", (caller, expected) => {
    const { MAIL_TRANSPORT, SMTP_URL } = computeWorkerEnv(buildInput({ caller }));
    expect({ MAIL_TRANSPORT, ...(SMTP_URL === undefined ? {} : { SMTP_URL }) }).toEqual(expected);
  });

  test("without demo mailbox and wishes, the transport is the Worker's own default", () => {
    expect(computeWorkerEnv(buildInput({ demoSmtpUrl: null }))).not.toHaveProperty("MAIL_TRANSPORT");
  });

  test.each(["plain", "with space # and hash", "it's", 'say "yes"', "a=b&c=$d", "back\\slash"])(
    "the file gives %j back as it was",
    (value) => {
      const file = formatEnvFile({ APP_SECRET: value, INBOUND_MAIL_SECRET: "x" });
      expect(parseEnv(file).APP_SECRET).toBe(value);
    },
  );

  test("a value with a line break cannot smuggle in another variable", () => {
    expect(() => formatEnvFile({ APP_SECRET: "x\nRATE_LIMITS=off", INBOUND_MAIL_SECRET: "x" })).toThrow("APP_SECRET");
  });
});
