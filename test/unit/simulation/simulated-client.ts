/** The product's client (`conversation-client.ts`) with a device around it: its timers, its storage, its evidence. */
import type { Message } from "../../../durable-objects/conversation/protocol.ts";
import {
  initialClient,
  type ClientEffect,
  type ClientEvent,
  type ClientState,
  type ClientTimer,
} from "../../../web/shared/client-state.ts";
import { stepClient } from "../../../web/shared/conversation-client.ts";
import type { UnsentMessage } from "../../../web/shared/unsent-store.ts";

export interface ClientPorts {
  readonly now: () => number;
  readonly random: () => number;
  readonly connect: (client: SimulatedClient, connection: number) => void;
  readonly disconnect: (client: SimulatedClient) => void;
  readonly transmit: (client: SimulatedClient, text: string) => void;
}

export class SimulatedClient {
  readonly name: string;
  readonly kind: "visitor" | "agent";
  readonly timers = new Map<ClientTimer, number>();
  /** In the order of writing. */
  readonly sent: string[] = [];
  readonly acknowledged = new Map<string, Message>();
  /** Every message that was ever on this screen. */
  readonly seen = new Map<number, string>();
  state: ClientState;
  readonly #store = new Map<string, UnsentMessage>();
  readonly #ports: ClientPorts;

  constructor(name: string, kind: "visitor" | "agent", ports: ClientPorts) {
    this.name = name;
    this.kind = kind;
    this.#ports = ports;
    this.state = initialClient(this.#known());
  }

  /** Agents ask for known messages again after a loss. */
  #known(): Parameters<typeof initialClient>[0] {
    return { isOnline: true, isHidden: false, overlap: this.kind === "agent" ? 3 : 0 };
  }

  write(clientId: string, channel?: "note"): void {
    this.sent.push(clientId);
    const message = { clientId, text: clientId, attachments: [], createdAt: 0, ...(channel === undefined ? {} : { channel }) };
    this.step({ kind: "send", message });
  }

  reload(): void {
    this.#ports.disconnect(this);
    this.timers.clear();
    const { connection } = this.state.link;
    const fresh = initialClient({ ...this.#known(), unsent: [...this.#store.values()] });
    // Only for the simulation: sockets of the page before keep their numbers.
    this.state = { ...fresh, link: { ...fresh.link, connection } };
    this.step({ kind: "start" });
  }

  step(event: ClientEvent): void {
    const environment = { now: this.#ports.now(), random: this.#ports.random() };
    const isOwn = ({ text }: Message): boolean => text.startsWith(this.name);
    const { state, effects } = stepClient(this.state, event, environment, isOwn);
    this.state = state;
    for (const effect of effects) this.#run(effect);
    this.#look();
  }

  #run(effect: ClientEffect): void {
    switch (effect.kind) {
      case "connect":
        return this.#ports.connect(this, effect.connection);
      case "disconnect":
        return this.#ports.disconnect(this);
      case "transmit":
        return this.#ports.transmit(this, effect.text);
      case "set-timer":
        return void this.timers.set(effect.name, this.#ports.now() + effect.delayMs);
      case "clear-timer":
        return void this.timers.delete(effect.name);
      case "store":
        return void this.#store.set(effect.message.clientId, effect.message);
      case "unstore":
        return void this.#store.delete(effect.clientId);
      case "notice":
        if (effect.notice.kind === "acknowledged") this.acknowledged.set(effect.notice.clientId, effect.notice.message);
    }
  }

  /** [A3] Whatever happens, the screen is in order, and a number never stands for two messages. */
  #look(): void {
    let before = 0;
    for (const { seq, id } of this.state.messages) {
      if (seq <= before) throw new Error(`${this.name} shows ${seq} after ${before}`);
      before = seq;
      if ((this.seen.get(seq) ?? id) !== id) throw new Error(`${this.name} saw two messages ${seq}`);
      this.seen.set(seq, id);
    }
  }
}
