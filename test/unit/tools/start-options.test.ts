import { describe, expect, test } from "vitest";
import { parseStartOptions } from "../../../tools/start/options.ts";

describe("the options of npm start", () => {
  test("without any, the documented values", () => {
    expect(parseStartOptions([])).toEqual({
      kind: "start",
      options: { port: 8787, smtpPort: 2525, mailPort: 8788, state: ".hilo", hasDemo: true, pagesPort: null },
    });
  });

  test("each of them can be given, with a space or an equals sign", () => {
    const args = [
      "--port",
      "9000",
      "--smtp-port=9025",
      "--mail-port",
      "9001",
      "--state=/tmp/x",
      "--no-demo",
      "--pages-port=9002",
    ];
    expect(parseStartOptions(args)).toEqual({
      kind: "start",
      options: { port: 9000, smtpPort: 9025, mailPort: 9001, state: "/tmp/x", hasDemo: false, pagesPort: 9002 },
    });
  });

  test.each([
    [["--port", "abc"], "--port must be a port from 1 to 65535"],
    [["--port", "0"], "--port must be a port"],
    [["--smtp-port", "70000"], "--smtp-port must be a port"],
    [["--port", "9000", "--mail-port", "9000"], "must be different ports"],
    [["--port", "9000", "--pages-port", "9000"], "must be different ports"],
    [["--prot", "9000"], "--prot"],
    [["--port"], "--port"],
    [["--state", " "], "--state must name a folder"],
    [["9000"], "9000"],
  ])("%j is refused with a sentence that names it", (args, sentence) => {
    const parsed = parseStartOptions(args);
    expect(parsed).toMatchObject({ kind: "bad", reason: expect.stringContaining(sentence) });
  });

  test("without the demo mailbox its port does not matter", () => {
    expect(parseStartOptions(["--port", "8788", "--no-demo"]).kind).toBe("start");
  });

  test("--help asks for the usage", () => {
    expect(parseStartOptions(["--help"])).toEqual({ kind: "help" });
  });
});
