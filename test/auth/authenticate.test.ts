import { describe, expect, it } from "vitest";
import { createAuthenticate } from "../../src/auth/authenticate.ts";
import { Secret } from "../../src/model/secret.ts";

const KEY = "operator-key-of-the-tests";
const nobody = { authenticate: async () => null, identify: async () => null };
const authenticateAll = createAuthenticate({
  operatorKey: new Secret(KEY),
  operatorScopes: ["usage:read", "stream:read"],
  apiKeys: nobody,
  sessions: nobody,
  identityProvider: null,
  onRejected: () => undefined,
});
const authenticate = (authorization: string | null) => authenticateAll({ authorization, origin: null, address: null });

describe("authenticate: a caller", () => {
  it.each([`Bearer ${KEY}`, `bearer ${KEY}`, `BEARER   ${KEY}`, `Bearer ${KEY}  `])(
    "is the operator by %j",
    async (authorization) => {
      expect(await authenticate(authorization)).toEqual({
        role: "OPERATOR",
        principalId: "operator",
        partner: null,
        name: "operator",
        scopes: new Set(["usage:read", "stream:read"]),
        expiresAt: null,
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
  ])("is unauthenticated by %j", async (authorization) => {
    expect(await authenticate(authorization)).toBeNull();
  });

  it("is unauthenticated by a header longer than any key", async () => {
    expect(await authenticate(`Bearer ${" ".repeat(9_000)}${KEY}`)).toBeNull();
    expect(await authenticate(`Bearer ${"x".repeat(1_000_000)}`)).toBeNull();
    expect(await authenticate(`Bearer ${" ".repeat(8_192 - 7 - KEY.length)}${KEY}`)).not.toBeNull();
  });

  it("shows nothing of the key", async () => {
    const caller = await authenticate(`Bearer ${KEY}`);
    expect(JSON.stringify({ ...caller, scopes: [...(caller?.scopes ?? [])] })).not.toContain(KEY);
  });
});
