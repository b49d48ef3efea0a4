import { beforeEach, describe, expect, test } from "vitest";
import { messageSchema } from "../../../durable-objects/conversation/protocol.ts";
import { attachmentCreatedSchema, signedUrlSchema } from "../../../worker/domain/api-shapes.ts";
import { addAgent, freshDeployment, newId } from "../support/deployment.ts";
import { ORIGIN, SITE, call, fetchWorker, read, refused, type Caller } from "../support/http.ts";
import { visitorSocket } from "../support/socket.ts";
import { beginChat } from "../support/visitor.ts";

const PNG = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 1, 2, 3, 4, 5]);
let key: string;

beforeEach(async () => {
  ({ key } = (await freshDeployment()).owner);
});

const upload = async (caller: Caller, route: string, file: { name?: string; type?: string; bytes?: Uint8Array | string } = {}) =>
  read(attachmentCreatedSchema, caller, route, {
    body: file.bytes ?? PNG,
    headers: { "content-type": file.type ?? "image/png", ...(file.name === undefined ? {} : { "x-filename": file.name }) },
    status: 201,
  });

const sendTo = (id: string) => `POST /api/conversations/${id}/messages`;

describe("a file of an agent", () => {
  test("is uploaded, sent, linked to and fetched", async () => {
    const file = await upload({ key }, "POST /api/attachments", { name: encodeURIComponent("Señal nº 1.png") });
    expect(file).toEqual({ id: file.id, name: "Señal nº 1.png", type: "image/png", size: PNG.byteLength });
    const { conversationId: id, token } = await beginChat();
    const message = await read(messageSchema, { key }, `POST /api/conversations/${id}/messages`, {
      body: { clientId: newId(), channel: "chat", text: "", attachmentIds: [file.id] },
      status: 201,
    });
    expect(message.attachments).toEqual([file]);
    const link = await read(signedUrlSchema, { key }, `POST /api/conversations/${id}/attachments/${file.id}/url`);
    expect(link.expiresAt).toBeGreaterThan(Date.now());
    const response = await fetchWorker(null, `GET ${link.url.replace(ORIGIN, "")}`);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(PNG);
    const headers = [
      "content-type",
      "content-length",
      "content-disposition",
      "x-content-type-options",
      "content-security-policy",
    ];
    expect([response.status, ...headers.map((name) => response.headers.get(name))]).toEqual([
      200,
      "image/png",
      String(PNG.byteLength),
      "inline; filename*=UTF-8''Se%C3%B1al%20n%C2%BA%201.png",
      "nosniff",
      "default-src 'none'; sandbox",
    ]);
    // The visitor of that conversation may have it too.
    const theirs = await read(signedUrlSchema, { token }, `POST /widget/attachments/${file.id}/url`);
    expect((await fetchWorker(null, `GET ${theirs.url.replace(ORIGIN, "")}`)).status).toBe(200);
  });

  test("cannot be sent by another agent, nor in a second conversation", async () => {
    const file = await upload({ key }, "POST /api/attachments");
    const other = await addAgent("agent");
    const [first, second] = [await beginChat(), await beginChat()];
    const send = { clientId: newId(), channel: "chat", text: "", attachmentIds: [file.id] };
    await refused({ key: other.key }, sendTo(first.conversationId), [422, "unknown_attachment"], { body: send });
    expect((await call({ key }, sendTo(first.conversationId), { body: send })).status).toBe(201);
    await refused({ key }, sendTo(second.conversationId), [422, "unknown_attachment"], { body: { ...send, clientId: newId() } });
  });

  test("one file named twice in a message is one file", async () => {
    const file = await upload({ key }, "POST /api/attachments");
    const { conversationId: id } = await beginChat();
    const message = await read(messageSchema, { key }, `POST /api/conversations/${id}/messages`, {
      body: { clientId: newId(), channel: "chat", text: "", attachmentIds: [file.id, file.id] },
      status: 201,
    });
    expect(message.attachments).toEqual([file]);
  });

  test("413 over the limit, whether or not the length is declared; 422 for an empty one", async () => {
    const headers = { "content-type": "image/png", "content-length": String(21 * 1024 * 1024) };
    await refused({ key }, "POST /api/attachments", [413, "too_large"], { body: new Uint8Array(20 * 1024 * 1024 + 1), headers });
    await refused({ key }, "POST /api/attachments", [422, "empty"], { headers: { "content-type": "image/png" } });
  });
});

describe("a file of a visitor", () => {
  test("is uploaded with their token and sent by their socket", async () => {
    const { token, conversationId: id } = await beginChat();
    const file = await upload({ token }, "POST /widget/attachments", { name: "photo.png" });
    const socket = await visitorSocket(token, { headers: { origin: SITE } });
    socket.send({ type: "hello", lastSeq: 0 });
    socket.send({ type: "send", clientId: newId(), text: "", attachmentIds: [file.id] });
    expect((await socket.next("message")).message.attachments).toEqual([file]);
    expect((await call({ key }, `POST /api/conversations/${id}/attachments/${file.id}/url`)).status).toBe(200);
    socket.close();
  });

  test("needs a token", async () => {
    const { token } = await beginChat();
    await refused(null, "POST /widget/attachments", [401, "not_signed_in"], { body: PNG });
    await refused({ token: `${token}x` }, "POST /widget/attachments", [401, "not_signed_in"], { body: PNG });
  });
});
