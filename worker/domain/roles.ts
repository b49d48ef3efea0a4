/** What an agent may do, from least to most. `none` can sign in and sees nothing (S1). */
import * as v from "valibot";

export const ROLES = ["none", "viewer", "agent", "admin", "owner"] as const;
export const roleSchema = v.picklist(ROLES);
export type Role = v.InferOutput<typeof roleSchema>;

/** True where `role` includes everything that `least` may do. */
export function hasRole(role: Role, least: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(least);
}

export function lowerRole(a: Role, b: Role): Role {
  return hasRole(a, b) ? b : a;
}

/**
 * Whether `actor` may change an agent from `from` to `to` (`from` is null for an invitation).
 * Nobody raises their own role, only owners make or change owners (T7).
 */
export function canChangeRole(
  actor: { id: string; role: Role },
  target: { id: string | null; from: Role | null },
  to: Role,
): boolean {
  if (!hasRole(actor.role, "admin")) return false;
  if (target.id === actor.id) return target.from !== null && !isHigher(to, target.from);
  if (to === "owner" || target.from === "owner") return actor.role === "owner";
  return true;
}

function isHigher(a: Role, b: Role): boolean {
  return ROLES.indexOf(a) > ROLES.indexOf(b);
}
