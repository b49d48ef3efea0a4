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

/** Who wants something: an agent, or a key that acts as its maker with a role of its own. */
export interface Actor {
  id: string;
  role: Role;
  isKey: boolean;
}

/**
 * Whether `actor` may change an agent from `from` to `to` (`from` is null for an invitation). Nobody raises their own role,
 * nobody touches a role above their own, and no key the role of who made it (T7, T22).
 */
export function canChangeRole(actor: Actor, target: { id: string | null; from: Role | null }, to: Role): boolean {
  if (target.id === actor.id) return canLower(actor, target.from, to);
  return canManage(actor, target.from ?? "none") && hasRole(actor.role, to);
}

/** Whether `actor` may invite again, take keys away from or remove somebody of this role. */
export function canManage(actor: Actor, role: Role): boolean {
  return hasRole(actor.role, "admin") && hasRole(actor.role, role);
}

function canLower(actor: Actor, from: Role | null, to: Role): boolean {
  return !actor.isKey && hasRole(actor.role, "admin") && from !== null && hasRole(from, to);
}
