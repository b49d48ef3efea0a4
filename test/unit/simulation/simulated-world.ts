/**
 * Several clients, one server, and a network that holds every frame until somebody decides which one arrives next: so
 * every order of events that can happen is one that a seed can give. No sockets, no real time.
 */
import type { Connection } from "../../../durable-objects/conversation/connection.ts";
import type { ServerFrame } from "../../../durable-objects/conversation/protocol.ts";
import { SimulatedClient, type ClientPorts } from "./simulated-client.ts";
import { SESSION, SimulatedServer, type ServerSocket } from "./simulated-server.ts";

interface Wire {
  readonly client: SimulatedClient;
  readonly connection: number;
  readonly socket: ServerSocket;
  /** First in, first out, as TCP promises. */
  readonly toServer: string[];
  readonly toClient: (ServerFrame | "pong" | { readonly closed: number })[];
  isOpened: boolean;
  /** The client has let go of it, or it of the client. */
  isDetached: boolean;
  /** Nothing arrives any more, and nobody is told. */
  isSilent: boolean;
}

const ABNORMAL_CLOSE = 1006;

export class SimulatedWorld {
  now = 1_800_000_000_000;
  readonly server = new SimulatedServer(() => this.now);
  readonly clients: SimulatedClient[];
  readonly #wires: Wire[] = [];
  readonly #random: () => number;
  #count = 0;

  /** @param random in [0, 1), repeated by its seed */
  constructor(random: () => number) {
    this.#random = random;
    const ports: ClientPorts = {
      now: () => this.now,
      random,
      connect: (client, connection) => this.#connect(client, connection),
      disconnect: (client) => this.#detach(client),
      transmit: (client, text) => this.#wireOf(client)?.toServer.push(text),
    };
    this.clients = [
      new SimulatedClient("visitor", "visitor", ports),
      new SimulatedClient("ana", "agent", ports),
      new SimulatedClient("ben", "agent", ports),
    ];
    for (const client of this.clients) client.step({ kind: "start" });
  }

  write(index: number, isNote: boolean): void {
    const client = this.#client(index);
    this.#count += 1;
    // Ends like a UUIDv7, begins with who wrote it: the server wants the one, the checks the other.
    const clientId = `0190f000-0000-7000-8000-${this.#count.toString(16).padStart(12, "0")}`;
    client.write(clientId, isNote && client.kind === "agent" ? "note" : undefined);
  }

  reload(index: number): void {
    this.#client(index).reload();
  }

  /** Lets one waiting thing happen. @returns whether anything was waiting */
  deliver(choice: number): boolean {
    const waiting = this.#wires.flatMap((wire) => this.#movesOf(wire));
    const move = waiting[Math.floor(choice * waiting.length)];
    move?.();
    return move !== undefined;
  }

  /** One frame is stored, and the server dies before it has told anyone. */
  crashAfterStoring(choice: number): void {
    const waiting = this.#wires.filter((wire) => isAlive(wire) && (wire.toServer[0] ?? "ping") !== "ping");
    const wire = waiting[Math.floor(choice * waiting.length)];
    const text = wire?.toServer.shift();
    if (wire !== undefined && text !== undefined) this.server.receive(wire.socket, text, true);
    this.crash();
  }

  /** Memory and sockets are gone; what the server had sent may still arrive. */
  crash(): void {
    for (const wire of this.#wires) this.#cutAtServer(wire);
  }

  cut(choice: number): void {
    const wire = this.#pick(choice);
    if (wire === undefined) return;
    wire.toServer.length = 0;
    wire.toClient.length = 0;
    this.#cutAtServer(wire);
  }

  /** Half-open: the client believes in it until its heartbeat does not come back. */
  silence(choice: number): void {
    const wire = this.#pick(choice);
    if (wire !== undefined) wire.isSilent = true;
  }

  /** Every frame of a client that waits arrives twice. */
  duplicate(choice: number): void {
    const wire = this.#pick(choice);
    const first = wire?.toServer[0];
    if (first !== undefined) wire?.toServer.unshift(first);
  }

  advance(ms: number): void {
    this.now += ms;
    for (const client of this.clients) {
      for (const [name, at] of client.timers) {
        if (at > this.now || client.timers.get(name) !== at) continue;
        client.timers.delete(name);
        client.step({ kind: "timer", name });
      }
    }
  }

  /** No more trouble: time passes until nothing is left to happen. */
  settle(): void {
    for (let round = 0; round < SETTLE_ROUNDS; round += 1) {
      while (this.deliver(this.#random()));
      this.advance(SETTLE_STEP_MS);
    }
  }

  #client(index: number): SimulatedClient {
    const client = this.clients[index % this.clients.length];
    if (client === undefined) throw new RangeError("no such client");
    return client;
  }

  #wireOf(client: SimulatedClient): Wire | undefined {
    return this.#wires.find((wire) => wire.client === client && !wire.isDetached);
  }

  #pick(choice: number): Wire | undefined {
    const alive = this.#wires.filter(isAlive);
    return alive[Math.floor(choice * alive.length)];
  }

  #connect(client: SimulatedClient, connection: number): void {
    const wire: Wire = {
      client,
      connection,
      toServer: [],
      toClient: [],
      isOpened: false,
      isDetached: false,
      isSilent: false,
      socket: {
        connection: makeConnection(client, `${client.name}-${connection}`, this.now),
        send: (frame) => wire.toClient.push(frame),
        close: (closed) => {
          wire.toClient.push({ closed });
          this.server.sockets.delete(wire.socket);
        },
      },
    };
    this.#wires.push(wire);
  }

  /** The client closes; frames that it had sent may still arrive. */
  #detach(client: SimulatedClient): void {
    const wire = this.#wireOf(client);
    if (wire !== undefined) wire.isDetached = true;
  }

  #cutAtServer(wire: Wire): void {
    this.server.sockets.delete(wire.socket);
    wire.toServer.length = 0;
    if (!wire.isSilent) wire.toClient.push({ closed: ABNORMAL_CLOSE });
  }

  #movesOf(wire: Wire): (() => void)[] {
    if (wire.isSilent) return [];
    const moves: (() => void)[] = [];
    if (!wire.isOpened && !wire.isDetached) moves.push(() => this.#open(wire));
    if (wire.toServer.length > 0) moves.push(() => this.#toServer(wire));
    if (wire.toClient.length > 0) moves.push(() => this.#toClient(wire));
    return moves;
  }

  #open(wire: Wire): void {
    wire.isOpened = true;
    this.server.sockets.add(wire.socket);
    wire.client.step({ kind: "opened", connection: wire.connection });
  }

  #toServer(wire: Wire): void {
    const text = wire.toServer.shift();
    if (text === "ping") wire.toClient.push("pong");
    else if (text !== undefined) this.server.receive(wire.socket, text);
  }

  #toClient(wire: Wire): void {
    const frame = wire.toClient.shift();
    if (frame === undefined || wire.isDetached) return;
    const { client, connection } = wire;
    if (frame === "pong") return client.step({ kind: "frame", connection, frame: null });
    if (!("closed" in frame)) return client.step({ kind: "frame", connection, frame });
    wire.isDetached = true;
    client.step({ kind: "closed", connection, code: frame.closed });
  }
}

const SETTLE_ROUNDS = 120;
const SETTLE_STEP_MS = 2_000;

const isAlive = (wire: Wire): boolean => wire.isOpened && !wire.isDetached && !wire.isSilent;

function makeConnection(client: SimulatedClient, id: string, now: number): Connection {
  const common = { id, connectedAt: now, isReady: false, isHidden: false, hasRateLimits: true };
  if (client.kind === "visitor") return { kind: "visitor", sessionId: SESSION.id, tokenGeneration: 1, ...common };
  return {
    kind: "agent",
    agentId: client.name,
    name: client.name,
    role: "agent",
    credential: client.name,
    undoMs: 0,
    unseenMs: 0,
    ...common,
  };
}
