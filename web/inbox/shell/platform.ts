const isApple = /Mac|iPhone|iPad/.test(navigator.platform);

/** The keys that send a message, as they are printed on this machine's keyboard. */
export const SEND_KEYS: readonly string[] = isApple ? ["⌘", "↵"] : ["Ctrl", "Enter"];
