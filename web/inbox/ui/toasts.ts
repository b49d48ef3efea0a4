import { readonly, ref } from "vue";

/** How long a notice stays; failures stay until they are dismissed, because their id may have to be copied. */
const NOTICE_SHOWN_MS = 4_000;
const TOASTS_MAX = 4;

export interface Toast {
  id: number;
  tone: "notice" | "failure";
  text: string;
  /** Small print below: an error's id. */
  detail: string;
}

const toasts = ref<Toast[]>([]);
let lastId = 0;

export function dismissToast(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

function addToast(toast: Omit<Toast, "id">): void {
  lastId += 1;
  const id = lastId;
  toasts.value = [...toasts.value, { ...toast, id }].slice(-TOASTS_MAX);
  if (toast.tone === "notice") setTimeout(() => dismissToast(id), NOTICE_SHOWN_MS);
}

export function showNotice(text: string): void {
  addToast({ tone: "notice", text, detail: "" });
}

export function showFailure(text: string, detail = ""): void {
  addToast({ tone: "failure", text, detail });
}

export function useToasts() {
  return readonly(toasts);
}
