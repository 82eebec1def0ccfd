import { createHmac } from "node:crypto";
import fc from "fast-check";
import {
  CompactSign,
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  jwtVerify,
  SignJWT,
} from "jose";
import { describe, expect, it } from "vitest";
import type { Caller } from "../../src/auth/caller.ts";
import { allScopes, scopesOfRole } from "../../src/auth/scopes.ts";
import { Secret } from "../../src/model/secret.ts";
import type { SigningKeyRecord } from "../../src/store/records.ts";
import { createTestAuth, OPERATOR_KEY, type TestAuth } from "../support/auth.ts";
import { rejectionOf } from "../support/refusal.ts";

/** The caller by a key of the store, of a partner unless it is told otherwise. */
async function issuerBy(auth: TestAuth, wish: Parameters<TestAuth["addKey"]>[0] = {}) {
  const partner = await auth.addPartner();
  const { key, record } = await auth.addKey({ role: "PARTNER", partnerId: partner.id, ...wish });
  const origin = wish.allowedOrigins?.[0] ?? null;
  return { partner, key, record, issuedBy: (await auth.callerBy(key, { origin })) as Caller };
}

/** A session of an hour with all that a partner may hold. */
const wish = { scopes: scopesOfRole.PARTNER, expiresInSeconds: 3_600 };

describe("session", () => {
  it("makes its holder a caller of the partner, until it expires", async () => {
    await using auth = await createTestAuth();
    const { partner, issuedBy, record } = await issuerBy(auth);
    const session = await auth.sessions.issue({ issuedBy, partner, scopes: ["usage:read"], expiresInSeconds: 60 });
    expect(session).toMatchObject({ scopes: ["usage:read"], expiresAt: auth.clock.now + 60_000 });
    expect(await auth.callerBy(session.jwt)).toEqual({
      principalId: `session:${record.id}:${partner.id}`,
      name: "session of a key",
      role: "PARTNER",
      scopes: new Set(["usage:read"]),
      partner,
      expiresAt: session.expiresAt,
    });
    auth.clock.now += 66_000;
    expect(await auth.callerBy(session.jwt)).toBeNull();
  });

  it("lasts an hour at most, and never longer than the key that issued it", async () => {
    await using auth = await createTestAuth();
    const { partner, issuedBy } = await issuerBy(auth, { expiresAt: auth.clock.now + 120_500 });
    const long = await auth.sessions.issue({ ...wish, issuedBy, partner, expiresInSeconds: 3_600 });
    expect(long.expiresAt).toBe(auth.clock.now + 120_000);
    const operator = (await auth.callerBy(OPERATOR_KEY)) as Caller;
    const longest = await auth.sessions.issue({ ...wish, issuedBy: operator, partner, expiresInSeconds: 1e9 });
    expect(longest.expiresAt).toBe(auth.clock.now + 3_600_000);
  });

  it("never has more scopes than were requested, than its issuer has, or than a partner's role allows", async () => {
    await using auth = await createTestAuth();
    const partner = await auth.addPartner();
    const some = fc.subarray([...allScopes]);
    await fc.assert(
      fc.asyncProperty(some, some, fc.constantFrom("OPERATOR", "PARTNER"), async (held, asked, role) => {
        const { key } = await auth.addKey({ role, partnerId: role === "PARTNER" ? partner.id : null, scopes: held });
        const issuedBy = (await auth.callerBy(key)) as Caller;
        const { jwt, scopes } = await auth.sessions.issue({ issuedBy, partner, scopes: asked, expiresInSeconds: 60 });
        const caller = await auth.callerBy(jwt);
        const both = asked.filter((scope) => held.includes(scope) && scopesOfRole.PARTNER.includes(scope));
        expect(caller?.scopes).toEqual(new Set(both));
        expect(new Set(scopes)).toEqual(new Set(both));
      }),
      { numRuns: 40 },
    );
  });

  it("ends within a second when the key that issued it is revoked", async () => {
    await using auth = await createTestAuth();
    const { partner, issuedBy, record } = await issuerBy(auth);
    const { jwt } = await auth.sessions.issue({ ...wish, issuedBy, partner });
    expect(await auth.callerBy(jwt)).not.toBeNull();
    await auth.store.apiKeys.revoke(record.id, auth.clock.now);
    auth.clock.now += 1_000;
    expect(await auth.callerBy(jwt)).toBeNull();
  });

  it("follows its partner: suspended, it signs nothing; retired, it is rejected", async () => {
    await using auth = await createTestAuth();
    const { partner, issuedBy } = await issuerBy(auth);
    const { jwt } = await auth.sessions.issue({ ...wish, issuedBy, partner });
    await auth.store.partners.update(partner.id, { status: "SUSPENDED" });
    auth.clock.now += 1_000;
    expect((await auth.callerBy(jwt))?.scopes.has("token:sign")).toBe(false);
    expect((await auth.callerBy(jwt))?.scopes.has("usage:read")).toBe(true);
    await auth.store.partners.update(partner.id, { status: "RETIRED" });
    auth.clock.now += 1_000;
    expect(await auth.callerBy(jwt)).toBeNull();
  });

  it("by the operator's key ends when that key is another one, and shows nothing of it", async () => {
    await using auth = await createTestAuth();
    await using later = await createTestAuth({ store: auth.store, operatorKey: new Secret("another-operator-key") });
    const { partner } = await issuerBy(auth);
    const operator = (await auth.callerBy(OPERATOR_KEY)) as Caller;
    const { jwt } = await auth.sessions.issue({ ...wish, issuedBy: operator, partner });
    expect(await auth.callerBy(jwt)).toMatchObject({ principalId: `session:operator:${partner.id}`, role: "PARTNER" });
    expect(await later.callerBy(jwt)).toBeNull();
    expect(Buffer.from(jwt.reveal(), "base64url").toString()).not.toContain(OPERATOR_KEY);
  });

  it("by the operator's key has no more scopes than that key allows now", async () => {
    await using auth = await createTestAuth();
    await using later = await createTestAuth({ store: auth.store, operatorScopes: ["usage:read", "key:admin"] });
    const { partner } = await issuerBy(auth);
    const operator = (await auth.callerBy(OPERATOR_KEY)) as Caller;
    const { jwt } = await auth.sessions.issue({ ...wish, issuedBy: operator, partner });
    expect((await later.callerBy(jwt))?.scopes).toEqual(new Set(["usage:read"]));
  });

  it("makes no sessions", async () => {
    await using auth = await createTestAuth();
    const { partner, issuedBy } = await issuerBy(auth);
    const { jwt } = await auth.sessions.issue({ ...wish, issuedBy, partner });
    const session = (await auth.callerBy(jwt)) as Caller;
    const refusal = await rejectionOf(auth.sessions.issue({ ...wish, issuedBy: session, partner }));
    expect(refusal.code).toBe("FORBIDDEN");
  });

  it("of a key with origins opens for pages of these origins alone; networks of a key are not its frontends'", async () => {
    await using auth = await createTestAuth();
    const origin = "https://app.northwind.example";
    const { partner, issuedBy } = await issuerBy(auth, { allowedOrigins: [origin] });
    const { jwt } = await auth.sessions.issue({ ...wish, issuedBy, partner });
    expect(await auth.callerBy(jwt, { origin })).not.toBeNull();
    expect(await auth.callerBy(jwt, { origin: "https://other.example" })).toBeNull();
    expect(await auth.callerBy(jwt)).toBeNull();
  });

  it("is verified by every gateway of the store, at once, and by its public keys", async () => {
    await using here = await createTestAuth();
    await using there = await createTestAuth({ store: here.store });
    const { partner, issuedBy } = await issuerBy(here);
    expect(await there.signingKeys.publicKeys()).toEqual([]);
    const { jwt } = await here.sessions.issue({ ...wish, issuedBy, partner });
    expect(await there.callerBy(jwt)).toMatchObject({ role: "PARTNER" });
    there.clock.now += 1_000;
    const keys = await there.signingKeys.publicKeys();
    expect(keys).toEqual([
      { kty: "OKP", crv: "Ed25519", x: expect.any(String), kid: expect.any(String), alg: "EdDSA", use: "sig" },
    ]);
    const key = await importJWK(keys[0] as JWK);
    const { payload } = await jwtVerify(jwt.reveal(), key, { currentDate: new Date(here.clock.now) });
    expect(payload).toMatchObject({ iss: "syndigraph", aud: "syndigraph", sub: partner.id });
  });

  it("is not one of a gateway with another issuer", async () => {
    await using here = await createTestAuth();
    await using there = await createTestAuth({ store: here.store, issuer: "https://other.example" });
    const { partner, issuedBy } = await issuerBy(here);
    const { jwt } = await here.sessions.issue({ ...wish, issuedBy, partner });
    expect(await there.callerBy(jwt)).toBeNull();
  });
});

describe("session: the signing keys", () => {
  it("are created on demand, one for concurrent requests, and rotate every week", async () => {
    await using auth = await createTestAuth();
    const kids = async () => (await auth.store.signingKeys.list(auth.clock.now)).map(({ kid }) => kid);
    expect(await kids()).toEqual([]);
    const signers = await Promise.all([1, 2, 3].map(() => auth.signingKeys.signer()));
    expect(new Set(signers.map(({ kid }) => kid)).size).toBe(1);
    expect(await kids()).toHaveLength(1);

    auth.clock.now += 7 * 86_400_000;
    const next = await auth.signingKeys.signer();
    expect(next.kid).not.toBe(signers[0]?.kid);
    // What the first one signed a moment ago is still verified.
    expect(await auth.signingKeys.verifier(signers[0]?.kid ?? "")).not.toBeNull();

    auth.clock.now += 2 * 3_600_000;
    expect(await auth.signingKeys.verifier(signers[0]?.kid ?? "")).toBeNull();
    expect(await kids()).toEqual([next.kid]);
  });

  it("are deleted when nothing that they signed is valid any more", async () => {
    await using auth = await createTestAuth();
    const first = await auth.signingKeys.signer();
    auth.clock.now += 8 * 86_400_000;
    const next = await auth.signingKeys.signer();
    const left = (await auth.store.signingKeys.list(0)).map(({ kid }) => kid);
    expect(left).toEqual([next.kid]);
    expect(left).not.toContain(first.kid);
  });

  it("do not open under another id than their own", async () => {
    await using auth = await createTestAuth();
    await auth.signingKeys.signer();
    const [record] = await auth.store.signingKeys.list(auth.clock.now);
    await using moved = await createTestAuth();
    await moved.store.signingKeys.create({ ...(record as SigningKeyRecord), kid: "moved" });
    expect((await moved.signingKeys.signer()).kid).not.toBe("moved");
  });

  it("are stored encrypted: the store alone signs nothing, and a changed API secret creates a new one", async () => {
    await using auth = await createTestAuth();
    const { kid } = await auth.signingKeys.signer();
    const [record] = await auth.store.signingKeys.list(auth.clock.now);
    expect(record?.publicJwk).not.toContain('"d"');
    expect(Buffer.from(record?.sealedPrivateJwk ?? "", "base64url").toString("latin1")).not.toContain("kty");
    await using changed = await createTestAuth({ store: auth.store, secret: new Secret("a-changed-api-secret") });
    expect((await changed.signingKeys.signer()).kid).not.toBe(kid);
    expect(await changed.signingKeys.verifier(kid)).not.toBeNull();
  });
});

describe("session: a forged JWT", () => {
  /** A session as it is made, with whatever is to be wrong about it. */
  async function forged(auth: TestAuth, claims: object = {}, header: object = {}) {
    const { partner, issuedBy } = await issuerBy(auth);
    const { jwt } = await auth.sessions.issue({ ...wish, issuedBy, partner });
    const { kid, key } = await auth.signingKeys.signer();
    const whole = { ...decodeJwt(jwt.reveal()), ...claims };
    return new SignJWT(JSON.parse(JSON.stringify(whole)))
      .setProtectedHeader({ alg: "EdDSA", typ: "session+jwt", kid, ...header })
      .sign(key);
  }
  const seconds = (auth: TestAuth) => Math.floor(auth.clock.now / 1_000);

  it("is one when nothing is wrong about it", async () => {
    await using auth = await createTestAuth();
    expect(await auth.callerBy(await forged(auth))).toMatchObject({ role: "PARTNER" });
  });

  it.each([
    ["another issuer", () => ({ iss: "https://idp.example" })],
    ["another audience", () => ({ aud: "somebody-else" })],
    ["no audience", () => ({ aud: undefined })],
    ["no subject", () => ({ sub: undefined })],
    ["a subject that is no text", () => ({ sub: { id: 1 } })],
    ["an unknown partner", () => ({ sub: "nobody" })],
    ["no scope", () => ({ scope: undefined })],
    ["a list for a scope", () => ({ scope: ["usage:read"] })],
    ["no issuer", () => ({ maker: undefined })],
    ["an unknown issuer", () => ({ maker: "key:nobody" })],
    ["an issuer of no kind", () => ({ maker: "operator" })],
    ["a made-up fingerprint", () => ({ maker: "operator:AAAAAAAAAAAAAAAAAAAAAA" })],
    ["no id", () => ({ jti: undefined })],
    ["no expiry", () => ({ exp: undefined })],
    ["no time of issue", () => ({ iat: undefined })],
    ["an expiry that is past", (now: number) => ({ iat: now - 100, exp: now - 10 })],
    ["a life of more than an hour", (now: number) => ({ exp: now + 3_700 })],
    ["a beginning in the future", (now: number) => ({ nbf: now + 60 })],
    ["an issue in the future", (now: number) => ({ iat: now + 60 })],
    ["an expiry that is text", () => ({ exp: "tomorrow" })],
  ] as [string, (now: number) => object][])("is none with %s", async (_what, claims) => {
    await using auth = await createTestAuth();
    expect(await auth.callerBy(await forged(auth, claims(seconds(auth))))).toBeNull();
  });

  it.each([
    ["another type", { typ: "JWT" }],
    ["no type", { typ: undefined }],
    ["an unknown key", { kid: "0" }],
    ["no key", { kid: undefined }],
  ] as [string, object][])("is none with %s in its header", async (_what, header) => {
    await using auth = await createTestAuth();
    expect(await auth.callerBy(await forged(auth, {}, header))).toBeNull();
  });

  it("is rejected with another type, even if its claims are those of a valid session", async () => {
    await using auth = await createTestAuth();
    const session = await forged(auth);
    expect(await auth.sessions.identify(session, { origin: null })).not.toBeNull();
    const { kid, key } = await auth.signingKeys.signer();
    const typed = new SignJWT(decodeJwt(session)).setProtectedHeader({ alg: "EdDSA", typ: "at+jwt", kid });
    expect(await auth.sessions.identify(await typed.sign(key), { origin: null })).toBeNull();
  });

  it("is none of another partner than its issuer's", async () => {
    await using auth = await createTestAuth();
    const other = await auth.addPartner("Kestrel");
    expect(await auth.callerBy(await forged(auth, { sub: other.id }))).toBeNull();
  });

  it("is none with an expiry beyond all numbers", async () => {
    await using auth = await createTestAuth();
    const good = await forged(auth);
    const { kid, key } = await auth.signingKeys.signer();
    const text = JSON.stringify(decodeJwt(good)).replace(/"exp":\d+/, '"exp":1e999');
    const jws = await new CompactSign(Buffer.from(text))
      .setProtectedHeader({ alg: "EdDSA", typ: "session+jwt", kid })
      .sign(key);
    expect(await auth.callerBy(jws)).toBeNull();
  });

  it("is none signed by none, by another key, or by the public key taken for a secret", async () => {
    await using auth = await createTestAuth();
    const good = await forged(auth);
    const { kid } = await auth.signingKeys.signer();
    const [header = "", payload = ""] = good.split(".");
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const typ = "session+jwt";
    expect(decodeProtectedHeader(good).typ).toBe(typ);

    for (const alg of ["none", "None", "NONE"]) {
      expect(await auth.callerBy(`${encode({ alg, typ, kid })}.${payload}.`)).toBeNull();
    }
    expect(await auth.callerBy(`${header}.${payload}.`)).toBeNull();

    const { privateKey, publicKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
    const resign = (extra: object) =>
      new SignJWT(decodeJwt(good)).setProtectedHeader({ alg: "EdDSA", typ, kid, ...extra }).sign(privateKey);
    expect(await auth.callerBy(await resign({}))).toBeNull();
    expect(await auth.callerBy(await resign({ jwk: await exportJWK(publicKey) }))).toBeNull();

    const [published] = await auth.signingKeys.publicKeys();
    const input = `${encode({ alg: "HS256", typ, kid })}.${payload}`;
    for (const secret of [Buffer.from(published?.x ?? "", "base64url"), JSON.stringify(published)]) {
      const signature = createHmac("sha256", secret).update(input).digest("base64url");
      expect(await auth.callerBy(`${input}.${signature}`)).toBeNull();
    }
  });

  it("is none after a single character of it was changed", async () => {
    await using auth = await createTestAuth();
    const good = await forged(auth);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: good.length - 1 }), fc.constantFrom(..."AZaz09-_."), async (at, character) => {
        const changed = good.slice(0, at) + character + good.slice(at + 1);
        // The last character of the signature holds bits that stand for nothing.
        if (changed !== good && at < good.length - 1) expect(await auth.callerBy(changed)).toBeNull();
      }),
    );
  });

  it.each([
    [5, true],
    [6, false],
  ])("that begins %i seconds ahead of our clock is one: %s", async (ahead, isOne) => {
    await using auth = await createTestAuth();
    const caller = await auth.callerBy(await forged(auth, { nbf: seconds(auth) + ahead }));
    expect(caller !== null).toBe(isOne);
  });

  it("is logged by what is wrong, and never itself", async () => {
    await using auth = await createTestAuth();
    const jwt = await forged(auth, { aud: "somebody-else" });
    await auth.callerBy(jwt);
    expect(auth.logged()).toContain("ERR_JWT_CLAIM_VALIDATION_FAILED");
    for (const part of jwt.split(".")) expect(auth.logged()).not.toContain(part);
  });
});
