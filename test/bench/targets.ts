/** The servers that are compared, each as a factory of pairs: a visitor's socket and an agent's at one conversation. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "../../tools/check/step.ts";
import { beginChat, Office } from "../../tools/faults/office.ts";
import { bundleWorker } from "../../tools/local-worker/bundle.ts";
import { cpuSecondsOfGroup, LocalWorker } from "../../tools/local-worker/local-worker.ts";
import { findFreePort } from "../../tools/start/ports.ts";
import { newUuid } from "../../web/shared/uuid-v7.ts";
import type { WireOptions } from "./wire.ts";

export interface Pair {
  readonly visitor: WireOptions;
  readonly agent: WireOptions;
  /** The frame that carries this text. */
  readonly frameOf: (text: string) => string;
}

export interface Target {
  readonly name: string;
  readonly makePair: (index: number) => Promise<Pair>;
  readonly cpuSeconds: () => number;
  readonly stop: () => Promise<void>;
}

export const SECRETS = {
  APP_SECRET: "bench-app-secret-0123456789abcdef0123456789abcd",
  INBOUND_MAIL_SECRET: "bench-inbound-secret-0123456789abcdef",
  RATE_LIMITS: "off",
  MAIL_TRANSPORT: "smtp",
  SMTP_URL: "smtp://127.0.0.1:9",
};

export interface Bundles {
  readonly hilo: string;
  readonly floor: string;
}

/** @param folder takes the scripts */
export async function makeBundles(folder: string): Promise<Bundles> {
  await mkdir(folder, { recursive: true });
  const floor = join(folder, "floor.js");
  const source = await readFile(new URL("./worker/floor-worker.ts", import.meta.url), "utf8");
  await writeFile(floor, stripTypeScriptTypes(source));
  return { floor, hilo: await bundleWorker("worker/index.ts", join(folder, "hilo")) };
}

/** @param options the script, and a folder for the state */
export async function startHiloWorker(options: {
  script: string;
  state: string;
  objects?: Record<string, string>;
  inspectorPort?: number;
}): Promise<LocalWorker> {
  const { script, state, objects = {}, inspectorPort } = options;
  await mkdir(state, { recursive: true });
  const port = await findFreePort();
  const worker = new LocalWorker({
    port,
    ...(inspectorPort === undefined ? {} : { inspectorPort }),
    state,
    script,
    variables: { ...SECRETS, PUBLIC_URL: `http://127.0.0.1:${port}` },
    objects: { CONVERSATION: "Conversation", INBOX: "Inbox", TOTALS: "Totals", ...objects },
    migrations: join(ROOT, "migrations"),
  });
  await worker.start();
  return worker;
}

export async function startHilo(script: string, state: string): Promise<Target> {
  const worker = await startHiloWorker({ script, state });
  const office = await Office.open(worker.url);
  return {
    name: "Hilo",
    makePair: (index) => makeHiloPair(worker.url, office, index),
    cpuSeconds: () => worker.cpuSeconds(),
    stop: () => worker.stop(),
  };
}

const HELLO = JSON.stringify({ type: "hello", lastSeq: 0 });

export async function makeHiloPair(url: string, office: Office, index: number): Promise<Pair> {
  const { token, conversationId } = await beginChat(url, newUuid(), `Hello from ${index}`);
  const socketUrl = url.replace("http", "ws");
  return {
    visitor: { url: `${socketUrl}/widget/socket`, protocols: ["hilo.v1", `token.${token}`], headers: {}, greeting: HELLO },
    agent: {
      url: `${socketUrl}/api/conversations/${conversationId}/socket`,
      protocols: ["hilo.v1"],
      headers: office.headers,
      greeting: HELLO,
    },
    frameOf: (text) => JSON.stringify({ type: "send", clientId: newUuid(), text }),
  };
}

const textFrame = (text: string): string => JSON.stringify({ type: "message", clientId: newUuid(), text });

export async function startFloor(script: string, state: string): Promise<Target> {
  await mkdir(state, { recursive: true });
  const port = await findFreePort();
  const worker = new LocalWorker({ port, state, script, variables: {}, objects: { ROOM: "Room" }, migrations: null });
  await worker.start();
  return {
    name: "floor",
    makePair: async (index) => {
      const wire = { url: `ws://127.0.0.1:${port}/room-${index}`, protocols: [], headers: {}, greeting: "history" };
      return { visitor: wire, agent: wire, frameOf: textFrame };
    },
    cpuSeconds: () => worker.cpuSeconds(),
    stop: () => worker.stop(),
  };
}

/** Its protocol on the wire, by the same plain socket: `40` is being let in, `42` an event, `2` a ping. */
const SOCKET_IO_ANSWERS = [
  ["40", '42["history"]'],
  ["2", "3"],
] as const;

export async function startSocketIo(state: string): Promise<Target> {
  await mkdir(state, { recursive: true });
  const port = await findFreePort();
  const program = fileURLToPath(new URL("./socket-io-server.ts", import.meta.url));
  const child = spawn(process.execPath, [program, String(port), join(state, "messages.sqlite")], {
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
  });
  await once(child.stdout, "data");
  return {
    name: "Socket.IO + SQLite",
    makePair: async (index) => {
      const url = `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket&room=room-${index}`;
      const wire = { url, protocols: [], headers: {}, greeting: "40", answers: SOCKET_IO_ANSWERS };
      return { visitor: wire, agent: wire, frameOf: (text) => `42${JSON.stringify(["message", textFrame(text)])}` };
    },
    cpuSeconds: () => cpuSecondsOfGroup(child.pid ?? 0),
    stop: async () => {
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}
