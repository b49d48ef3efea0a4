import { useText } from "../i18n/use-text.ts";
import { showFailure } from "../ui/toasts.ts";
import { ApiError } from "./http.ts";

/** Turns failures into words that an agent understands, with the id that finds them in the server's log. */
export function useFailure() {
  const { t } = useText();

  function describeFailure(error: unknown): { text: string; detail: string } {
    if (!(error instanceof ApiError)) return { text: t("error.server"), detail: "" };
    return { text: textOf(error), detail: error.id === null ? "" : t("error.id", { id: error.id }) };
  }

  function textOf(error: ApiError): string {
    if (error.code === "offline") return t("error.offline");
    if (error.code === "not_signed_in") return t("error.signedOut");
    if (error.code === "too_many_wrong_passwords") return t("error.tooManyWrong");
    if (error.code === "own_address") return t("error.ownAddress");
    if (error.status === 403) return t("error.notAllowed");
    if (error.status === 404) return t("error.notFound");
    if (error.status === 429) return t("error.tooMany");
    if (error.status >= 500 || error.message === "") return t("error.server");
    return error.message;
  }

  function reportFailure(error: unknown): void {
    const { text, detail } = describeFailure(error);
    showFailure(text, detail);
  }

  /** Runs `action`; a failure becomes a toast and the answer undefined. */
  async function tryOrReport<T>(action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action();
    } catch (error) {
      reportFailure(error);
      return undefined;
    }
  }

  return { describeFailure, reportFailure, tryOrReport };
}
