/** What the tabs of one browser tell each other: they share one session. */
export type TabNews = { kind: "signed-out" } | { kind: "signed-in"; agentId: string };

const CHANNEL = "hilo.session";

function isNews(value: unknown): value is TabNews {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  return value.kind === "signed-out" || (value.kind === "signed-in" && "agentId" in value && typeof value.agentId === "string");
}

/** Nothing is told where the browser has no such channel: the server ends sockets and refuses requests anyway. */
export function openTabs(onNews: (news: TabNews) => void): { tell: (news: TabNews) => void } {
  if (typeof BroadcastChannel === "undefined") return { tell: () => undefined };
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    if (isNews(data)) onNews(data);
  });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel reaches its own origin alone
  return { tell: (news) => channel.postMessage(news) };
}
