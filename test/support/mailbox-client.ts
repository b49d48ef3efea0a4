/** The demo mailbox's JSON API: what customers got, and writing as one. */
import * as v from "valibot";

const personSchema = v.object({ address: v.string(), name: v.string() });
const summarySchema = v.object({
  id: v.string(),
  at: v.number(),
  direction: v.picklist(["received", "sent"]),
  envelope: v.object({ from: v.string(), to: v.array(v.string()) }),
  from: v.nullable(personSchema),
  to: v.array(personSchema),
  replyTo: v.nullable(personSchema),
  subject: v.string(),
  messageId: v.nullable(v.string()),
  inReplyTo: v.nullable(v.string()),
  references: v.array(v.string()),
  preview: v.string(),
  attachmentCount: v.number(),
});
const detailSchema = v.object({
  ...summarySchema.entries,
  text: v.string(),
  hasHtml: v.boolean(),
  headers: v.array(v.object({ name: v.string(), value: v.string() })),
  attachments: v.array(v.object({ index: v.number(), name: v.string(), type: v.string(), size: v.number() })),
});
const sentSchema = v.object({ id: v.string(), response: v.string() });

export type CustomerMail = v.InferOutput<typeof summarySchema>;

export interface MailToSend {
  from: string;
  name?: string;
  to: string;
  subject: string;
  text: string;
  html?: string;
  inReplyTo?: string;
  references?: string[];
}

export class MailboxClient {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** What Hilo sent, newest first; of one customer where an address is given. */
  async list(to?: string): Promise<CustomerMail[]> {
    const query = to === undefined ? "" : `?to=${encodeURIComponent(to)}`;
    return v.parse(v.object({ items: v.array(summarySchema) }), await this.#json(`/api/mails${query}`)).items;
  }

  async read(id: string): Promise<v.InferOutput<typeof detailSchema>> {
    return v.parse(detailSchema, await this.#json(`/api/mails/${id}`));
  }

  async raw(id: string): Promise<string> {
    return (await fetch(`${this.url}/api/mails/${id}/raw`)).text();
  }

  /** @throws Error with the gateway's reply when it refuses the mail */
  async send(mail: MailToSend): Promise<v.InferOutput<typeof sentSchema>> {
    return v.parse(sentSchema, await this.#json("/api/send", mail));
  }

  /** Answers as a customer's program does, with quote and headers. */
  async reply(id: string, text: string): Promise<v.InferOutput<typeof sentSchema>> {
    return v.parse(sentSchema, await this.#json(`/api/mails/${id}/reply`, { text }));
  }

  async #json(path: string, body?: object): Promise<unknown> {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const response = await fetch(`${this.url}${path}`, body === undefined ? {} : init);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }
}
