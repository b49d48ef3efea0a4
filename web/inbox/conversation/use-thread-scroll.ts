import { computed, nextTick, onMounted, ref, watch, type ComputedRef, type Ref } from "vue";
import type { ThreadEntry } from "./thread-entries.ts";

/** Within so many pixels of the end the thread follows new messages. */
const END_SLACK_PX = 60;
/** So near to the beginning older messages are asked for. */
const OLDER_AT_PX = 600;

interface ThreadScrollOptions {
  entries: ComputedRef<readonly ThreadEntry[]>;
  scroller: Readonly<Ref<HTMLElement | null>>;
  loadOlder: () => Promise<void>;
  myId: string;
}

function isFromOthers(entry: ThreadEntry, myId: string): boolean {
  return entry.kind === "message" && entry.message.author.id !== myId;
}

/** Whether the agent stands at the end: only their own scrolling upwards leaves it, not contents that grow. */
function useEnd({ scroller }: ThreadScrollOptions) {
  const isAtEnd = ref(true);
  let before = { top: 0, height: 0 };

  function toEnd(): void {
    const element = scroller.value;
    if (element) element.scrollTop = element.scrollHeight;
  }

  function measure(): void {
    const element = scroller.value;
    if (!element) return;
    const { scrollTop: top, scrollHeight: height, clientHeight } = element;
    const isUpwards = top < before.top - 1 && height === before.height;
    before = { top, height };
    if (height - top - clientHeight < END_SLACK_PX) isAtEnd.value = true;
    else if (isUpwards) isAtEnd.value = false;
    else if (isAtEnd.value) requestAnimationFrame(() => isAtEnd.value && toEnd());
  }

  return { isAtEnd, toEnd, measure };
}

/** Stays at the end while the agent is there, keeps the place otherwise, and counts what came meanwhile. */
export function useThreadScroll(options: ThreadScrollOptions) {
  const { entries, loadOlder, myId } = options;
  const { isAtEnd, toEnd, measure } = useEnd(options);
  const isPrepending = ref(false);
  const newCount = ref(0);
  const lastKey = computed(() => entries.value.at(-1)?.key ?? "");
  const firstMessageKey = computed(() => entries.value.find(({ kind }) => kind === "message")?.key ?? "");

  function jumpToEnd(): void {
    isAtEnd.value = true;
    newCount.value = 0;
    toEnd();
    requestAnimationFrame(toEnd);
  }

  function onScroll(offset: number): void {
    measure();
    if (isAtEnd.value) newCount.value = 0;
    else if (offset < OLDER_AT_PX) void loadOlder();
  }

  // Pictures and folded texts change heights after they are drawn.
  function onResize(): void {
    if (isAtEnd.value) requestAnimationFrame(() => isAtEnd.value && toEnd());
  }

  // The virtual list keeps the place from the end while this is true, and must be told before it is drawn.
  watch(firstMessageKey, (_now, before) => (isPrepending.value = before !== ""), { flush: "sync" });
  watch(lastKey, async (_key, before) => {
    const index = entries.value.findIndex(({ key }) => key === before);
    const added = entries.value.slice(index + 1);
    const isOwnNew = added.some((entry) => entry.kind === "unsent");
    if (!isAtEnd.value && !isOwnNew) newCount.value += added.filter((entry) => isFromOthers(entry, myId)).length;
    await nextTick();
    if (isAtEnd.value || isOwnNew) jumpToEnd();
  });
  watch(entries, async () => {
    await nextTick();
    isPrepending.value = false;
  });
  onMounted(jumpToEnd);

  return { isAtEnd, isPrepending, newCount, onScroll, onResize, jumpToEnd };
}
