/** A socket as a client sees it: the frames that came, in order, and how it ended. */
import * as v from "valibot";
import { expect, vi } from "vitest";
import { SUBPROTOCOL, serverFrameSchema, type ServerFrame } from "../../../durable-objects/conversation/protocol.ts";
import { inboxServerFrameSchema, type InboxServerFrame } from "../../../durable-objects/inbox/protocol.ts";
import { fetchWorker, type Caller } from "./http.ts";
import { WAIT } from "./wait.ts";

export interface Closed {
  code: number;
  reason: string;
}

export class TestSocket<Frame extends { type: string }> {
  readonly frames: Frame[] = [];
  readonly texts: string[] = [];
  closed: Closed | null = null;
  readonly protocol: string | null;
  readonly #socket: WebSocket;

  constructor(response: Response, parse: (json: unknown) => Frame) {
    expect(response.status).toBe(101);
    const socket = response.webSocket;
    if (socket === null) throw new Error("no socket");
    this.#socket = socket;
    this.protocol = response.headers.get("sec-websocket-protocol");
    socket.addEventListener("message", ({ data }) => {
      if (typeof data !== "string") throw new Error("frames are text");
      this.texts.push(data);
      if (data !== "pong") this.frames.push(parse(JSON.parse(data)));
    });
    socket.addEventListener("close", ({ code, reason }) => {
      this.closed = { code, reason };
    });
    socket.accept();
  }

  send(frame: unknown): void {
    this.#socket.send(typeof frame === "string" || frame instanceof ArrayBuffer ? frame : JSON.stringify(frame));
  }

  close(): void {
    this.#socket.close(1000, "");
  }

  /** The first frame of this type after the first `from` frames, waited for. */
  async next<T extends Frame["type"]>(type: T, from = 0): Promise<Extract<Frame, { type: T }>> {
    return vi.waitFor(() => {
      const found = this.frames.slice(from).find((frame): frame is Extract<Frame, { type: T }> => frame.type === type);
      if (found === undefined) throw new Error(`no ${type} among ${this.frames.map((frame) => frame.type).join(", ")}`);
      return found;
    }, WAIT);
  }

  async end(): Promise<Closed> {
    return vi.waitFor(() => {
      if (this.closed === null) throw new Error("the socket is open");
      return this.closed;
    }, WAIT);
  }
}

export { WAIT };

const parseFrame = (json: unknown): ServerFrame => v.parse(serverFrameSchema, json);
const parseInboxFrame = (json: unknown): InboxServerFrame => v.parse(inboxServerFrameSchema, json);

interface Upgrade {
  protocols?: string[];
  headers?: Record<string, string>;
}

async function upgrade(caller: Caller, path: string, { protocols, headers }: Upgrade): Promise<Response> {
  return fetchWorker(caller, `GET ${path}`, {
    headers: {
      upgrade: "websocket",
      ...(protocols === undefined ? {} : { "sec-websocket-protocol": protocols.join(", ") }),
      ...headers,
    },
  });
}

export async function visitorSocket(token: string, { protocols, headers }: Upgrade = {}): Promise<TestSocket<ServerFrame>> {
  const offered = protocols ?? [SUBPROTOCOL, `token.${token}`];
  return new TestSocket(await upgrade(null, "/widget/socket", { protocols: offered, headers: headers ?? {} }), parseFrame);
}

export async function agentSocket(caller: Caller, id: string, options: Upgrade = {}): Promise<TestSocket<ServerFrame>> {
  return new TestSocket(await upgrade(caller, `/api/conversations/${id}/socket`, options), parseFrame);
}

export async function inboxSocket(caller: Caller, options: Upgrade = {}): Promise<TestSocket<InboxServerFrame>> {
  return new TestSocket(await upgrade(caller, "/api/inbox/socket", options), parseInboxFrame);
}
