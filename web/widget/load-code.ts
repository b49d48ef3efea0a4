/** The parts of the panel that are fetched when they are needed: each once, and again after a failure. */
function lazily<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | null = null;
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = null;
      throw error;
    });
    return loading;
  };
}

/** Fetched while the visitor writes their first message, or at once where this device has a conversation. */
export const loadSession = lazily(() => import("./visitor-session.ts"));
/** Fetched when the conversation has gone on by email, or a link from a mail was opened. */
export const loadConfirmLine = lazily(() => import("./confirm-line.ts"));
/** Fetched when the visitor attaches a file, or is sent one. */
export const loadFiles = lazily(() => import("./files.ts"));
