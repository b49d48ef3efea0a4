/** What the platform does by itself is configuration: these lines carry rules. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const config = readFileSync(fileURLToPath(new URL("../../../wrangler.toml", import.meta.url)), "utf8");

test("[T24] a missing file is no page, and the Worker looks at everything that is not one", () => {
  expect(config).toContain('\nnot_found_handling = "none"\n');
  for (const door of ["/api/*", "/widget/*", "/email/*", "/files/*", "/demo", "/demo/*"]) expect(config).toContain(`"${door}"`);
});

test("[T18] the platform writes no line of its own for each request, with all of its address", () => {
  expect(config).toContain("\n[observability.logs]\nenabled = true\ninvocation_logs = false\n");
});
