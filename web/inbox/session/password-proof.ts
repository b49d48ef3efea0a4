import { ref } from "vue";
import { ApiError, request } from "../api/http.ts";

/** What waits until somebody has shown that it is still them; one at a time. */
interface Waiting {
  resolve: (isProven: boolean) => void;
}

const waiting = ref<Waiting | null>(null);

/** The dialog's side: whether somebody waits, and what became of it. */
export function usePasswordQuestion() {
  function answer(isProven: boolean): void {
    waiting.value?.resolve(isProven);
    waiting.value = null;
  }
  async function prove(password: string): Promise<void> {
    await request("/api/me/confirm-password", { method: "POST", body: { password } });
    answer(true);
  }
  return { waiting, answer, prove };
}

/**
 * Does what decides who gets in. Where the server asks for the password first (T22), a small dialog asks for it, and it is
 * done again. @returns undefined where the agent would rather not
 */
export async function withPassword<T>(action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "password_needed") throw error;
  }
  waiting.value?.resolve(false);
  const isProven = await new Promise<boolean>((resolve) => (waiting.value = { resolve }));
  return isProven ? action() : undefined;
}
