import type { Role } from "../../../worker/domain/roles.ts";
import type { TextKey } from "../i18n/use-text.ts";

/** From most to least. */
export const ROLES: readonly Role[] = ["owner", "admin", "agent", "viewer", "none"];

export const ROLE_NAMES = {
  owner: "role.owner",
  admin: "role.admin",
  agent: "role.agent",
  viewer: "role.viewer",
  none: "role.none",
} as const satisfies Record<Role, TextKey>;

export const ROLE_HINTS = {
  owner: "roleHint.owner",
  admin: "roleHint.admin",
  agent: "roleHint.agent",
  viewer: "roleHint.viewer",
  none: "roleHint.none",
} as const satisfies Record<Role, TextKey>;
