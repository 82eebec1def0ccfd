import { createHmac } from "node:crypto";
import { CompactSign, decodeJwt, exportSPKI, generateKeyPair, importJWK, type JWK, SignJWT } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { IdentityProviderOptions } from "../../src/auth/identity-provider.ts";
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
    ["syndigraph-analyst syndigraph-operator", "OPERATOR"],
    ["offline_access syndigraph-analyst", "ANALYST"],
    ["syndigraph-operator,other", null],
    ["not-syndigraph-operator syndigraph-operators", null],
    [["other syndigraph-operator"], null],
    [{ 0: "syndigraph-operator" }, null],
    [null, null],
    ["", null],
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

  it.each<[string, object, object, string]>([
    [
      "no configured role",
      { roles: [] },
      {},
      "the claim roles (OIDC_ROLE_CLAIM) must contain syndigraph-operator or syndigraph-analyst; got neither",
    ],
    [
      "no roles",
      { roles: undefined },
      {},
      "the claim roles (OIDC_ROLE_CLAIM) must contain syndigraph-operator or syndigraph-analyst; got no such claim",
    ],
    ["an empty subject", { sub: "" }, {}, "the claim sub must be 1 to 255 characters long"],
    ["no subject", { sub: undefined }, {}, 'missing required "sub" claim (ERR_JWT_CLAIM_VALIDATION_FAILED)'],
    [
      "another audience",
      { aud: ["account"] },
      {},
      'the claim aud must contain https://gateway.example (OIDC_AUDIENCE); got ["account"]',
    ],
    [
      "no audience",
      { aud: undefined },
      {},
      "the claim aud must contain https://gateway.example (OIDC_AUDIENCE); got none",
    ],
    [
      "another issuer",
      { iss: "https://idp.example/" },
      {},
      'the claim iss must be https://idp.example (OIDC_ISSUER); got "https://idp.example/"',
    ],
    [
      "an endless issuer",
      { iss: "x".repeat(5_000) },
      {},
      `the claim iss must be https://idp.example (OIDC_ISSUER); got "${"x".repeat(99)}`,
    ],
    ["another type", {}, { typ: "JWT" }, 'the header typ must be at+jwt (OIDC_TOKEN_TYPE); got "JWT"'],
    ["no type", {}, { typ: undefined }, "the header typ must be at+jwt (OIDC_TOKEN_TYPE); got none"],
    [
      "a life of more than a day",
      { exp: 1e10 },
      {},
      "the lifetime must be at most 86400 s (OIDC_MAX_TOKEN_HOURS); got ",
    ],
    ["a past expiry", { exp: 1 }, {}, '"exp" claim timestamp check failed (ERR_JWT_EXPIRED)'],
    [
      "an unknown key",
      {},
      { kid: "idp-2" },
      "no applicable key found in the JSON Web Key Set (ERR_JWKS_NO_MATCHING_KEY)",
    ],
    [
      "more than a header should hold",
      { padding: "x".repeat(9_000) },
      {},
      "the header Authorization must be at most 8192 characters long",
    ],
  ])(
    "is rejected with a reason in the log, and without the token, when it has %s",
    async (_what, claims, header, reason) => {
      await using idp = await createIdentityProvider();
      await using auth = await createTestAuth({ identityProvider: idp.options });
      const token = await idp.token(auth.clock.now, claims, header);
      expect(await auth.callerBy(token)).toBeNull();
      const lines = auth
        .logged()
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(lines).toEqual([
        expect.objectContaining({
          level: 30,
          reason: expect.stringContaining(reason),
          msg: "a bearer token was rejected",
        }),
      ]);
      expect(String(lines[0]?.["reason"]).length).toBeLessThan(250);
      for (const part of token.split(".")) expect(auth.logged()).not.toContain(part);
    },
  );

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

  const keycloak = {
    exp: undefined,
    jti: "onrtro:6d3b2b2c",
    aud: ["syndigraph", "account"],
    typ: "Bearer",
    azp: "dashboard",
    sid: "5a1e",
    acr: "1",
    realm_access: { roles: ["default-roles-tv", "offline_access", "syndigraph-operator"] },
    resource_access: { account: { roles: ["view-profile"] }, "tv.example": { roles: ["syndigraph-analyst"] } },
    scope: "openid profile email",
    roles: undefined,
  };
  const cognito = {
    aud: undefined,
    "cognito:groups": ["eu-west-1_google", "syndigraph-analyst"],
    version: 2,
    client_id: "7mk1example",
    event_id: "c2f6",
    token_use: "access",
    scope: "aws.cognito.signin.user.admin openid",
    auth_time: 1_700_000_000,
    username: "ada",
    roles: undefined,
  };
  const okta = {
    ver: 1,
    jti: "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE",
    aud: "api://default",
    cid: "0oa1example",
    uid: "00u1example",
    scp: ["openid", "groups"],
    groups: ["Everyone", "syndigraph-operator"],
    roles: undefined,
  };
  it.each<[string, object, object, Partial<IdentityProviderOptions>, string]>([
    [
      "Keycloak",
      { ...keycloak, exp: 1_800_000_000 },
      { typ: "JWT" },
      { audience: "syndigraph", roleClaim: "realm_access.roles" },
      "OPERATOR",
    ],
    [
      "Keycloak with roles of a client",
      keycloak,
      { typ: "JWT" },
      { audience: "syndigraph", roleClaim: "resource_access.tv.example.roles" },
      "ANALYST",
    ],
    [
      "Cognito",
      cognito,
      { typ: undefined },
      { audience: "7mk1example", audienceClaim: "client_id", roleClaim: "cognito:groups" },
      "ANALYST",
    ],
    ["Okta", okta, { typ: undefined }, { audience: "api://default", roleClaim: "groups" }, "OPERATOR"],
    [
      "a provider with scopes as roles",
      { scope: "openid syndigraph-operator" },
      { typ: "application/AT+JWT" },
      { roleClaim: "scope" },
      "OPERATOR",
    ],
    [
      "a provider with a URL as the claim",
      { "https://tv.example/roles": ["syndigraph-analyst"] },
      {},
      { roleClaim: "https://tv.example/roles" },
      "ANALYST",
    ],
    ["a provider without an audience", { aud: undefined }, {}, { audience: null }, "OPERATOR"],
    ["a provider with another audience", { aud: "anything" }, {}, { audience: null }, "OPERATOR"],
  ])("of %s is accepted as configured, and refused with the defaults", async (_what, claims, header, options, role) => {
    await using idp = await createIdentityProvider();
    const encryption = { ...idp.publicJwk, kid: "enc-1", alg: "RSA-OAEP", use: "enc" };
    idp.publish([encryption, idp.publicJwk]);
    await using strict = await createTestAuth({ identityProvider: idp.options });
    await using auth = await createTestAuth({
      identityProvider: { ...idp.options, tokenTypes: ["at+jwt", "JWT", "none"], ...options },
    });
    const exp = Math.floor(auth.clock.now / 1_000) + 3_600;
    const token = await idp.token(auth.clock.now, { ...claims, exp }, header);
    expect(await auth.callerBy(token)).toMatchObject({ role, principalId: "idp:ada" });
    const unchanged = options.roleClaim === "scope" || options.roleClaim?.startsWith("https:");
    if (!unchanged) expect(await strict.callerBy(token)).toBeNull();
    // An audience that is configured is checked, wherever it is.
    const elsewhere = { ...idp.options, tokenTypes: ["at+jwt", "JWT", "none"], ...options, audience: "another" };
    await using other = await createTestAuth({ identityProvider: elsewhere });
    expect(await other.callerBy(token)).toBeNull();
    expect(other.logged()).toContain("(OIDC_AUDIENCE)");
  });

  it.each<[readonly string[], string | undefined, boolean]>([
    [["none"], undefined, true],
    [["none"], "JWT", false],
    [["none"], "at+jwt", false],
    [["JWT"], "jwt", true],
    [["JWT"], "application/jwt", true],
    [["JWT"], undefined, false],
    [["at+jwt", "none"], "at+jwt", true],
    [["at+jwt", "none"], "JWT", false],
  ])("where the types %j are accepted and its own is %s: accepted is %s", async (tokenTypes, typ, isAccepted) => {
    await using idp = await createIdentityProvider();
    await using auth = await createTestAuth({ identityProvider: { ...idp.options, tokenTypes } });
    expect((await auth.callerBy(await idp.token(auth.clock.now, {}, { typ }))) !== null).toBe(isAccepted);
  });

  it.each([
    [{ realm_access: { roles: ["syndigraph-operator"] } }, "OPERATOR"],
    [{ realm_access: { roles: "other syndigraph-analyst" } }, "ANALYST"],
    [{ "realm_access.roles": "syndigraph-analyst", realm_access: { roles: "syndigraph-operator" } }, "ANALYST"],
    [{ realm_access: ["syndigraph-operator"] }, null],
    [{ realm_access: "roles" }, null],
    [{ realm_access: null }, null],
    [{ realm_access: {} }, null],
    [{ realm_access: { roles: { name: "syndigraph-operator" } } }, null],
  ])("with nested roles %j has the role %s", async (claims, role) => {
    await using idp = await createIdentityProvider();
    await using auth = await createTestAuth({ identityProvider: { ...idp.options, roleClaim: "realm_access.roles" } });
    expect((await auth.callerBy(await idp.token(auth.clock.now, claims)))?.role ?? null).toBe(role);
  });

  it.each(["constructor.name", "__proto__", "toString", "roles.length", "roles.0", ".", "..roles"])(
    "has no roles at %s, where no claim is",
    async (roleClaim) => {
      await using idp = await createIdentityProvider();
      const identityProvider = {
        ...idp.options,
        roleClaim,
        operatorRole: "Object",
        analystRole: "syndigraph-operator",
      };
      await using auth = await createTestAuth({ identityProvider });
      const caller = await auth.callerBy(await idp.token(auth.clock.now));
      expect(caller?.role ?? null).toBe(roleClaim === "roles.0" ? "ANALYST" : null);
    },
  );

  it.each([
    [36, 36, true],
    [36, 36.1, false],
    [24, 28, false],
    [28, 28, true],
  ])("with at most %s h may live %s h: %s", async (hours, lifetime, isAccepted) => {
    await using idp = await createIdentityProvider();
    await using auth = await createTestAuth({
      identityProvider: { ...idp.options, maxLifetimeSeconds: hours * 3_600 },
    });
    const begun = auth.clock.now;
    const token = await idp.token(begun, { exp: begun / 1_000 + lifetime * 3_600 });
    expect((await auth.callerBy(token)) !== null).toBe(isAccepted);
    // Its last minutes are as good as its first, after the signature is verified again.
    auth.clock.now = begun + lifetime * 3_600_000 - 60_000;
    expect((await auth.callerBy(token)) !== null).toBe(isAccepted);
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
    expect(auth.logged()).toContain("no identity provider is configured (OIDC_ISSUER)");
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
