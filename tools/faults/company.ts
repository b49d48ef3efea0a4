/** Everybody who takes part: visitors who begin chats, agents who answer them, people who write mails. */
import { setTimeout as wait } from "node:timers/promises";
import { newUuid } from "../../web/shared/uuid-v7.ts";
import { Correspondent } from "./correspondent.ts";
import { beginChat, MAILBOX, type Office } from "./office.ts";
import { Person } from "./person.ts";
import { Random } from "./random.ts";

export interface CompanyOptions {
  readonly office: Office;
  /** Of the proxy. */
  readonly url: string;
  readonly gatewayPort: number;
  readonly seed: number;
  readonly chats: number;
  readonly correspondents: number;
  readonly durationMs: number;
}

/** Ms between two messages of one person. */
const CHAT_PAUSE_MS = [400, 3_500] as const;
const MAIL_PAUSE_MS = [1_500, 7_000] as const;
const DESK_PAUSE_MS = 3_000;
/** Mail conversations that are answered at a time: the newest. */
const DESKS_MAX = 8;
/** Half of the chats begin at once, the others during this share of the run. */
const BEGIN_SHARE = 0.8;
const SECOND_AGENT_CHANCE = 0.3;

export class Company {
  readonly people: Person[] = [];
  readonly writers: Correspondent[] = [];
  readonly #options: CompanyOptions;
  readonly #random: Random;
  readonly #work: Promise<void>[] = [];
  readonly #desks = new Set<string>();
  #isOver = false;

  constructor(options: CompanyOptions) {
    this.#options = options;
    this.#random = new Random(options.seed + 1);
  }

  begin(): void {
    const { chats, correspondents, durationMs } = this.#options;
    for (let index = 0; index < chats; index += 1) {
      const late = index < chats / 2 ? 0 : this.#random.next() * BEGIN_SHARE * durationMs;
      this.#work.push(this.#chat(index, late));
    }
    for (let index = 0; index < correspondents; index += 1) this.#work.push(this.#correspond(index));
    this.#work.push(this.#keepDesk());
  }

  /** Nobody writes any more; what is on its way goes on. Settles when all who wrote have finished. */
  async finish(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#work);
  }

  giveUp(): void {
    for (const writer of this.writers) writer.stop();
  }

  some(share: number): Person[] {
    return this.people.filter(() => this.#random.chance(share));
  }

  async #chat(index: number, lateMs: number): Promise<void> {
    await wait(lateMs);
    if (this.#isOver) return;
    const name = `visitor${index}`;
    const clientId = newUuid();
    const text = `${name} says hello`;
    const { token, conversationId, message } = await beginChat(this.#options.url, clientId, text);
    const visitor = this.#join({ name, conversationId, token });
    visitor.record.sent.push({ clientId, text });
    visitor.record.acknowledge(clientId, message);
    const agents = [this.#join({ name: `agent${index}`, conversationId })];
    if (this.#random.chance(SECOND_AGENT_CHANCE)) agents.push(this.#join({ name: `second${index}`, conversationId }));
    await Promise.all([visitor, ...agents].map((person) => this.#talk(person)));
  }

  /** With a token as a visitor, without one as an agent. */
  #join({ name, conversationId, token }: { name: string; conversationId: string; token?: string }): Person {
    const { url, office, seed } = this.#options;
    const socketUrl = url.replace("http", "ws");
    const isAgent = token === undefined;
    const person = new Person({
      name,
      conversationId,
      isAgent,
      url: `${socketUrl}${isAgent ? `/api/conversations/${conversationId}/socket` : "/widget/socket"}`,
      protocols: isAgent ? ["hilo.v1"] : ["hilo.v1", `token.${token}`],
      headers: isAgent ? office.headers : {},
      random: new Random(seed + 100 + this.people.length),
    });
    this.people.push(person);
    return person;
  }

  async #talk(person: Person): Promise<void> {
    while (!this.#isOver) {
      person.write();
      await wait(this.#random.between(...CHAT_PAUSE_MS));
    }
  }

  async #answerMails(agent: Person, number: number): Promise<void> {
    while (!this.#isOver && this.#desks.size - number < DESKS_MAX) {
      agent.write("email");
      await wait(this.#random.between(...MAIL_PAUSE_MS));
    }
  }

  async #correspond(index: number): Promise<void> {
    const { gatewayPort, seed } = this.#options;
    const random = new Random(seed + 50_000 + index);
    const writer = new Correspondent({ name: `customer${index}`, gatewayPort, mailbox: MAILBOX, random });
    this.writers.push(writer);
    while (!this.#isOver) {
      await writer.write();
      await wait(random.between(...MAIL_PAUSE_MS));
    }
  }

  /** Agents find the mails in the list, as in the inbox, and answer by mail. */
  async #keepDesk(): Promise<void> {
    const replies: Promise<void>[] = [];
    while (!this.#isOver) {
      const items = (await this.#options.office.list("email")) ?? [];
      for (const { id } of items) {
        if (this.#desks.has(id) || this.#isOver) continue;
        this.#desks.add(id);
        const agent = this.#join({ name: `desk${this.#desks.size}`, conversationId: id });
        replies.push(this.#answerMails(agent, this.#desks.size));
      }
      await wait(DESK_PAUSE_MS);
    }
    await Promise.all(replies);
  }
}
