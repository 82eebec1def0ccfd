import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { allScopes, type Role, scopesOfRole } from "../../src/auth/scopes.ts";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";
import { createIdentityProvider } from "../support/identity-provider.ts";

interface KeyAnswer {
  readonly apiKey: { readonly id: string; readonly state: string } | null;
  readonly secret: string | null;
  readonly userErrors: readonly { readonly code: string; readonly path: readonly string[] | null }[];
}

const KEY_FIELDS = `apiKey { id name role state scopes { name } allowedOrigins allowedNetworks expiresAt partner { trackingId } }
  secret userErrors { code path message }`;
const CREATE = `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { ${KEY_FIELDS} } }`;
const ROTATE = `mutation ($input: RotateApiKeyInput!) { rotateApiKey(input: $input) { ${KEY_FIELDS} previousKey { id expiresAt replacedBy { id } } } }`;
const REVOKE =
  "mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { id state revokedAt } userErrors { code } } }";
const SESSION = `mutation ($input: CreatePartnerSessionInput!) {
  createPartnerSession(input: $input) { jwt expiresAt scopes { name } userErrors { code path message } }
}`;
const ME = "{ me { principalId name role expiresAt scopes { name } partner { trackingId } } }";

let gateway: TestGateway;
let number = 0;

beforeEach(async () => {
  gateway = await createTestGateway();
});
afterEach(() => gateway[Symbol.asyncDispose]());

async function create(input: object = {}, as: Pick<TestGateway, "ask"> = gateway): Promise<KeyAnswer> {
  number += 1;
  const defaults = { idempotencyKey: `create-${number}`, name: "billing", role: "ANALYST", scopes: ["usage:read"] };
  const { data, errors } = await as.ask<{ createApiKey: KeyAnswer }>(CREATE, { input: { ...defaults, ...input } });
  expect(errors).toEqual([]);
  return data.createApiKey;
}

/** A registered partner, and a key of it with all that a partner may hold. */
async function partnerWithKey(trackingId: string, wish: object = {}) {
  await gateway.store.partners.create(
    { name: trackingId, trackingIds: [trackingId], contact: null, timeZone: "UTC", currency: "EUR", notes: null },
    gateway.sandbox.clock.now(),
  );
  gateway.sandbox.clock.advance(1_000);
  const partner = { trackingId };
  const { apiKey, secret } = await create({ role: "PARTNER", partner, scopes: scopesOfRole.PARTNER, ...wish });
  return { keyId: apiKey?.id ?? "", key: secret ?? "", as: gateway.as(secret ?? "") };
}

async function rotate(id: string, input: object = {}, as: Pick<TestGateway, "ask"> = gateway) {
  number += 1;
  const whole = { idempotencyKey: `rotate-${number}`, id, ...input };
  const { data } = await as.ask<{ rotateApiKey: KeyAnswer & { previousKey: unknown } }>(ROTATE, { input: whole });
  return data.rotateApiKey;
}

describe("createApiKey", () => {
  it("shows the key once, and by it its holder is known", async () => {
    const { apiKey, secret } = await create({ name: "billing", expiresInSeconds: 3_600 });
    expect(secret).toMatch(/^sgk_[\w-]{43}$/);
    expect(apiKey).toEqual({
      id: expect.any(String),
      name: "billing",
      role: "ANALYST",
      state: "ACTIVE",
      scopes: [{ name: "usage:read" }],
      allowedOrigins: [],
      allowedNetworks: [],
      expiresAt: "2026-03-18T11:20:00.000Z",
      partner: null,
    });
    const { data } = await gateway.as(secret ?? "").ask(ME);
    expect(data).toEqual({
      me: {
        principalId: expect.stringMatching(/^key:/),
        name: "billing",
        role: "ANALYST",
        expiresAt: "2026-03-18T11:20:00.000Z",
        scopes: [{ name: "usage:read" }],
        partner: null,
      },
    });
  });

  it("makes one key for one idempotency key, and shows its secret to the first request alone", async () => {
    const [first, second] = await Promise.all([
      create({ idempotencyKey: "same", name: "once" }),
      create({ idempotencyKey: "same", name: "once" }),
    ]);
    const third = await create({ idempotencyKey: "same", name: "once" });
    expect(second.apiKey).toEqual(first.apiKey);
    expect(third.apiKey).toEqual(first.apiKey);
    expect([first, second, third].filter(({ secret }) => secret !== null)).toHaveLength(1);
    const other = await create({ idempotencyKey: "same", name: "another" });
    expect([other.apiKey, other.userErrors[0]?.code]).toEqual([null, "IDEMPOTENCY_MISMATCH"]);
    expect(await gateway.store.apiKeys.list({})).toHaveLength(1);
  });

  it.each<[string, object, string, string]>([
    ["an empty name", { name: "" }, "INVALID_INPUT", "input.name"],
    ["no scope", { scopes: [] }, "INVALID_INPUT", "input.scopes"],
    ["a scope that is none", { scopes: ["usage:read", "*"] }, "INVALID_INPUT", "input.scopes.1"],
    ["a scope twice", { scopes: ["usage:read", "usage:read"] }, "INVALID_INPUT", "input.scopes.1"],
    ["more than its role may hold", { scopes: ["token:reveal"] }, "INVALID_INPUT", "input.scopes.0"],
    ["a partner that is none of its role's", { partner: { trackingId: "acme" } }, "INVALID_INPUT", "input.partner"],
    ["no partner for a partner's", { role: "PARTNER" }, "INVALID_INPUT", "input.partner"],
    ["an unknown partner", { role: "PARTNER", partner: { trackingId: "nobody" } }, "NOT_FOUND", "input.partner"],
    ["an origin with a path", { allowedOrigins: ["https://a.example/"] }, "INVALID_INPUT", "input.allowedOrigins.0"],
    ["an origin for all", { allowedOrigins: ["https://a.example", "*"] }, "INVALID_INPUT", "input.allowedOrigins.1"],
    ["an origin in capitals", { allowedOrigins: ["https://A.example"] }, "INVALID_INPUT", "input.allowedOrigins.0"],
    ["a network that is none", { allowedNetworks: ["10/8"] }, "INVALID_INPUT", "input.allowedNetworks.0"],
    ["too many networks", { allowedNetworks: Array(51).fill("10.0.0.1") }, "INVALID_INPUT", "input.allowedNetworks"],
    ["a life that is over", { expiresInSeconds: 0 }, "INVALID_INPUT", "input.expiresInSeconds"],
    ["an empty idempotency key", { idempotencyKey: "" }, "INVALID_INPUT", "input.idempotencyKey"],
  ])("refuses %s, and makes nothing", async (_what, input, code, path) => {
    const { apiKey, secret, userErrors } = await create(input);
    expect([apiKey, secret]).toEqual([null, null]);
    expect(userErrors[0]).toMatchObject({ code, path: path.split(".") });
    expect(await gateway.store.apiKeys.list({})).toEqual([]);
  });

  it("gives nobody more than the maker and the role hold, whatever is asked for", async () => {
    const some = fc.subarray([...allScopes], { minLength: 1 });
    const roles = fc.constantFrom<Role>("OPERATOR", "ANALYST");
    await fc.assert(
      fc.asyncProperty(some, some, roles, async (held, asked, role) => {
        const maker = await create({ role: "OPERATOR", scopes: [...new Set([...held, "key:admin"])] });
        const as = gateway.as(maker.secret ?? "");
        const made = await create({ role, scopes: asked }, as);
        const may = asked.every(
          (scope) => scopesOfRole[role].includes(scope) && (held.includes(scope) || scope === "key:admin"),
        );
        expect(made.apiKey !== null).toBe(may);
        if (!may) return;
        const { data } = await gateway.as(made.secret ?? "").ask<{ me: { scopes: { name: string }[] } }>(ME);
        expect(data.me.scopes.map(({ name }) => name).sort()).toEqual([...asked].sort());
      }),
      { numRuns: 25 },
    );
  });

  it("is for those who administer keys, and never for a partner or its session", async () => {
    const { as } = await partnerWithKey("acme");
    const analyst = gateway.as((await create()).secret ?? "");
    const operator = gateway.as((await create({ role: "OPERATOR", scopes: ["usage:read"] })).secret ?? "");
    for (const caller of [as, analyst, operator]) {
      const input = { idempotencyKey: "x", name: "x", role: "ANALYST", scopes: ["usage:read"] };
      for (const [document, variables] of [
        [CREATE, { input }],
        [ROTATE, { input: { idempotencyKey: "x", id: "x" } }],
        [REVOKE, { id: "x" }],
        ["{ apiKeys { nodes { id } } }", {}],
      ] as const) {
        const { errors } = await caller.ask(document, variables);
        expect(errors[0]?.extensions.code).toBe("FORBIDDEN");
      }
    }
  });

  it("makes no key for a partner that is suspended or retired", async () => {
    await partnerWithKey("acme");
    const [partner] = await gateway.store.partners.all();
    for (const status of ["SUSPENDED", "RETIRED"] as const) {
      await gateway.store.partners.update(partner?.id ?? "", { status });
      gateway.sandbox.clock.advance(1_000);
      const made = await create({ role: "PARTNER", partner: { trackingId: "acme" } });
      expect(made.userErrors[0]).toMatchObject({ code: "PARTNER_NOT_ACTIVE", path: ["input", "partner"] });
    }
  });

  it("leaves the secret out of the audit log, of every later answer and of the log", async () => {
    const { secret, apiKey } = await create();
    const { data } = await gateway.ask(
      `{ auditLog { nodes { operation outcome detail } } apiKeys { nodes { id name } } }`,
    );
    const everything = JSON.stringify([data, await gateway.store.apiKeys.list({}), gateway.logged()]);
    expect(everything).toContain("createApiKey");
    expect(everything).toContain(apiKey?.id);
    expect(everything).not.toContain(secret);
  });
});

describe("rotateApiKey", () => {
  it("puts a key like the former one in its place, and lets both in while they overlap", async () => {
    const former = await create({ name: "feed", allowedNetworks: ["192.0.2.0/24"], expiresInSeconds: 86_400 });
    const { apiKey, secret, previousKey } = await rotate(former.apiKey?.id ?? "", { overlapSeconds: 600 });
    expect(apiKey).toEqual({ ...former.apiKey, id: expect.any(String) });
    expect(apiKey?.id).not.toBe(former.apiKey?.id);
    expect(previousKey).toEqual({
      id: former.apiKey?.id,
      expiresAt: "2026-03-18T10:30:00.000Z",
      replacedBy: { id: apiKey?.id },
    });
    const status = async (key: string | null) => (await gateway.as(key ?? "", { peer: "192.0.2.7" }).ask(ME)).status;
    expect([await status(former.secret), await status(secret)]).toEqual([200, 200]);
    gateway.sandbox.clock.advance(600_000);
    expect([await status(former.secret), await status(secret)]).toEqual([401, 200]);
  });

  it("makes one successor: for one idempotency key the same, and for another one none", async () => {
    const { apiKey } = await create();
    const first = await rotate(apiKey?.id ?? "", { idempotencyKey: "same" });
    const again = await rotate(apiKey?.id ?? "", { idempotencyKey: "same" });
    expect([again.apiKey?.id, again.secret]).toEqual([first.apiKey?.id, null]);
    const other = await rotate(apiKey?.id ?? "");
    expect([other.apiKey, other.userErrors[0]?.code]).toEqual([null, "CONFLICT"]);
    expect(await gateway.store.apiKeys.list({})).toHaveLength(2);
  });

  it("can end the former at once, and never lets it live longer than it would have", async () => {
    const short = await create({ expiresInSeconds: 60 });
    const { previousKey } = await rotate(short.apiKey?.id ?? "", { overlapSeconds: 3_600 });
    expect(previousKey).toMatchObject({ expiresAt: "2026-03-18T10:21:00.000Z" });
    const leaked = await create();
    await rotate(leaked.apiKey?.id ?? "", { overlapSeconds: 0 });
    gateway.sandbox.clock.advance(1_000);
    expect((await gateway.as(leaked.secret ?? "").ask(ME)).status).toBe(401);
  });

  it("refuses a key that is over, an overlap out of bounds, and a key with more scopes than its caller", async () => {
    const { apiKey } = await create();
    const id = apiKey?.id ?? "";
    for (const overlapSeconds of [-1, 604_801]) {
      const { userErrors } = await rotate(id, { overlapSeconds });
      expect(userErrors[0]).toMatchObject({ code: "INVALID_INPUT", path: ["input", "overlapSeconds"] });
    }
    const weaker = gateway.as((await create({ role: "OPERATOR", scopes: ["key:admin"] })).secret ?? "");
    expect((await rotate(id, {}, weaker)).userErrors[0]).toMatchObject({ code: "FORBIDDEN", path: ["input", "id"] });
    await gateway.ask(REVOKE, { id });
    expect((await rotate(id)).userErrors[0]?.code).toBe("CONFLICT");
    for (const unknown of ["x", "", "QXBpS2V5OjE"]) {
      expect((await rotate(unknown)).userErrors[0]?.code).toBe("NOT_FOUND");
    }
  });
});

describe("revokeApiKey", () => {
  it("ends a key within a second, once and for all", async () => {
    const { apiKey, secret } = await create();
    const caller = gateway.as(secret ?? "");
    expect((await caller.ask(ME)).status).toBe(200);
    const revoked = await gateway.ask(REVOKE, { id: apiKey?.id });
    gateway.sandbox.clock.advance(1_000);
    expect((await caller.ask(ME)).status).toBe(401);
    expect((await gateway.ask(REVOKE, { id: apiKey?.id })).data).toEqual(revoked.data);
    expect(revoked.data).toEqual({
      revokeApiKey: {
        apiKey: { id: apiKey?.id, state: "REVOKED", revokedAt: "2026-03-18T10:20:00.000Z" },
        userErrors: [],
      },
    });
  });

  it("answers an unknown id and a malformed one alike", async () => {
    for (const id of ["x", "QXBpS2V5OjE", "U3RyZWFtOmE"]) {
      const { data } = await gateway.ask(REVOKE, { id });
      expect(data).toEqual({ revokeApiKey: { apiKey: null, userErrors: [{ code: "NOT_FOUND" }] } });
    }
  });
});

describe("apiKeys", () => {
  it("lists keys oldest first, by partner, role and state", async () => {
    const { keyId } = await partnerWithKey("acme");
    gateway.sandbox.clock.advance(1_000);
    const old = await create({ name: "old", expiresInSeconds: 10 });
    const gone = await create({ name: "gone" });
    await gateway.ask(REVOKE, { id: gone.apiKey?.id });
    gateway.sandbox.clock.advance(10_000);
    const list = async (filter: string) => {
      const { data } = await gateway.ask<{ apiKeys: { nodes: { id: string }[] } }>(
        `{ apiKeys(filter: ${filter}) { nodes { id } } }`,
      );
      return data.apiKeys.nodes.map(({ id }) => id);
    };
    expect((await list("{}"))[0]).toBe(keyId);
    expect(await list('{ partner: { trackingId: "acme" } }')).toEqual([keyId]);
    expect(await list("{ role: ANALYST, state: EXPIRED }")).toEqual([old.apiKey?.id]);
    expect(await list("{ state: REVOKED }")).toEqual([gone.apiKey?.id]);
    expect(await list("{ state: ACTIVE }")).toEqual([keyId]);
  });

  it("tells when a key was last used", async () => {
    const { apiKey, secret } = await create();
    const lastUsedAt = async () => {
      const { data } = await gateway.ask(`{ node(id: "${apiKey?.id}") { ... on ApiKey { lastUsedAt } } }`);
      return data;
    };
    expect(await lastUsedAt()).toEqual({ node: { lastUsedAt: null } });
    await gateway.as(secret ?? "").ask(ME);
    expect(await lastUsedAt()).toEqual({ node: { lastUsedAt: "2026-03-18T10:20:00.000Z" } });
  });
});

describe("a partner", () => {
  it("sees itself and its own keys, and no other partner's", async () => {
    const acme = await partnerWithKey("acme");
    const other = await partnerWithKey("other");
    const { data } = await acme.as.ask("{ me { role partner { trackingId apiKeys { nodes { id name state } } } } }");
    expect(data).toEqual({
      me: {
        role: "PARTNER",
        partner: { trackingId: "acme", apiKeys: { nodes: [{ id: acme.keyId, name: "billing", state: "ACTIVE" }] } },
      },
    });
    const node = (id: string) => acme.as.ask(`{ node(id: "${id}") { id } }`);
    expect((await node(acme.keyId)).data).toEqual({ node: { id: acme.keyId } });
    const foreign = await node(other.keyId);
    expect(foreign.data).toEqual({ node: null });
    expect(foreign.errors[0]?.extensions.code).toBe("NOT_FOUND");
    const unknown = await node("QXBpS2V5OjE");
    expect(unknown.errors[0]?.extensions).toEqual(foreign.errors[0]?.extensions);
  });
});

interface SessionAnswer {
  readonly createPartnerSession: {
    readonly jwt: string | null;
    readonly expiresAt: string | null;
    readonly userErrors: readonly { readonly code: string; readonly path: readonly string[] | null }[];
  };
}

describe("createPartnerSession", () => {
  const make = async (as: Pick<TestGateway, "ask">, input: object = {}) => {
    const { data, errors } = await as.ask<SessionAnswer>(SESSION, { input: { scopes: ["usage:read"], ...input } });
    expect(errors).toEqual([]);
    return data.createPartnerSession;
  };

  it("makes a caller of the partner for its frontend, by its own key or by an operator", async () => {
    const { as } = await partnerWithKey("acme");
    for (const made of [await make(as), await make(gateway, { partner: { trackingId: "acme" } })]) {
      expect(made).toMatchObject({ expiresAt: "2026-03-18T10:35:01.000Z", userErrors: [] });
      const { data } = await gateway.as(made.jwt ?? "").ask(ME);
      expect(data).toMatchObject({
        me: { role: "PARTNER", scopes: [{ name: "usage:read" }], partner: { trackingId: "acme" } },
      });
    }
    gateway.sandbox.clock.advance(910_000);
    expect((await gateway.as((await make(as)).jwt ?? "").ask(ME)).status).toBe(200);
  });

  it("ends with the key that made it", async () => {
    const { as, keyId } = await partnerWithKey("acme");
    const { jwt } = await make(as);
    expect((await gateway.as(jwt ?? "").ask(ME)).status).toBe(200);
    await gateway.ask(REVOKE, { id: keyId });
    gateway.sandbox.clock.advance(1_000);
    expect((await gateway.as(jwt ?? "").ask(ME)).status).toBe(401);
  });

  it("refuses what the maker does not hold, another partner, a life out of bounds, and a session as the maker", async () => {
    const { as } = await partnerWithKey("acme", { scopes: ["usage:read", "stream:read"] });
    await partnerWithKey("other");
    const cases: [object, string, string][] = [
      [{ scopes: ["token:sign"] }, "FORBIDDEN", "input.scopes.0"],
      [{ scopes: ["key:admin"] }, "INVALID_INPUT", "input.scopes.0"],
      [{ scopes: [] }, "INVALID_INPUT", "input.scopes"],
      [{ partner: { trackingId: "other" } }, "NOT_FOUND", "input.partner"],
      [{ partner: { trackingId: "nobody" } }, "NOT_FOUND", "input.partner"],
      [{ expiresInSeconds: 0 }, "INVALID_INPUT", "input.expiresInSeconds"],
      [{ expiresInSeconds: 3_601 }, "INVALID_INPUT", "input.expiresInSeconds"],
    ];
    for (const [input, code, path] of cases) {
      const { jwt, userErrors } = await make(as, input);
      expect(jwt).toBeNull();
      expect(userErrors[0]).toMatchObject({ code, path: path.split(".") });
    }
    expect((await make(gateway)).userErrors[0]).toMatchObject({ code: "INVALID_INPUT", path: ["input", "partner"] });
    const session = gateway.as((await make(as)).jwt ?? "");
    expect((await make(session)).userErrors[0]?.code).toBe("FORBIDDEN");
  });

  it("is made by no analyst, and for no partner that is suspended", async () => {
    const { as } = await partnerWithKey("acme");
    const analyst = gateway.as((await create()).secret ?? "");
    const { errors } = await analyst.ask(SESSION, {
      input: { scopes: ["usage:read"], partner: { trackingId: "acme" } },
    });
    expect(errors[0]?.extensions.code).toBe("FORBIDDEN");
    const [partner] = await gateway.store.partners.all();
    await gateway.store.partners.update(partner?.id ?? "", { status: "SUSPENDED" });
    gateway.sandbox.clock.advance(1_000);
    for (const caller of [as, gateway]) {
      const made = await make(caller, { partner: { trackingId: "acme" } });
      expect(made.userErrors[0]?.code).toBe("PARTNER_NOT_ACTIVE");
    }
  });

  it("leaves no session in the audit log, which tells who made it for whom", async () => {
    const { as } = await partnerWithKey("acme");
    const { jwt } = await make(as);
    const { data } = await gateway.ask(
      '{ auditLog(filter: { operation: "createPartnerSession" }) { nodes { principalId outcome detail } } }',
    );
    expect(JSON.stringify(data)).toContain("usage:read");
    expect(JSON.stringify(data)).toContain('"outcome":"DONE"');
    expect(JSON.stringify([data, gateway.logged()])).not.toContain(jwt);
  });

  it("made by a person of the identity provider ends with that person's token", async () => {
    await partnerWithKey("acme");
    await using idp = await createIdentityProvider();
    const { store, sandbox } = gateway;
    await using withIdp = await createTestGateway({
      gateway: { store, identityProvider: idp.options, clock: sandbox.clock.now, monotonicMs: sandbox.clock.now },
    });
    const token = await idp.token(sandbox.clock.now());
    const made = await make(withIdp.as(token), { partner: { trackingId: "acme" }, expiresInSeconds: 3_600 });
    expect(made.expiresAt).toBe("2026-03-18T10:30:01.000Z");
    expect((await withIdp.as(made.jwt ?? "").ask(ME)).data).toMatchObject({
      me: { principalId: expect.stringMatching(/^session:idp:/) },
    });
  });
});

describe("me", () => {
  it("tells the operator of the environment's key that it may do everything, for ever", async () => {
    const { data } = await gateway.ask(ME);
    expect(data).toEqual({
      me: {
        principalId: "operator",
        name: "operator",
        role: "OPERATOR",
        expiresAt: null,
        scopes: allScopes.map((name) => ({ name })),
        partner: null,
      },
    });
  });

  it("tells what is left of the caller's budget, and others spend nothing of it", async () => {
    const caller = gateway.as((await create()).secret ?? "");
    const budget = async (as: Pick<TestGateway, "ask">) => {
      const { data } = await as.ask<{ me: { budget: { requested: number; limit: number; remaining: number } } }>(
        "{ me { budget { requested limit remaining } } }",
      );
      return data.me.budget;
    };
    const first = await budget(caller);
    expect(first.requested).toBeGreaterThan(0);
    expect(first.remaining).toBe(first.limit - first.requested);
    await budget(gateway);
    expect((await budget(caller)).remaining).toBe(first.remaining - first.requested);
  });
});
