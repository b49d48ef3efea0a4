/**
 * What an engineer would build instead: one Node process, `ws`, and SQLite that syncs every message to disk.
 *
 * Usage: node ws-sqlite-server.ts <port> <database file>
 */
import { DatabaseSync } from "node:sqlite";
import { type WebSocket, WebSocketServer } from "ws";
import { textOf } from "../../tools/local-worker/ws-text.ts";

const [port = "0", file = ":memory:"] = process.argv.slice(2);
const database = new DatabaseSync(file);
database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
database.exec("CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY, room TEXT NOT NULL, value TEXT NOT NULL)");
database.exec("CREATE INDEX IF NOT EXISTS messages_room ON messages (room, id)");
const insert = database.prepare("INSERT INTO messages (room, value) VALUES (?, ?)");
const select = database.prepare("SELECT value FROM messages WHERE room = ? ORDER BY id");

const rooms = new Map<string, Set<WebSocket>>();

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(port) }, () => console.log("ready"));
server.on("connection", (socket, request) => {
  const room = request.url ?? "";
  const sockets = rooms.get(room) ?? new Set();
  rooms.set(room, sockets.add(socket));
  socket.on("close", () => sockets.delete(socket));
  socket.on("message", (data) => {
    const text = textOf(data);
    if (text === "history") {
      const messages = select.all(room).map((row) => row["value"]);
      return socket.send(JSON.stringify({ type: "welcome", messages }));
    }
    insert.run(room, text);
    for (const other of sockets) other.send(text);
  });
});
