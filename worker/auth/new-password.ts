/** A password that somebody chooses: checked, then hashed. The list of common ones is loaded only here. */
import { loadSettings } from "../db/settings.ts";
import { assertNever } from "../domain/assert-never.ts";
import type { AppContext } from "../api/context.ts";
import { AppError } from "../api/problems.ts";
import { authOptions } from "./principal.ts";

export interface PasswordChoice {
  password: string;
  name: string;
  email: string;
  /** Before the settings exist. */
  company?: string;
}

/** @throws AppError common_password or personal_password */
export async function hashNewPassword(c: AppContext, { password, name, email, company }: PasswordChoice): Promise<string> {
  const { findPasswordFlaw } = await import("../domain/password-rules.ts");
  const flaw = findPasswordFlaw(password, [company ?? (await loadSettings(c.get("db")))?.company ?? "", name, email]);
  if (flaw !== null) throw refusal(flaw);
  const { hashPassword } = await import("./sessions.ts");
  return hashPassword(authOptions(c), password);
}

function refusal(flaw: "common" | "personal"): AppError {
  switch (flaw) {
    case "common":
      return new AppError("common_password", "password: is one of the commonest, and is guessed first. Choose another one.");
    case "personal":
      return new AppError("personal_password", "password: is made of your name, address or company. Choose another one.");
    default:
      return assertNever(flaw);
  }
}
