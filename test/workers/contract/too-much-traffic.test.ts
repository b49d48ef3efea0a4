import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { configOf, type Env } from "../../../worker/env.ts";
import { freshDeployment } from "../support/deployment.ts";
import { visitorSocket } from "../support/socket.ts";
import { beginChat } from "../support/visitor.ts";

test("4008 for more traffic than a person makes", async () => {
  await freshDeployment();
  const { conversationId } = await beginChat();
  // Tests run with the objects' limits off; objects made after this have them.
  await runInDurableObject(env.CONVERSATION.get(env.CONVERSATION.idFromName(conversationId)), (instance) => {
    const bindings: Env = Reflect.get(instance, "env");
    Object.assign(configOf(bindings), { RATE_LIMITS: "on" });
  });
  const { token } = await beginChat();
  const socket = await visitorSocket(token);
  socket.send({ type: "hello", lastSeq: 0 });
  for (let n = 0; n < 400; n += 1) socket.send({ type: "typing" });
  expect(await socket.end()).toMatchObject({ code: 4008 });
  expect((await socket.next("rejected")).reason).toBe("too_much_traffic");
});
