import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { conversationStub } from "../../../worker/objects.ts";
import { VISITOR, join, settle } from "../support/conversation.ts";
import { freshDeployment } from "../support/deployment.ts";
import { visitorSocket } from "../support/socket.ts";
import { beginChat } from "../support/visitor.ts";

const MANY = 400;

test("[P9] 4008 for more traffic than a person makes, whatever RATE_LIMITS says outside loopback", async () => {
  await freshDeployment();
  const { token } = await beginChat();
  const socket = await visitorSocket(token);
  socket.send({ type: "hello", lastSeq: 0 });
  for (let n = 0; n < MANY; n += 1) socket.send({ type: "typing" });
  expect(await socket.end()).toMatchObject({ code: 4008 });
  expect((await socket.next("rejected")).reason).toBe("too_much_traffic");
});

test("[P9] none for load tests on one's own machine", async () => {
  await freshDeployment();
  const { conversationId } = await beginChat();
  const socket = await join(conversationStub(env, conversationId), { ...VISITOR, hasRateLimits: false });
  for (let n = 0; n < MANY; n += 1) socket.send({ type: "typing" });
  await settle(socket);
  expect(socket.closed).toBeNull();
});
