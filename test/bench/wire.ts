/** Plain sockets for load: nothing of the product's client, so that both sides of a comparison carry the same. */
import { once } from "node:events";
import { WebSocket } from "ws";
import { textOf } from "../../tools/local-worker/ws-text.ts";

/** Marks a message in a frame, whatever the frame's format. */
const MARK = /#(\d+)#/;

export const markText = (number: number): string => `Could you tell me when my order arrives, please? #${number}#`;

export interface WireOptions {
  readonly url: string;
  readonly protocols: readonly string[];
  readonly headers: Record<string, string>;
  /** What is sent first; the answer is a `welcome`. */
  readonly greeting: string;
}

export class Wire {
  readonly #socket: WebSocket;
  /** Called with the number of every relayed message. */
  onMark: (number: number) => void = () => {};
  /** Messages in the welcome and the pages after it. */
  historyCount = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("error", () => {});
    socket.on("message", (data) => this.#receive(textOf(data)));
  }

  /** Settles when the welcome is there, and all of the history. */
  static async open(options: WireOptions, historyMin = 0): Promise<Wire> {
    const { url, protocols, headers, greeting } = options;
    const socket = new WebSocket(url, [...protocols], { headers, perMessageDeflate: false });
    const wire = new Wire(socket);
    await once(socket, "open");
    socket.send(greeting);
    await wire.#caughtUp(historyMin);
    return wire;
  }

  send(frame: string): void {
    this.#socket.send(frame);
  }

  cut(): void {
    this.#socket.terminate();
  }

  #isWelcome = false;
  #waiting: (() => void) | null = null;

  async #caughtUp(historyMin: number): Promise<void> {
    while (!this.#isWelcome || this.historyCount < historyMin) await new Promise<void>((resolve) => (this.#waiting = resolve));
  }

  #receive(text: string): void {
    if (text.startsWith('{"type":"welcome"') || text.startsWith('{"type":"messages"')) {
      this.#isWelcome = true;
      this.historyCount += text.match(/#\d+#/g)?.length ?? 0;
      return this.#waiting?.();
    }
    const mark = MARK.exec(text)?.[1];
    if (mark !== undefined) this.onMark(Number(mark));
  }
}
