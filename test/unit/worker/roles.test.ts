import { describe, expect, test } from "vitest";
import { ROLES, canChangeRole, canManage, hasRole, lowerRole, type Role } from "../../../worker/domain/roles.ts";

const pairs = ROLES.flatMap((a) => ROLES.map((b) => [a, b] as const));
const rank = (role: Role) => ROLES.indexOf(role);

describe("hasRole and lowerRole", () => {
  test("follow one order: none, viewer, agent, admin, owner", () => {
    for (const [a, b] of pairs) {
      expect([a, b, hasRole(a, b)]).toEqual([a, b, rank(a) >= rank(b)]);
      expect([a, b, rank(lowerRole(a, b))]).toEqual([a, b, Math.min(rank(a), rank(b))]);
    }
  });
});

const actor = (role: Role, isKey = false) => ({ id: "actor", role, isKey });

describe("[T7] canChangeRole", () => {
  test("nobody below admin changes anyone, themselves included", () => {
    for (const role of ["none", "viewer", "agent"] as const)
      for (const [from, to] of pairs)
        for (const id of ["actor", "other"]) expect(canChangeRole(actor(role), { id, from }, to)).toBe(false);
  });

  test("nobody raises their own role; lowering it is allowed", () => {
    for (const role of ["admin", "owner"] as const)
      for (const to of ROLES)
        expect([role, to, canChangeRole(actor(role), { id: "actor", from: role }, to)]).toEqual([
          role,
          to,
          rank(to) <= rank(role),
        ]);
  });

  test("[T22] a key never changes the role of who made it", () => {
    for (const role of ROLES)
      for (const [from, to] of pairs) expect(canChangeRole(actor(role, true), { id: "actor", from }, to)).toBe(false);
  });

  test("[T22] nobody, a key included, touches or gives a role above their own", () => {
    for (const isKey of [false, true])
      for (const role of ["admin", "owner"] as const) {
        for (const [from, to] of pairs)
          expect([role, from, to, canChangeRole(actor(role, isKey), { id: "other", from }, to)]).toEqual([
            role,
            from,
            to,
            rank(from) <= rank(role) && rank(to) <= rank(role),
          ]);
        for (const to of ROLES)
          expect([role, to, canChangeRole(actor(role, isKey), { id: null, from: null }, to)]).toEqual([
            role,
            to,
            rank(to) <= rank(role),
          ]);
      }
  });
});

describe("[T22] canManage", () => {
  test("is for admins, of whoever has no higher role", () => {
    for (const [role, of] of pairs)
      expect([role, of, canManage(actor(role), of)]).toEqual([role, of, rank(role) >= rank("admin") && rank(role) >= rank(of)]);
  });
});
