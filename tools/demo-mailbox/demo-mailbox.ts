/** The demo mailbox: the customers' side of the mail, on one's own machine. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { LOOPBACK } from "../start/ports.ts";
import { startMailSink } from "./customer-mail.ts";
import { MailStore } from "./mail-store.ts";
import { createMailboxApi } from "./mailbox-api.ts";

export interface DemoMailboxOptions {
  /** Where mails are kept. */
  folder: string;
  /** Of the page. */
  port: number;
  /** Where customers' mails are sent to. */
  gateway: { host: string; port: number };
}

export interface DemoMailbox {
  smtpUrl: string;
  close: () => Promise<void>;
}

type Fetch = (request: Request) => Response | Promise<Response>;

async function toRequest(incoming: IncomingMessage, signal: AbortSignal): Promise<Request> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) headers.append(name, one);
  }
  const url = new URL(incoming.url ?? "/", `http://${LOOPBACK}`);
  const method = incoming.method ?? "GET";
  if (method === "GET" || method === "HEAD") return new Request(url, { method, headers, signal });
  return new Request(url, { method, headers, signal, body: new Uint8Array(await buffer(incoming)) });
}

async function respond(fetchPage: Fetch, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const abort = new AbortController();
  outgoing.once("close", () => abort.abort());
  const response = await fetchPage(await toRequest(incoming, abort.signal));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part !== undefined && !part.done; part = await reader?.read()) outgoing.write(part.value);
  outgoing.end();
}

/** @throws Error where the page's port cannot be had */
export async function startDemoMailbox({ folder, port, gateway }: DemoMailboxOptions): Promise<DemoMailbox> {
  const store = new MailStore(folder);
  const sink = await startMailSink(store);
  const app = createMailboxApi({ store, gateway });
  const server = createServer((incoming, outgoing) => {
    // A reader that went away is no failure; anything else ends that one answer.
    respond((request) => app.fetch(request), incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, LOOPBACK, resolve);
  });
  return {
    smtpUrl: `smtp://${LOOPBACK}:${sink.port}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await Promise.all([closed, sink.close()]);
    },
  };
}
