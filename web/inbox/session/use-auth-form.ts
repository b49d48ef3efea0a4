import { ref } from "vue";
import { ApiError } from "../api/http.ts";
import { useFailure } from "../api/use-failure.ts";
import { useText, type TextKey } from "../i18n/use-text.ts";

export interface AuthFailure {
  text: string;
  /** Small print: the id that the log has too. */
  detail: string;
}

/**
 * A form in front of the inbox: busy while it is sent, and its failure in words.
 * @param words for codes of the server that mean something here
 */
export function useAuthForm(words: Record<string, TextKey> = {}) {
  const { t } = useText();
  const { describeFailure } = useFailure();
  const isBusy = ref(false);
  const failure = ref<AuthFailure | null>(null);

  function wordsFor(error: unknown): AuthFailure {
    const key = error instanceof ApiError ? words[error.code] : undefined;
    return key === undefined ? describeFailure(error) : { text: t(key), detail: "" };
  }

  async function submit(send: () => Promise<void>): Promise<void> {
    isBusy.value = true;
    failure.value = null;
    try {
      await send();
    } catch (error) {
      failure.value = wordsFor(error);
    } finally {
      isBusy.value = false;
    }
  }

  return { isBusy, failure, submit };
}
