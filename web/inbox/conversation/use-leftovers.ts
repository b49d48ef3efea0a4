import { tryOnScopeDispose } from "@vueuse/core";
import { ConversationSocket } from "../../shared/conversation-socket.ts";
import { SUBPROTOCOL } from "../../shared/protocol-constants.ts";
import { browserStorage, makeUnsentStore } from "../../shared/unsent-store.ts";
import { socketUrl } from "../api/socket-url.ts";
import { useSession } from "../session/session.ts";
import { conversationPath } from "./conversation-paths.ts";
import { setUnsentCount } from "./unsent-count.ts";
import { listUnsentConversations, unsentPrefix } from "./unsent-keys.ts";
import { readConversation } from "./use-thread-history.ts";

/**
 * What an earlier page could not send goes out now, whichever conversation is opened next. Where that one is opened too,
 * both sockets may send a message: it has one clientId and is stored once (A2).
 */
export function useLeftovers(): void {
  const { myId } = useSession();
  const sockets = new Set<ConversationSocket>();
  let isLeft = false;

  async function send(id: string): Promise<void> {
    // Where it cannot be read now its messages wait for the next time.
    const page = await readConversation(id).catch(() => null);
    if (page === null || isLeft) return;
    const socket: ConversationSocket = new ConversationSocket({
      url: socketUrl(conversationPath(id, "/socket")),
      protocols: [SUBPROTOCOL],
      isOwn: ({ author }) => author.kind === "agent" && author.id === myId,
      store: makeUnsentStore(browserStorage(), unsentPrefix(myId, id)),
      initial: page,
      onChange: () => {
        const { unsent } = socket.snapshot();
        setUnsentCount(id, unsent.length);
        if (unsent.every(({ failure }) => failure)) socket.stop();
      },
    });
    sockets.add(socket);
    socket.start();
  }

  for (const id of listUnsentConversations(browserStorage(), myId)) void send(id);
  tryOnScopeDispose(() => {
    isLeft = true;
    sockets.forEach((socket) => socket.stop());
  });
}
