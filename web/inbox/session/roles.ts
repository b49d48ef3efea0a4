import type { Role } from "../../../worker/domain/roles.ts";

// Written out again, because importing the server's rule would bring its schema library into the first load.
const RANKS: Record<Role, number> = { none: 0, viewer: 1, agent: 2, admin: 3, owner: 4 };

/** True where `role` includes everything that `least` may do. Hides what would be refused; the server decides. */
export function hasRole(role: Role, least: Role): boolean {
  return RANKS[role] >= RANKS[least];
}
