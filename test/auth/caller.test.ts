import { describe, expect, it } from "vitest";
import { createAuthenticate } from "../../src/auth/caller.ts";
import { allScopes, isScope } from "../../src/auth/scopes.ts";
import { Secret } from "../../src/model/secret.ts";

const KEY = "operator-key-of-the-tests";
const authenticate = createAuthenticate(new Secret(KEY), ["usage:read", "stream:read"]);

describe("a caller", () => {
  it.each([`Bearer ${KEY}`, `bearer ${KEY}`, `BEARER   ${KEY}`, `Bearer ${KEY}  `])(
    "is the operator by %j",
    (authorization) => {
      expect(authenticate(authorization)).toEqual({
        role: "OPERATOR",
        principalId: "operator",
        partner: null,
        name: "operator",
        scopes: new Set(["usage:read", "stream:read"]),
      });
    },
  );

  it.each([
    null,
    "",
    " ",
    "Bearer",
    "Bearer ",
    KEY,
    `Basic ${KEY}`,
    `Bearer${KEY}`,
    `Bearer\t${KEY}`,
    ` Bearer ${KEY}`,
    `Bearer ${KEY} ${KEY}`,
    `Bearer ${KEY}x`,
    `Bearer ${KEY.slice(0, -1)}`,
    `Bearer ${KEY.toUpperCase()}`,
    `Bearer "${KEY}"`,
    `Bearer ${KEY},Bearer ${KEY}`,
    `Bearer ${KEY}\u0000`,
    "Bearer undefined",
    "Bearer [secret]",
  ])("is nobody by %j", (authorization) => {
    expect(authenticate(authorization)).toBeNull();
  });

  it("is nobody by a header longer than any key, and is so at once", () => {
    expect(authenticate(`Bearer ${" ".repeat(9_000)}${KEY}`)).toBeNull();
    expect(authenticate(`Bearer ${"x".repeat(1_000_000)}`)).toBeNull();
    expect(authenticate(`Bearer ${" ".repeat(8_192 - 7 - KEY.length)}${KEY}`)).not.toBeNull();
  });

  it("shows nothing of the key", () => {
    const caller = authenticate(`Bearer ${KEY}`);
    expect(JSON.stringify({ ...caller, scopes: [...(caller?.scopes ?? [])] })).not.toContain(KEY);
  });
});

describe("a scope", () => {
  it("is one of a closed list, by its exact name", () => {
    expect(allScopes.every(isScope)).toBe(true);
    for (const text of ["", "*", "usage", "Usage:read", "usage:read ", "constructor", "__proto__", "toString"]) {
      expect(isScope(text)).toBe(false);
    }
  });
});
