/** What one client of the gateway may take of it: no single one takes all connections from the others (T13). */
import { isIPv6 } from "node:net";

const WINDOW_MS = 60_000;
/** Clients that are remembered; beyond it those that have left are forgotten first. */
const CLIENTS_MAX = 10_000;

export interface ClientAllowance {
  /** Open at the same time. */
  connectionsMax: number;
  connectionsPerMinuteMax: number;
  mailsPerMinuteMax: number;
}

interface Client {
  open: number;
  windowAt: number;
  connections: number;
  mails: number;
}

/** An IPv4 address, or the /64 of an IPv6 one: whoever has one of its addresses has them all. */
export function clientOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  if (!isIPv6(plain)) return plain;
  const [head = "", tail] = plain.toLowerCase().replace(/%.*$/, "").split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0");
  const groups = [...before, ...zeros, ...after].map((group) => group.replace(/^0+(?=.)/, ""));
  return `${groups.slice(0, 4).join(":")}::/64`;
}

export class ClientLimits {
  readonly #allowance: ClientAllowance;
  readonly #clients = new Map<string, Client>();

  constructor(allowance: ClientAllowance) {
    this.#allowance = allowance;
  }

  /** @returns whether the connection may stay; `close` belongs to each, those that may not included */
  open(address: string, now: number): boolean {
    const client = this.#of(address, now);
    client.open += 1;
    client.connections += 1;
    const { connectionsMax, connectionsPerMinuteMax } = this.#allowance;
    return client.open <= connectionsMax && client.connections <= connectionsPerMinuteMax;
  }

  close(address: string): void {
    const client = this.#clients.get(clientOf(address));
    if (client !== undefined) client.open -= 1;
  }

  /** @returns whether it may begin another mail */
  beginMail(address: string, now: number): boolean {
    const client = this.#of(address, now);
    client.mails += 1;
    return client.mails <= this.#allowance.mailsPerMinuteMax;
  }

  #of(address: string, now: number): Client {
    const name = clientOf(address);
    const known = this.#clients.get(name);
    if (known !== undefined && now - known.windowAt < WINDOW_MS) return known;
    const client = { open: known?.open ?? 0, windowAt: now, connections: 0, mails: 0 };
    this.#clients.set(name, client);
    if (this.#clients.size > CLIENTS_MAX) this.#forget(now);
    return client;
  }

  #forget(now: number): void {
    for (const [name, { open, windowAt }] of this.#clients)
      if (open === 0 && now - windowAt >= WINDOW_MS) this.#clients.delete(name);
  }
}
