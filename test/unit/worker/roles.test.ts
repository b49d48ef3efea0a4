import { describe, expect, test } from "vitest";
import { ROLES, canChangeRole, hasRole, lowerRole, type Role } from "../../../worker/domain/roles.ts";

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

const actor = (role: Role) => ({ id: "actor", role });

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

  test("a key that does less than its agent cannot lift that agent", () => {
    expect(canChangeRole(actor("admin"), { id: "actor", from: "agent" }, "owner")).toBe(false);
    expect(canChangeRole(actor("admin"), { id: "actor", from: "agent" }, "admin")).toBe(false);
  });

  test("only owners make or change owners, by invitation too", () => {
    for (const [from, to] of pairs) {
      const isAboutOwners = from === "owner" || to === "owner";
      expect([from, to, canChangeRole(actor("admin"), { id: "other", from }, to)]).toEqual([from, to, !isAboutOwners]);
      expect(canChangeRole(actor("owner"), { id: "other", from }, to)).toBe(true);
    }
    for (const to of ROLES) {
      expect([to, canChangeRole(actor("admin"), { id: null, from: null }, to)]).toEqual([to, to !== "owner"]);
      expect(canChangeRole(actor("owner"), { id: null, from: null }, to)).toBe(true);
    }
  });
});
