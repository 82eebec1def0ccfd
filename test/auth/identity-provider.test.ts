import { createHmac } from "node:crypto";
import { CompactSign, decodeJwt, exportSPKI, generateKeyPair, importJWK, type JWK, SignJWT } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import { allScopes, scopesOfRole } from "../../src/auth/scopes.ts";
import { createTestAuth } from "../support/auth.ts";
import { createIdentityProvider } from "../support/identity-provider.ts";
import { rejectionOf } from "../support/refusal.ts";

afterEach(() => {
  vi.useRealTimers();
});

describe("identity provider: a token", () => {
  it("makes its subject an operator, by the role that it names", async () => {
    await using idp = await createIdentityProvider();
    await using auth = await createTestAuth({ identityProvider: idp.options });
    expect(await auth.callerBy(await idp.token(auth.clock.now))).toEqual({
      principalId: "idp:ada",
      name: "ada",
      role: "OPERATOR",
      scopes: new Set(allScopes),
      partner: null,
      expiresAt: auth.clock.now + 600_000,
    });
  });

  it.each([
    [["syndigraph-analyst"], "ANALYST"],
    ["syndigraph-analyst", "ANALYST"],
    [["syndigraph-analyst", "syndigraph-operator", "other"], "OPERATOR"],
    [[], null],
    [["Syndigraph-Operator"], null],
    ["syndigraph-operator syndigraph-analyst", null],
    [[["syndigraph-operator"]], null],
    [{ "syndigraph-operator": true }, null],
    [["PARTNER", "OPERATOR"], null],
    [true, null],
    [undefined, null],
  ])("with the roles %j makes the role %s", async (roles, role) => {
    await using idp = await createIdentityProvider();
    await using auth = await createTestAuth({ identityProvider: idp.options });
    const caller = await auth.callerBy(await idp.token(auth.clock.now, { roles }));
    expect(caller?.role ?? null).toBe(role);
    if (role === "ANALYST") expect(caller?.scopes).toEqual(new Set(scopesOfRole.ANALYST));
  });

  it.each([
    ["another issuer", () => ({ iss: "https://idp.example/" })],
    ["no issuer", () => ({ iss: undefined })],
    ["another audience", () => ({ aud: "https://other.example" })],
    ["no audience", () => ({ aud: undefined })],
    ["no subject", () => ({ sub: undefined })],
    ["an empty subject", () => ({ sub: "" })],
    ["a subject that is no text", () => ({ sub: 7 })],
    ["a subject longer than any", () => ({ sub: "x".repeat(256) })],
    ["no expiry", () => ({ exp: undefined })],
    ["no time of issue", () => ({ iat: undefined })],
    ["an expiry that is past", (now: number) => ({ iat: now - 600, exp: now - 6 })],
    ["an expiry that is text", (now: number) => ({ exp: String(now + 60) })],
    ["a life of more than a day", (now: number) => ({ exp: now + 86_401 })],
    ["an issue of more than a day ago", (now: number) => ({ iat: now - 86_500 })],
    ["a beginning in the future", (now: number) => ({ nbf: now + 60 })],
    ["an issue in the future", (now: number) => ({ iat: now + 60 })],
    ["more than a header should hold", () => ({ padding: "x".repeat(9_000) })],
  ] as [string, (now: number) => object][])("proves nobody with %s", async (_what, claims) => {
    await using idp = await createIdentityProvider();
    await using auth = await createTestAuth({ identityProvider: idp.options });
    const now = Math.floor(auth.clock.now / 1_000);
    expect(await auth.callerBy(await idp.token(auth.clock.now, claims(now)))).toBeNull();
  });

  it.each([
    ["no configured role", { roles: [] }, "the claim roles contains no configured role"],
    ["no subject", { sub: "" }, "the token has no subject"],
    ["another audience", { aud: "https://other.example" }, "ERR_JWT_CLAIM_VALIDATION_FAILED"],
  ])("is rejected with a reason in the log, and without the token, when it has %s", async (_what, claims, reason) => {
    await using idp = await createIdentityProvider();
    await using auth = await createTestAuth({ identityProvider: idp.options });
    const token = await idp.token(auth.clock.now, claims);
    expect(await auth.callerBy(token)).toBeNull();
    expect(auth.logged()).toContain(reason);
    for (const part of token.split(".")) expect(auth.logged()).not.toContain(part);
  });

  it.each([
    ["another type", { typ: "JWT" }],
    ["no type", { typ: undefined }],
    ["an unknown key", { kid: "idp-2" }],
  ] as [string, object][])("proves nobody with %s in its header", async (_what, header) => {
    await using idp = await createIdentityProvider();
    await using auth = await createTestAuth({ identityProvider: idp.options });
    expect(await auth.callerBy(await idp.token(auth.clock.now, {}, header))).toBeNull();
  });

  it("is rejected with an expiry beyond all numbers, and a claim named twice is read as its last", async () => {
    await using idp = await createIdentityProvider();
    await using auth = await createTestAuth({ identityProvider: idp.options });
    const text = JSON.stringify(decodeJwt(await idp.token(auth.clock.now)));
    const sign = (payload: string) =>
      new CompactSign(Buffer.from(payload))
        .setProtectedHeader({ alg: "RS256", typ: "at+jwt", kid: "idp-1" })
        .sign(idp.privateKey);
    expect(await auth.callerBy(await sign(text))).not.toBeNull();
    expect(await auth.callerBy(await sign(text.replace(/"exp":\d+/, '"exp":1e999')))).toBeNull();
    expect(await auth.callerBy(await sign(text.replace(/"iat":\d+/, '"iat":-1e999')))).toBeNull();
    const twice = await auth.callerBy(await sign(text.replace("{", '{"sub":"mallory","iss":"https://evil.example",')));
    expect(twice?.principalId).toBe("idp:ada");
    expect(await auth.callerBy(await sign(text.replace(/}$/, ',"iss":"https://evil.example"}')))).toBeNull();
    for (const payload of ["null", "[]", '"text"', "{", ""])
      expect(await auth.callerBy(await sign(payload))).toBeNull();
  });

  it("is rejected if it is unsigned, signed by another key, or signed with the public key as a secret", async () => {
    await using idp = await createIdentityProvider();
    await using auth = await createTestAuth({ identityProvider: idp.options });
    const [, payload = ""] = (await idp.token(auth.clock.now)).split(".");
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const header = { typ: "at+jwt", kid: "idp-1" };
    for (const alg of ["none", "None", ""]) {
      expect(await auth.callerBy(`${encode({ ...header, alg })}.${payload}.`)).toBeNull();
    }
    const pem = await exportSPKI((await importJWK(idp.publicJwk, "RS256")) as CryptoKey);
    for (const secret of [pem, pem.trim(), JSON.stringify(idp.publicJwk), ""]) {
      const input = `${encode({ ...header, alg: "HS256" })}.${payload}`;
      const signature = createHmac("sha256", secret).update(input).digest("base64url");
      expect(await auth.callerBy(`${input}.${signature}`)).toBeNull();
    }
    const other = await generateKeyPair("RS256");
    const claims = decodeJwt(`.${payload}.`.replace(/^/, encode({ ...header, alg: "RS256" })));
    const forged = new SignJWT(claims).setProtectedHeader({ ...header, alg: "RS256" });
    expect(await auth.callerBy(await forged.sign(other.privateKey))).toBeNull();
  });

  it("of an algorithm that is not configured is rejected, even if its key is the provider's", async () => {
    await using idp = await createIdentityProvider();
    await using auth = await createTestAuth({ identityProvider: { ...idp.options, algorithms: ["ES256"] } });
    expect(await auth.callerBy(await idp.token(auth.clock.now))).toBeNull();
    expect(idp.asked()).toBe(0);
  });

  it("is no partner's, and is rejected if no identity provider is configured", async () => {
    await using idp = await createIdentityProvider();
    await using auth = await createTestAuth();
    expect(await auth.callerBy(await idp.token(auth.clock.now))).toBeNull();
    expect(idp.asked()).toBe(0);
  });

  it("is verified once, and again when it has expired", async () => {
    await using idp = await createIdentityProvider();
    await using auth = await createTestAuth({ identityProvider: idp.options });
    const token = await idp.token(auth.clock.now);
    const first = await auth.callerBy(token);
    expect(await auth.callerBy(token)).toBe(first);
    auth.clock.now += 606_000;
    expect(await auth.callerBy(token)).toBeNull();
  });
});

describe("identity provider: the keys", () => {
  it("are not requested for a token that does not name the provider as its issuer", async () => {
    await using idp = await createIdentityProvider();
    await using auth = await createTestAuth({ identityProvider: idp.options });
    await auth.callerBy(await idp.token(auth.clock.now, { iss: "https://evil.example" }));
    await auth.callerBy("eyJhbGciOiJSUzI1NiJ9.e30.AAAA");
    expect(idp.asked()).toBe(0);
  });

  it("are requested again for a token with an unknown key after half a minute, and not before", async () => {
    await using idp = await createIdentityProvider();
    await using auth = await createTestAuth({ identityProvider: idp.options });
    vi.useFakeTimers({ toFake: ["Date"] });
    const unknown = () => idp.token(auth.clock.now, {}, { kid: "idp-2" }).then((token) => auth.callerBy(token));
    for (let times = 0; times < 5; times += 1) expect(await unknown()).toBeNull();
    expect(idp.asked()).toBe(1);
    idp.publish([{ ...idp.publicJwk, kid: "idp-2" }]);
    vi.setSystemTime(Date.now() + 31_000);
    expect(await unknown()).not.toBeNull();
    expect(idp.asked()).toBe(2);
  });

  it.each([
    ["is down", 503, "", {}],
    ["sends elsewhere", 302, "", { location: "http://127.0.0.1:1/keys" }],
    ["speaks no JSON", 200, "<html>", {}],
    ["publishes no set of keys", 200, '{"keys":"none"}', {}],
    ["publishes more than keys can be", 200, JSON.stringify({ keys: [], padding: "x".repeat(300_000) }), {}],
  ] as [string, number, string, Record<string, string>][])(
    "are unavailable if it %s: the error says so, is logged, and is not retried by each request",
    async (_what, status, body, headers) => {
      await using idp = await createIdentityProvider();
      await using auth = await createTestAuth({ identityProvider: idp.options });
      idp.answer(status, body, headers);
      const token = await idp.token(auth.clock.now);
      for (let times = 0; times < 3; times += 1) {
        const { code, facts } = await rejectionOf(auth.callerBy(token));
        expect([code, facts["retryAfterSeconds"]]).toEqual(["AUTHENTICATION_UNAVAILABLE", 5]);
      }
      expect(idp.asked()).toBe(1);
      expect(auth.logged().match(/the identity provider's keys could not be read/g)).toHaveLength(1);
      expect(auth.logged()).not.toContain(token);

      idp.publish([idp.publicJwk]);
      auth.clock.now += 5_000;
      expect(await auth.callerBy(token)).toMatchObject({ principalId: "idp:ada" });
    },
  );

  it("that were read serve on for ten minutes while the provider is down, and then are not believed any more", async () => {
    await using idp = await createIdentityProvider();
    await using auth = await createTestAuth({ identityProvider: idp.options });
    vi.useFakeTimers({ toFake: ["Date"] });
    await auth.callerBy(await idp.token(auth.clock.now));
    idp.answer(503);
    vi.setSystemTime(Date.now() + 590_000);
    expect(await auth.callerBy(await idp.token(auth.clock.now, { sub: "grace" }))).not.toBeNull();
    vi.setSystemTime(Date.now() + 11_000);
    const refusal = await rejectionOf(auth.callerBy(await idp.token(auth.clock.now, { sub: "joan" })));
    expect(refusal.code).toBe("AUTHENTICATION_UNAVAILABLE");
  });

  it("that the provider revokes authenticate nobody after ten minutes, however long their tokens are valid", async () => {
    await using idp = await createIdentityProvider();
    await using auth = await createTestAuth({ identityProvider: idp.options });
    vi.useFakeTimers({ toFake: ["Date"] });
    const token = await idp.token(auth.clock.now, { exp: Math.floor(auth.clock.now / 1_000) + 3_600 });
    expect(await auth.callerBy(token)).not.toBeNull();
    idp.publish([]);
    vi.setSystemTime(Date.now() + 600_000);
    auth.clock.now += 599_999;
    expect(await auth.callerBy(token)).not.toBeNull();
    auth.clock.now += 2;
    expect(await auth.callerBy(token)).toBeNull();
  });

  it("that can't be used for their algorithm authenticate nobody", async () => {
    await using idp = await createIdentityProvider();
    await using auth = await createTestAuth({ identityProvider: idp.options });
    const broken: JWK = { ...idp.publicJwk, n: "AQAB" };
    idp.publish([broken]);
    expect(await auth.callerBy(await idp.token(auth.clock.now))).toBeNull();
  });
});
