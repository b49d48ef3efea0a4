/** Fills an installation with the conversations of the pictures, through the same doors that people use. */
import * as v from "valibot";
import type { AgentClient } from "../../test/support/agent-client.ts";
import type { Colleague, Company } from "../../test/support/company.ts";
import { makeClientId, waitFor } from "../../test/support/stack.ts";
import { SAVED_REPLIES, type Scene, SCENES, WORKSHOP } from "./cast.ts";

const itemSchema = v.object({ id: v.string() });
const listSchema = v.object({
  items: v.array(v.object({ id: v.string(), lastMessage: v.nullable(v.object({ preview: v.string() })) })),
});
const chatSchema = v.object({ conversationId: v.string(), token: v.string() });

const PREVIEW_CHARACTERS = 20;

async function findByPreview(client: AgentClient, text: string): Promise<string> {
  return waitFor(`the conversation "${text}"`, async () => {
    const { items } = await client.get("/api/conversations?status=all", listSchema);
    const start = text.replaceAll(/\s+/g, " ").slice(0, PREVIEW_CHARACTERS);
    return items.find(({ lastMessage }) => lastMessage?.preview.startsWith(start))?.id;
  });
}

async function postToWidget(url: string, path: string, body: object, token = ""): Promise<unknown> {
  const headers = { "content-type": "application/json", ...(token === "" ? {} : { authorization: `Bearer ${token}` }) };
  const response = await fetch(`${url}/widget/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.status === 204 ? null : response.json();
}

/** A second message of a visitor needs a socket. */
async function sayAgain(url: string, token: string, text: string): Promise<void> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/widget/socket`, ["hilo.v1", `token.${token}`]);
  const clientId = makeClientId();
  const said = Promise.withResolvers<void>();
  socket.addEventListener("open", () => {
    socket.send(JSON.stringify({ type: "hello", lastSeq: 0 }));
    socket.send(JSON.stringify({ type: "send", clientId, text }));
  });
  socket.addEventListener("message", ({ data }) => String(data).includes(clientId) && said.resolve());
  socket.addEventListener("close", () => said.reject(new Error("The visitor's socket was closed.")));
  await said.promise;
  socket.close();
}

async function customerSays(company: Company, scene: Scene, known: { id: string; token: string } | null, text: string) {
  const { stack } = company;
  if (scene.channel === "email") {
    const latest = (await stack.mailbox.list(scene.email))[0];
    if (latest === undefined) {
      const { name, email: from, subject = "", to = WORKSHOP.mailbox } = scene;
      await stack.mailbox.send({ from, name, to, subject, text });
    } else await stack.mailbox.reply(latest.id, text);
    return { id: await findByPreview(company.owner.client, text), token: "" };
  }
  if (known !== null) {
    await sayAgain(stack.url, known.token, text);
    return known;
  }
  const page = `${stack.url}/demo`;
  const body = { clientId: makeClientId(), text, page, locale: "en-GB" };
  const { conversationId, token } = v.parse(chatSchema, await postToWidget(stack.url, "conversations", body));
  const contact = { email: scene.email, name: scene.name };
  if (scene.email !== "") await postToWidget(stack.url, "contact", contact, token);
  return { id: conversationId, token };
}

async function seedScene(company: Company, colleague: Colleague, scene: Scene): Promise<string> {
  let known: { id: string; token: string } | null = null;
  for (const { from, text } of scene.lines) {
    if (from === "customer") {
      known = await customerSays(company, scene, known, text);
      continue;
    }
    if (known === null) throw new Error("The customer speaks first.");
    const { client } = from === "ana" ? company.owner : colleague;
    const body = { clientId: makeClientId(), channel: scene.channel, text };
    await client.post(`/api/conversations/${known.id}/messages`, body, v.unknown());
    const hasMail = async (): Promise<boolean> => (await company.stack.mailbox.list(scene.email)).length > 0;
    if (scene.channel === "email") await waitFor("the mail", hasMail);
  }
  if (known === null) throw new Error("A scene has lines.");
  if (scene.isUnread !== true) await company.owner.client.request("POST", `/api/conversations/${known.id}/read`, {});
  return known.id;
}

/** @returns the age of each conversation in the pictures, in ms, by id */
export async function seed(company: Company, colleague: Colleague): Promise<Map<string, number>> {
  const { client } = company.owner;
  for (const { category, replies } of SAVED_REPLIES) {
    const { id } = await client.post("/api/saved-reply-categories", { name: category }, itemSchema);
    for (const reply of replies) await client.post("/api/saved-replies", { ...reply, categoryId: id }, v.unknown());
  }
  const ages = new Map<string, number>();
  for (const scene of SCENES) ages.set(await seedScene(company, colleague, scene), scene.ageMinutes * 60_000);
  return ages;
}
