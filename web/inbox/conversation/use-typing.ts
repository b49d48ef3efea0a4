import { tryOnScopeDispose } from "@vueuse/core";
import { computed, shallowRef } from "vue";
import type { Author } from "../../../durable-objects/conversation/protocol.ts";
import { TYPING_SHOWN_MS } from "../../shared/protocol-constants.ts";

const keyOf = (author: Author) => `${author.kind}:${author.id ?? ""}`;

/** Who is typing: each notice is shown for four seconds, or until their message comes. */
export function useTyping() {
  const typing = shallowRef<ReadonlyMap<string, Author>>(new Map());
  const timers = new Map<string, ReturnType<typeof setTimeout>>();

  function hide(author: Author): void {
    const key = keyOf(author);
    clearTimeout(timers.get(key));
    timers.delete(key);
    if (typing.value.has(key)) typing.value = new Map([...typing.value].filter(([known]) => known !== key));
  }

  function show(author: Author): void {
    hide(author);
    const key = keyOf(author);
    typing.value = new Map(typing.value).set(key, author);
    timers.set(
      key,
      setTimeout(() => hide(author), TYPING_SHOWN_MS),
    );
  }

  tryOnScopeDispose(() => timers.forEach((timer) => clearTimeout(timer)));
  return { authors: computed(() => [...typing.value.values()]), show, hide };
}
