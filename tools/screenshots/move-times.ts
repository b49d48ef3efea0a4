/** Everything in the pictures was written within a minute; this moves it apart in what the browser is told. */
import type { BrowserContext } from "playwright-core";

/** Each second between two messages of one conversation becomes so many. */
const STRETCH = 150;
const TIME_FIELDS = new Set(["at", "createdAt", "startedAt"]);

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
type JsonObject = Extract<Json, { [name: string]: Json }>;
type Move = (at: number) => number;

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function moveAll(value: Json, move: Move): Json {
  if (Array.isArray(value)) return value.map((item) => moveAll(item, move));
  if (!isObject(value)) return value;
  const moved = Object.entries(value).map(([name, field]): [string, Json] => [
    name,
    TIME_FIELDS.has(name) && typeof field === "number" ? move(field) : moveAll(field, move),
  ]);
  return Object.fromEntries(moved);
}

function lastAtOf(conversation: JsonObject): number {
  const { lastMessage } = conversation;
  return isObject(lastMessage) && typeof lastMessage["at"] === "number" ? lastMessage["at"] : Date.now();
}

class Times {
  readonly #ages: ReadonlyMap<string, number>;
  readonly #moves = new Map<string, Move>();

  constructor(ages: ReadonlyMap<string, number>) {
    this.#ages = ages;
  }

  /** Of the conversation in an answer; what came last when it was first seen stays the fixed point. */
  #moveOf(conversation: JsonObject): Move {
    const id = typeof conversation["id"] === "string" ? conversation["id"] : "";
    const known = this.#moves.get(id);
    if (known !== undefined) return known;
    const lastAt = lastAtOf(conversation);
    const newLastAt = lastAt - (this.#ages.get(id) ?? 0);
    const move: Move = (at) => newLastAt + (at - lastAt) * (at < lastAt ? STRETCH : 1);
    this.#moves.set(id, move);
    return move;
  }

  /** @param id the conversation of a socket, whose frames do not all name it */
  moveAnswer(body: Json, id: string | null = null): Json {
    if (!isObject(body)) return body;
    const { items, conversation } = body;
    if (Array.isArray(items))
      return { ...body, items: items.map((item) => (isObject(item) ? moveAll(item, this.#moveOf(item)) : item)) };
    if (isObject(conversation)) return moveAll(body, this.#moveOf(conversation));
    const known = id === null ? undefined : this.#moves.get(id);
    return known === undefined ? body : moveAll(body, known);
  }

  moveFrame(frame: string, id: string | null): string {
    if (!frame.startsWith("{")) return frame;
    const body: Json = JSON.parse(frame);
    return JSON.stringify(this.moveAnswer(body, id));
  }
}

/** @param ages ms that have passed since the last message, by conversation */
export async function moveTimes(context: BrowserContext, ages: ReadonlyMap<string, number>): Promise<void> {
  const times = new Times(ages);
  await context.route(/\/api\/conversations(\?|\/[\w-]+$)/, async (route) => {
    const response = await route.fetch();
    const body: Json = await response.json();
    await route.fulfill({ response, json: times.moveAnswer(body) });
  });
  await context.routeWebSocket(/\/api\/.*socket$/, (socket) => {
    const id = /conversations\/([\w-]+)\/socket/.exec(socket.url())?.[1] ?? null;
    const server = socket.connectToServer();
    server.onMessage((frame) => socket.send(typeof frame === "string" ? times.moveFrame(frame, id) : frame));
  });
}
