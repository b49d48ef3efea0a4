/** What a stranger can multiply by reading (T21): pictures that Hilo fetches for a mail, and links to files. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { messageSchema } from "../../../durable-objects/conversation/protocol.ts";
import { attachmentCreatedSchema } from "../../../worker/domain/api-shapes.ts";
import { noticesSchema } from "../../../worker/domain/notices.ts";
import { pictureLinksSchema } from "../../../worker/domain/picture-shapes.ts";
import {
  LINKS_PER_CLIENT,
  LINKS_PER_DEPLOYMENT,
  PICTURES_PER_CLIENT,
  PICTURES_PER_DEPLOYMENT,
  takesOfLink,
  takesOfPicture,
} from "../../../worker/limits.ts";
import { takeTotals, type TotalsRequest } from "../../../worker/totals.ts";
import { freshDeployment, newId } from "../support/deployment.ts";
import { call, clientAddress, fetchWorker, ORIGIN, read } from "../support/http.ts";
import { WAIT } from "../support/socket.ts";
import { beginChat } from "../support/visitor.ts";

/** For a thousand requests on a busy machine. */
const LONG = { timeout: 120_000 };
const ONE_CLIENT = "203.0.113.7";
const FEW = 5;
const PICTURE = "https://cdn.shop.example/a.gif";
const GIF = Uint8Array.from(atob("R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs="), (char) => char.charCodeAt(0));
let key: string;
let fetched: number;

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
  fetched = 0;
  vi.spyOn(globalThis, "fetch").mockImplementation(async () => {
    fetched += 1;
    return new Response(GIF);
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

const times = (count: number) => Array.from({ length: count }, (_, n) => n);
const counted = (statuses: readonly number[]) =>
  Object.fromEntries([...new Set(statuses)].map((status) => [status, statuses.filter((one) => one === status).length]));
const kinds = async () => (await read(noticesSchema, { key }, "GET /api/notices")).items.map(({ kind }) => kind);

async function pictureLink(): Promise<string> {
  const { links } = await read(pictureLinksSchema, { key }, "POST /api/pictures", { body: { urls: [PICTURE] } });
  return links[0]?.replace(ORIGIN, "") ?? "";
}

async function statusOfPicture(link: string, client: string): Promise<number> {
  const response = await fetchWorker(null, `GET ${link}`, { headers: { "cf-connecting-ip": client } });
  await response.arrayBuffer();
  return response.status;
}

/** A file that an agent has sent, and the visitor who may open it. */
async function fileOfChat() {
  const { token, conversationId } = await beginChat();
  const headers = { "content-type": "text/plain" };
  const file = await read(attachmentCreatedSchema, { key }, "POST /api/attachments", {
    body: new Uint8Array(1),
    headers,
    status: 201,
  });
  const body = { clientId: newId(), channel: "chat", text: "", attachmentIds: [file.id] };
  await read(messageSchema, { key }, `POST /api/conversations/${conversationId}/messages`, { body, status: 201 });
  return { token, id: file.id };
}

/** As others have used it up, of the whole deployment alone. */
async function useUp(requests: readonly TotalsRequest[], count: number): Promise<void> {
  const total = requests.filter(({ key: name }) => name.endsWith(":deployment")).map((request) => ({ ...request, cost: count }));
  expect(await takeTotals(env, total, { onSilence: "refuse" })).toMatchObject({ isAllowed: true });
}

describe("[T21] pictures of other servers", () => {
  test(
    "one signed address, asked for again and again by one client: as often as a client may; nothing is fetched past it",
    LONG,
    async () => {
      const link = await pictureLink();
      const answers = [];
      for (const _ of times(PICTURES_PER_CLIENT + FEW)) answers.push(await statusOfPicture(link, ONE_CLIENT));
      expect(counted(answers)).toEqual({ 200: PICTURES_PER_CLIENT, 429: FEW });
      expect(fetched).toBe(PICTURES_PER_CLIENT);
      expect(await kinds()).toEqual([]);
      expect(await statusOfPicture(link, "203.0.113.8")).toBe(200);
    },
  );

  test("by a new client each time: the deployment's total holds, and the owner is told", async () => {
    const link = await pictureLink();
    await useUp(takesOfPicture(ONE_CLIENT), PICTURES_PER_DEPLOYMENT - FEW);
    const answers = [];
    for (const n of times(2 * FEW)) answers.push(await statusOfPicture(link, clientAddress(30_000 + n)));
    expect(counted(answers)).toEqual({ 200: FEW, 429: FEW });
    await expect.poll(kinds, WAIT).toEqual(["pictures"]);
  });

  test("an address that was not signed counts for nothing", async () => {
    await useUp(takesOfPicture(ONE_CLIENT), PICTURES_PER_DEPLOYMENT - 1);
    for (const _ of times(FEW)) expect(await statusOfPicture("/pictures?url=x&expires=1&signature=x", ONE_CLIENT)).toBe(404);
    expect(await statusOfPicture(await pictureLink(), ONE_CLIENT)).toBe(200);
  });
});

describe("[T21] links to files", () => {
  const statusOfLink = async ({ token, id }: { token: string; id: string }, client: string) =>
    (await call({ token }, `POST /widget/attachments/${id}/url`, { headers: { "cf-connecting-ip": client } })).status;

  test("one file, signed again and again by one client: as often as a client may", LONG, async () => {
    const file = await fileOfChat();
    const answers = [];
    for (const _ of times(LINKS_PER_CLIENT + FEW)) answers.push(await statusOfLink(file, ONE_CLIENT));
    expect(counted(answers)).toEqual({ 200: LINKS_PER_CLIENT, 429: FEW });
    expect(await kinds()).toEqual([]);
  });

  test("by a new client each time: the deployment's total holds, and the owner is told", async () => {
    const file = await fileOfChat();
    await useUp(takesOfLink(ONE_CLIENT), LINKS_PER_DEPLOYMENT - FEW);
    const answers = [];
    for (const n of times(2 * FEW)) answers.push(await statusOfLink(file, clientAddress(30_000 + n)));
    expect(counted(answers)).toEqual({ 200: FEW, 429: FEW });
    await expect.poll(kinds, WAIT).toEqual(["links"]);
  });
});
