/**
 * Writes `worker/domain/common-passwords.ts` anew from the list of `@zxcvbn-ts/language-common` (MIT): hashes of those that
 * are long enough to be chosen. `node tools/bootstrap.mjs tools/common-passwords.ts`
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { dictionary } from "@zxcvbn-ts/language-common";
import { PASSWORD_LENGTH_MIN } from "../worker/domain/api-shapes.ts";
import { foldPassword, hashPassword } from "../worker/domain/password-rules.ts";

const FILE = fileURLToPath(new URL("../worker/domain/common-passwords.ts", import.meta.url));
const LINE_LENGTH = 120;

const list = dictionary["passwords-common"].map(String);
const long = [...new Set(list.map(foldPassword))].filter((password) => password.length >= PASSWORD_LENGTH_MIN);
const hashes = [...new Set(long.map(hashPassword))].sort((a, b) => a - b);
const bytes = Buffer.alloc(hashes.length * 4);
hashes.forEach((hash, index) => bytes.writeUInt32BE(hash, index * 4));
const lines = bytes.toString("base64").match(new RegExp(`.{1,${LINE_LENGTH}}`, "g")) ?? [];
const text = `/**
 * Made by \`tools/common-passwords.ts\`: the ${hashes.length.toLocaleString("en")} passwords of ten characters and more among the ${list.length.toLocaleString("en")}
 * commonest, as sorted 32-bit hashes, because nobody has to read them. Source: @zxcvbn-ts/language-common (MIT).
 */
export const COMMON_PASSWORD_HASHES =
${lines.map((line) => `  "${line}"`).join(" +\n")};
`;
if (readFileSync(FILE, { encoding: "utf8", flag: "a+" }) !== text) writeFileSync(FILE, text);
console.log(`${hashes.length} of ${list.length} passwords`);
