/** One company for all tests of a file. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { type Company, openCompany } from "./company.ts";
import type { StackOptions } from "./stack.ts";

/** A folder for a picture of every page at the end of every test. */
const PICTURES = process.env.E2E_PICTURES;
const NAME_LENGTH_MAX = 100;

async function takePictures(company: Company): Promise<void> {
  if (PICTURES === undefined) return;
  mkdirSync(PICTURES, { recursive: true });
  const name = (expect.getState().currentTestName ?? "test").replaceAll(/[^\w]+/g, "-").slice(0, NAME_LENGTH_MAX);
  for (const [index, page] of company.pages().entries()) await page.screenshot({ path: join(PICTURES, `${name}-${index}.png`) });
}

/** Opens a company for all tests of a file; what a test opened is closed at its end. */
export function useCompany(options: StackOptions = {}): () => Company {
  let company: Company | null = null;
  beforeAll(async () => {
    company = await openCompany(options);
  });
  afterEach(async () => {
    if (company === null) return;
    await takePictures(company);
    await company.closeDevices();
  });
  afterAll(() => company?.close());
  return () => {
    if (company === null) throw new Error("The company has not been opened yet.");
    return company;
  };
}
