/** Plain sockets for load: nothing of the product's client, so that both sides of a comparison carry the same. */
import { once } from "node:events";
import { WebSocket } from "ws";
import { textOf } from "../../tools/local-worker/ws-text.ts";

/** As Hilo and the floor send it, or as Socket.IO does. */
const HISTORY = /^(\{"type":"(welcome|messages)"|42\["welcome")/;

/** Marks a message in a frame, whatever the frame's format. */
const MARK = /#(\d+)#/;

export const markText = (number: number): string => `Could you tell me when my order arrives, please? #${number}#`;

export interface WireOptions {
  readonly url: string;
  readonly protocols: readonly string[];
  readonly headers: Record<string, string>;
  /** What is sent first; the answer is a `welcome`, or a frame that has an answer of its own. */
  readonly greeting: string;
  /** What is answered to a frame that begins so: a handshake, and whether anybody is there. */
  readonly answers?: readonly (readonly [beginning: string, answer: string])[];
}

export class Wire {
  readonly #socket: WebSocket;
  readonly #answers: NonNullable<WireOptions["answers"]>;
  /** Called with the number of every relayed message. */
  onMark: (number: number) => void = () => {};
  /** Messages in the welcome and the pages after it. */
  historyCount = 0;

  private constructor(socket: WebSocket, answers: NonNullable<WireOptions["answers"]>) {
    this.#socket = socket;
    this.#answers = answers;
    socket.on("error", () => {});
    socket.on("message", (data) => this.#receive(textOf(data)));
  }

  /** Settles when the welcome is there, and all of the history. */
  static async open(options: WireOptions, historyMin = 0): Promise<Wire> {
    const { url, protocols, headers, greeting, answers = [] } = options;
    const socket = new WebSocket(url, [...protocols], { headers, perMessageDeflate: false });
    const wire = new Wire(socket, answers);
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
    const answer = this.#answers.find(([beginning]) => text.startsWith(beginning))?.[1];
    if (answer !== undefined) return this.#socket.send(answer);
    if (HISTORY.test(text)) {
      this.#isWelcome = true;
      this.historyCount += text.match(/#\d+#/g)?.length ?? 0;
      return this.#waiting?.();
    }
    const mark = MARK.exec(text)?.[1];
    if (mark !== undefined) this.onMark(Number(mark));
  }
}
