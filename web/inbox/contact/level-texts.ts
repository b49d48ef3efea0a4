import type { AddressLevel } from "../../../durable-objects/conversation/protocol.ts";
import type { TextKey } from "../i18n/use-text.ts";

/** What the browser in the chat has shown of the address, in words. */
export const LEVEL_TEXTS = {
  typed: "address.typed",
  reachable: "address.reachable",
  confirmed: "address.confirmed",
  mail: "address.mail",
} as const satisfies Record<AddressLevel, TextKey>;
