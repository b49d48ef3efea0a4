/**
 * Runs a command and never outlives its parent: wrangler leaves workerd answering when only wrangler is killed, and a
 * parent that was killed hard can tidy nothing up. The parent holds the other end of this program's standard input;
 * when that closes, for whatever reason, the whole process group goes.
 *
 * Usage: node leash.ts <program> [arguments], started as the leader of its own process group.
 */
import { spawn } from "node:child_process";

const [program = "", ...args] = process.argv.slice(2);

function killGroup(): void {
  if (process.platform === "win32") process.exit(1);
  process.kill(-process.pid, "SIGKILL");
}

const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"] });
child.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
child.on("exit", (code) => process.exit(code ?? 1));
// The group is signalled as a whole: the child ends first, and its exit ends this program.
process.on("SIGTERM", () => {});
process.on("SIGINT", () => {});
process.stdin.on("end", killGroup);
process.stdin.on("error", killGroup);
process.stdin.resume();
