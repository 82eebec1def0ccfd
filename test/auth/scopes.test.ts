import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allScopes, isScope, type Role, scopesHeld, scopesOfRole } from "../../src/auth/scopes.ts";

const roles: readonly Role[] = ["OPERATOR", "ANALYST", "PARTNER"];
const writes = ["stream:control", "token:write", "token:sign", "media:write", "partner:admin", "key:admin"] as const;
const granted = fc.array(fc.constantFrom(...allScopes, "usage", "constructor", "*"));

describe("a scope", () => {
  it("is one of a closed list, by its exact name", () => {
    expect(allScopes.every(isScope)).toBe(true);
    for (const text of ["", "*", "usage", "Usage:read", "usage:read ", "constructor", "__proto__", "toString"]) {
      expect(isScope(text)).toBe(false);
    }
  });

  it("is held if it was granted and the role allows it, and otherwise never", () => {
    fc.assert(
      fc.property(granted, fc.constantFrom(...roles), (names, role) => {
        const held = scopesHeld(names, role, role === "PARTNER" ? { status: "ACTIVE" } : null);
        for (const scope of allScopes) {
          expect(held.has(scope)).toBe(names.includes(scope) && scopesOfRole[role].includes(scope));
        }
      }),
    );
  });

  it("that writes or signs is not held by a suspended partner, who still reads as before", () => {
    fc.assert(
      fc.property(granted, (names) => {
        const active = scopesHeld(names, "PARTNER", { status: "ACTIVE" });
        const suspended = scopesHeld(names, "PARTNER", { status: "SUSPENDED" });
        expect(suspended).toEqual(new Set([...active].filter((scope) => !writes.some((write) => write === scope))));
      }),
    );
  });

  it("is held by no retired partner", () => {
    expect(scopesHeld(allScopes, "PARTNER", { status: "RETIRED" })).toEqual(new Set());
  });

  it("that reveals a secret or changes anything is none of an analyst's", () => {
    for (const scope of [...writes, "token:reveal", "media:reveal", "viewer:pii"] as const) {
      expect(scopesOfRole.ANALYST).not.toContain(scope);
    }
  });
});
