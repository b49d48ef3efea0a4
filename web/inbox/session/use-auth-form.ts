import { ref } from "vue";
import { ApiError } from "../api/http.ts";
import { useFailure } from "../api/use-failure.ts";
import { useText, type TextKey } from "../i18n/use-text.ts";

export interface AuthFailure {
  text: string;
  /** `notice`: nothing is wrong, there is something to do first. */
  tone: "failure" | "notice";
  /** Small print: the id that the log has too. */
  detail: string;
}

/** What a form of ours can say of itself; an id in the log would help nobody. */
const COMMON_WORDS: Record<string, TextKey> = {
  common_password: "session.commonPassword",
  personal_password: "session.personalPassword",
};

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
    const code = error instanceof ApiError ? error.code : "";
    const key = words[code] ?? COMMON_WORDS[code];
    const tone = code === "confirm_by_mail" ? "notice" : "failure";
    return key === undefined ? { ...describeFailure(error), tone } : { text: t(key), tone, detail: "" };
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
