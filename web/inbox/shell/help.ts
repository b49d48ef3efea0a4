import { ref } from "vue";

const isOpen = ref(false);

/** Whether the list of keyboard shortcuts is shown. */
export function useHelp() {
  return isOpen;
}
