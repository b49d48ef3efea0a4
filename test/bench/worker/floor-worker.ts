/**
 * The floor: the least that a durable relay on this platform can be. One object per conversation inserts each message
 * and broadcasts it; no identity, no parsing, no state, no index, no list. Self-contained: it is not bundled.
 */
interface FloorEnv {
  ROOM: DurableObjectNamespace;
}

export class Room implements DurableObject {
  readonly #ctx: DurableObjectState;

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS messages (seq INTEGER PRIMARY KEY, value TEXT NOT NULL)");
  }

  async fetch(): Promise<Response> {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const text = typeof data === "string" ? data : "";
    if (text === "history") {
      const rows = this.#ctx.storage.sql.exec("SELECT value FROM messages ORDER BY seq").toArray();
      return socket.send(JSON.stringify({ type: "welcome", messages: rows.map((row) => row["value"]) }));
    }
    this.#ctx.storage.sql.exec("INSERT INTO messages (value) VALUES (?)", text);
    for (const other of this.#ctx.getWebSockets()) other.send(text);
  }
}

export default {
  fetch(request: Request, env: FloorEnv): Promise<Response> {
    const name = new URL(request.url).pathname;
    return env.ROOM.get(env.ROOM.idFromName(name)).fetch(request);
  },
};
