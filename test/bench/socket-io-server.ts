/**
 * What an engineer would build instead: one Node process, Socket.IO, and SQLite that syncs every message to disk.
 *
 * Usage: node socket-io-server.ts <port> <database file>
 */
import { createServer } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { Server } from "socket.io";

const [port = "0", file = ":memory:"] = process.argv.slice(2);
const database = new DatabaseSync(file);
database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
database.exec("CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY, room TEXT NOT NULL, value TEXT NOT NULL)");
database.exec("CREATE INDEX IF NOT EXISTS messages_room ON messages (room, id)");
const insert = database.prepare("INSERT INTO messages (room, value) VALUES (?, ?)");
const select = database.prepare("SELECT value FROM messages WHERE room = ? ORDER BY id");

const http = createServer();
const server = new Server(http, { transports: ["websocket"], serveClient: false });
server.on("connection", (socket) => {
  const room = String(socket.handshake.query["room"]);
  void socket.join(room);
  socket.on("history", () =>
    socket.emit(
      "welcome",
      select.all(room).map((row) => row["value"]),
    ),
  );
  socket.on("message", (text: string) => {
    insert.run(room, text);
    server.to(room).emit("message", text);
  });
});
http.listen(Number(port), "127.0.0.1", () => console.log("ready"));
