/** A server that nobody may ask: it counts every connection, and every request by its path. */
import { createServer, type Server } from "node:http";
import { LOOPBACK } from "../../tools/start/ports.ts";

export class TrapServer {
  readonly url: string;
  connections = 0;
  readonly paths: string[] = [];
  readonly #server: Server;

  constructor(server: Server, port: number) {
    this.#server = server;
    this.url = `http://${LOOPBACK}:${port}`;
    server.on("connection", () => (this.connections += 1));
    server.on("request", (request, response) => {
      this.paths.push(request.url ?? "");
      response.writeHead(200, { "content-type": "image/gif", "access-control-allow-origin": "*" });
      response.end(Buffer.from("R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=", "base64"));
    });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export async function startTrapServer(): Promise<TrapServer> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, LOOPBACK, resolve));
  const address = server.address();
  return new TrapServer(server, address !== null && typeof address === "object" ? address.port : 0);
}
