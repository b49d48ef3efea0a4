/** A Postfix of its own: Debian's programs, with a configuration, a queue and a port for one test. */
import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LOOPBACK } from "../../tools/start/ports.ts";

const PROGRAM = "/usr/sbin/postfix";
const START_TIMEOUT_MS = 20_000;

/** Postfix starts as root only. */
export const hasPostfix = existsSync(PROGRAM) && existsSync("/usr/bin/curl") && process.getuid?.() === 0;

export interface PostfixOptions {
  port: number;
  /** Address or domain → `transport:nexthop`. */
  transports: Record<string, string>;
  /** Lines of `master.cf` for transports of its own; `FOLDER` is where the files are. */
  services?: string[];
  /** Files beside the configuration, by name; only `nobody` may read and run them. */
  files?: Record<string, string>;
}

const SERVICES = [
  "pickup unix n - n 60 1 pickup",
  "cleanup unix n - n - 0 cleanup",
  // It looks into the queue every second, so that a test need not wait for minutes.
  "qmgr unix n - n 1 1 qmgr",
  "rewrite unix - - n - - trivial-rewrite",
  "bounce unix - - n - 0 bounce",
  "defer unix - - n - 0 bounce",
  "trace unix - - n - 0 bounce",
  "verify unix - - n - 1 verify",
  "flush unix n - n 1000? 0 flush",
  "proxymap unix - - n - - proxymap",
  "smtp unix - - n - - smtp",
  "relay unix - - n - - smtp",
  "showq unix n - n - - showq",
  "error unix - - n - - error",
  "retry unix - - n - - error",
  "discard unix - - n - - discard",
  "local unix - n n - - local",
  "anvil unix - - n - 1 anvil",
  "scache unix - - n - 1 scache",
  "postlog unix-dgram n - n - 1 postlogd",
];

function mainConfiguration(folder: string): string {
  const settings = {
    compatibility_level: "3.6",
    queue_directory: join(folder, "queue"),
    data_directory: join(folder, "data"),
    maillog_file: join(folder, "log"),
    maillog_file_prefixes: folder,
    myhostname: "mx.acme.test",
    mydestination: "",
    relay_domains: "acme.test",
    recipient_delimiter: "+",
    inet_interfaces: LOOPBACK,
    inet_protocols: "ipv4",
    mynetworks: "127.0.0.0/8",
    disable_dns_lookups: "yes",
    smtp_host_lookup: "native",
    transport_maps: `texthash:${join(folder, "transport")}`,
    // What waits is tried again at once.
    minimal_backoff_time: "1s",
    maximal_backoff_time: "2s",
    queue_run_delay: "1s",
    transport_retry_time: "1s",
    message_size_limit: "26214400",
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join("");
}

function findUser(user: string): { uid: number; gid: number } {
  const fields = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .find(([name]) => name === user);
  return { uid: Number(fields?.[2]), gid: Number(fields?.[3]) };
}

export class Postfix {
  readonly port: number;
  readonly folder: string;

  constructor(options: PostfixOptions) {
    this.port = options.port;
    this.folder = mkdtempSync(join(tmpdir(), "hilo-postfix-"));
    chmodSync(this.folder, 0o755);
    for (const name of ["queue", "data"]) mkdirSync(join(this.folder, name));
    const owner = findUser("postfix");
    chownSync(join(this.folder, "data"), owner.uid, owner.gid);
    const nobody = findUser("nobody");
    const listen = `${LOOPBACK}:${options.port} inet n - n - - smtpd`;
    writeFileSync(join(this.folder, "master.cf"), `${[listen, ...SERVICES, ...this.#services(options)].join("\n")}\n`);
    writeFileSync(join(this.folder, "main.cf"), mainConfiguration(this.folder));
    const transports = Object.entries(options.transports).map(([name, transport]) => `${name} ${transport}\n`);
    writeFileSync(join(this.folder, "transport"), transports.join(""));
    for (const [name, content] of Object.entries(options.files ?? {})) {
      writeFileSync(join(this.folder, name), content, { mode: 0o500 });
      chownSync(join(this.folder, name), nobody.uid, nobody.gid);
    }
  }

  #services({ services = [] }: PostfixOptions): string[] {
    return services.map((line) => line.replaceAll("FOLDER", this.folder));
  }

  /** @throws Error with Postfix's own words where it does not start */
  start(): void {
    this.#run("start");
  }

  log(): string {
    return existsSync(join(this.folder, "log")) ? readFileSync(join(this.folder, "log"), "utf8") : "";
  }

  /** Also where it never started. */
  stop(): void {
    try {
      this.#run("stop");
    } catch {
      // It was not running.
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  #run(command: "start" | "stop"): void {
    execFileSync(PROGRAM, ["-c", this.folder, command], { timeout: START_TIMEOUT_MS, stdio: "pipe" });
  }
}
