/** A network between browsers and Hilo that can go silent without telling anybody, as a phone's does in a lift. */
import { createServer, connect, type Server, type Socket } from "node:net";
import { once } from "node:events";
import type { BrowserContextOptions } from "playwright-core";
import type { Colleague, Company } from "./company.ts";
import { InboxScreen } from "./inbox-screen.ts";
import { VisitorScreen } from "./visitor-screen.ts";

/** Directions in which bytes and endings are lost. */
interface Lost {
  toServer: boolean;
  toClient: boolean;
}

const NOTHING: Lost = { toServer: false, toClient: false };

interface Line {
  client: Socket;
  /** Null for one that was begun while the network was down. */
  server: Socket | null;
  lost: Lost;
}

export class BadNetwork {
  readonly url: string;
  readonly #company: Company;
  readonly #server: Server;
  readonly #lines: Set<Line>;
  /** What new connections lose. */
  #lost: Lost = NOTHING;

  private constructor(company: Company, server: Server, port: number) {
    this.#company = company;
    this.#server = server;
    this.#lines = new Set();
    this.url = `http://127.0.0.1:${port}`;
    server.on("connection", (client) => this.#accept(client));
  }

  static async open(company: Company): Promise<BadNetwork> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("The network has no port.");
    return new BadNetwork(company, server, address.port);
  }

  /** The company's site on a device of its own, behind this network. */
  async visitor(options: BrowserContextOptions = {}): Promise<VisitorScreen> {
    const context = await this.#company.device(options);
    const screen = new VisitorScreen(await context.newPage(), this.url);
    await screen.visit();
    return screen;
  }

  async inbox(colleague: Colleague): Promise<InboxScreen> {
    const context = await this.#company.device();
    const pairs = colleague.client.cookie.split("; ").map((pair) => pair.split("="));
    await context.addCookies(pairs.map(([name = "", ...value]) => ({ name, value: value.join("="), url: this.url })));
    const screen = new InboxScreen(await context.newPage(), this.url);
    await screen.open();
    return screen;
  }

  /** Nothing goes through any more, in both directions; nobody is told. */
  goDown(): void {
    this.#lose({ toServer: true, toClient: true });
  }

  /** What the server says is lost; what clients say still arrives. */
  loseAnswers(): void {
    this.#lose({ toServer: false, toClient: true });
  }

  /** New connections work. Those that lost something are reset, unless both ends shall go on believing in them. */
  recover({ shouldReset = true } = {}): void {
    this.#lost = NOTHING;
    for (const line of this.#lines) if (shouldReset && (line.lost.toClient || line.lost.toServer)) this.#end(line);
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const line of this.#lines) this.#end(line);
  }

  /** On the connections that there are, and on new ones. */
  #lose(lost: Lost): void {
    this.#lost = lost;
    for (const line of this.#lines) line.lost = lost;
  }

  #accept(client: Socket): void {
    const server = this.#lost.toServer ? null : connect(this.#company.stack.ports.port, "127.0.0.1");
    const line: Line = { client, server, lost: this.#lost };
    this.#lines.add(line);
    client.on("error", () => {});
    client.on("data", (chunk) => line.lost.toServer || server?.write(chunk));
    client.on("close", () => line.lost.toServer || this.#end(line));
    server?.on("error", () => {});
    server?.on("data", (chunk) => line.lost.toClient || client.write(chunk));
    server?.on("close", () => line.lost.toClient || this.#end(line));
  }

  #end(line: Line): void {
    this.#lines.delete(line);
    line.client.resetAndDestroy();
    line.server?.resetAndDestroy();
  }
}
