import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Store } from "../../src/store/store.ts";
import { type ConformantSandbox, createConformantSandbox } from "../support/conformance.ts";
import { createTestDatabase, type TestDatabase } from "../support/databases.ts";
import { createTestGateway, START, type TestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";
import { makeElsewhere, platformTokens } from "../support/platform-tokens.ts";
import { clientOf } from "../support/sandbox.ts";

interface Changed {
  readonly partner: { readonly status: string } | null;
  readonly subscribeTokens: readonly { readonly tokenId: number; readonly isActive: boolean }[];
  readonly userErrors: readonly { readonly code: string; readonly path: readonly string[] | null }[];
}

/** Two gateways over one platform and one store. */
let sandbox: ConformantSandbox;
let database: TestDatabase;
let store: Store;
let a: TestGateway;
let b: TestGateway;
beforeEach(async () => {
  sandbox = await createConformantSandbox({ startAt: START, frozen: true });
  database = await createTestDatabase("memory");
  store = await database.open();
  a = await createTestGateway({ over: sandbox, gateway: { store } });
  b = await createTestGateway({ over: sandbox, gateway: { store } });
});
afterEach(async () => {
  await a[Symbol.asyncDispose]();
  await b[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
  await sandbox.close();
});

async function change({ ask }: TestGateway, mutation: string, trackingId = "acme"): Promise<Changed> {
  const { data, errors } = await ask<Record<string, Changed>>(
    `mutation { ${mutation}(input: { partner: { trackingId: "${trackingId}" } }) {
       partner { status } subscribeTokens { tokenId isActive } userErrors { code path } } }`,
  );
  expect(errors).toEqual([]);
  return data[mutation] as Changed;
}

async function codes({ ask }: TestGateway, mutation: string): Promise<string[]> {
  const { data } = await ask<{ change: { userErrors: { code: string }[] } }>(
    `mutation { change: ${mutation} { userErrors { code } } }`,
  );
  return data.change.userErrors.map(({ code }) => code);
}

let keys = 0;
async function createToken({ ask }: TestGateway, trackingId = "acme", stream = "derby-final") {
  keys += 1;
  const { data } = await ask<{
    createSubscribeToken: {
      subscribeToken: { tokenId: number } | null;
      userErrors: { code: string; path: string[] }[];
    };
  }>(
    `mutation { createSubscribeToken(input: { idempotencyKey: "c${keys}", label: "L${keys}", trackingId: "${trackingId}",
       streams: [{ pattern: "${stream}" }] }) { subscribeToken { tokenId } userErrors { code path } } }`,
  );
  return data.createSubscribeToken;
}

const usable = async (trackingId = "acme") =>
  (await platformTokens(sandbox, trackingId)).filter(({ isActive }) => isActive).map(({ id }) => id);

/** The store, which lets something happen behind its first reading of a tracking id's partner. */
function interrupted(whole: Store, happen: () => Promise<unknown>): Store {
  let isOver = false;
  const byTrackingId = async (trackingId: string) => {
    const partner = await whole.partners.byTrackingId(trackingId);
    if (!isOver) {
      isOver = true;
      await happen();
    }
    return partner;
  };
  return { ...whole, partners: { ...whole.partners, byTrackingId } };
}

/** Both gateways have read the tokens, and will not read them again by themselves. */
async function bothKnow(): Promise<void> {
  for (const { ask } of [a, b]) await ask("{ subscribeTokens(first: 1) { totalCount } }");
}

describe("what is done to all tokens of a partner", () => {
  it.each(["suspendPartner", "retirePartner"])(
    "by %s reaches tokens that another gateway has just made",
    async (mutation) => {
      const { tokenIds } = await onboard(a, "acme", ["derby-final"]);
      await bothKnow();
      const made = (await createToken(b)).subscribeToken?.tokenId ?? 0;
      const elsewhere = await makeElsewhere(sandbox, "acme");
      const changed = await change(a, mutation);
      expect(changed.subscribeTokens.map(({ tokenId }) => tokenId).sort()).toEqual(
        [...tokenIds, made, elsewhere].sort(),
      );
      expect(await usable()).toEqual([]);
    },
  );

  it("by resumePartner is done to all that another gateway has suspended", async () => {
    const { tokenIds } = await onboard(a, "acme", ["derby-final", "derby-semi"]);
    await bothKnow();
    await change(a, "suspendPartner");
    expect((await change(b, "resumePartner")).subscribeTokens.map(({ tokenId }) => tokenId)).toEqual(tokenIds);
    expect(await usable()).toEqual(tokenIds);
  });

  it("by rotatePartnerTokens reaches tokens that another gateway has just made", async () => {
    const { tokenIds } = await onboard(a, "acme", ["derby-final"]);
    await bothKnow();
    const made = (await createToken(b)).subscribeToken?.tokenId;
    const { data } = await a.ask<{ rotatePartnerTokens: { rotatedTokens: { subscribeToken: { tokenId: number } }[] } }>(
      `mutation { rotatePartnerTokens(input: { idempotencyKey: "r", partner: { trackingId: "acme" } }) {
         rotatedTokens { subscribeToken { tokenId } } userErrors { code } } }`,
    );
    const rotated = data.rotatePartnerTokens.rotatedTokens.map(({ subscribeToken }) => subscribeToken.tokenId);
    expect(rotated).toEqual([...tokenIds, made]);
  });

  it("is not forgotten when the platform can't be listed, and is done by asking again", async () => {
    await onboard(a, "acme", ["derby-final"]);
    sandbox.fault({ method: "GET", path: "/api/subscribe_token/list", status: 400, times: 2 });
    const first = await change(a, "suspendPartner");
    expect(first).toMatchObject({ partner: { status: "SUSPENDED" }, userErrors: [{ code: "UPSTREAM_REJECTED" }] });
    sandbox.fault({ method: "GET", path: "/api/subscribe_token/list", status: 400, times: 2 });
    await change(b, "suspendPartner");
    expect((await change(b, "suspendPartner")).subscribeTokens).toHaveLength(1);
    expect((await change(a, "resumePartner")).subscribeTokens).toHaveLength(1);
  });

  it("is done once a gateway that ended in the middle of such a change has lost its lease", async () => {
    const { id, tokenIds } = await onboard(a, "acme", ["derby-final"]);
    const partnerId = Buffer.from(id, "base64url").toString().split("registered:")[1] ?? "";
    const now = sandbox.clock.now();
    // A gateway that has ended in the middle of its work renews nothing.
    expect(await store.partnerLeases.take(partnerId, "dead", now, now + 30_000)).not.toBeNull();
    sandbox.clock.advance(30_000);
    expect((await change(a, "suspendPartner")).subscribeTokens).toHaveLength(tokenIds.length);
  });
});

describe("a suspended or retired partner", () => {
  const inactive = [
    ["SUSPENDED", "suspendPartner"],
    ["RETIRED", "retirePartner"],
  ] as const;

  it.each(inactive)("that is %s gets no token, and none of its tokens is enabled", async (_status, mutation) => {
    const { tokenIds } = await onboard(a, "acme", ["derby-final"]);
    await bothKnow();
    await change(a, mutation);
    expect(await createToken(b)).toEqual({
      subscribeToken: null,
      userErrors: [{ code: "PARTNER_NOT_ACTIVE", path: ["input", "trackingId"] }],
    });
    const token = `{ tokenId: ${tokenIds[0]} }`;
    const adopt = `input: { partner: { trackingId: "acme" }, trackingId: "free" }`;
    for (const refused of [
      `enableSubscribeTokens(input: { tokens: [${token}] })`,
      `updateSubscribeToken(input: { token: ${token}, isActive: true })`,
      `syndicateStream(input: { idempotencyKey: "s", stream: { name: "derby-final" }, partners: [{ trackingId: "acme" }] })`,
      `adoptTrackingId(${adopt})`,
    ]) {
      expect(await codes(b, refused), refused).toEqual(["PARTNER_NOT_ACTIVE"]);
    }
    expect(await usable()).toEqual([]);
    expect(await codes(b, `updateSubscribeToken(input: { token: ${token}, label: "old" })`)).toEqual([]);
  });

  it.each(inactive)("that is %s is named with its status in the error", async (status, mutation) => {
    await onboard(a, "acme", ["derby-final"]);
    await change(a, mutation);
    const { data } = await a.ask<{ createSubscribeToken: { userErrors: { message: string }[] } }>(
      `mutation { createSubscribeToken(input: { idempotencyKey: "t", label: "t", trackingId: "acme",
         streams: [{ pattern: "derby-final" }] }) { userErrors { message } } }`,
    );
    expect(data.createSubscribeToken.userErrors).toEqual([
      { message: `\`input.trackingId\` must concern an active partner; \`acme\` is ${status.toLowerCase()}.` },
    ]);
  });

  const selling = `syndicateStream(input: { idempotencyKey: "s", stream: { name: "derby-final" }, partners: [{ trackingId: "acme" }] })`;

  it.each([
    ["createSubscribeToken", undefined],
    ["createSubscribeToken whose answer is lost", "after"],
    ["syndicateStream", undefined],
    ["syndicateStream whose answer is lost", "after"],
  ] as const)("has no usable token of a %s that was under way", async (mutation, drop) => {
    await onboard(b, "acme");
    await using slow = await createTestGateway({
      over: sandbox,
      // The partner is suspended between the look at its status and the creation.
      gateway: { store: interrupted(store, () => change(b, "suspendPartner")) },
    });
    if (drop) sandbox.fault({ method: "POST", path: "/api/subscribe_token", drop, times: 1 });
    const refused = mutation.startsWith("create")
      ? (await createToken(slow)).userErrors.map(({ code }) => code)
      : await codes(slow, selling);
    expect(refused).toEqual(["PARTNER_NOT_ACTIVE"]);
    expect(await usable()).toEqual([]);
    expect(await platformTokens(sandbox, "acme")).toHaveLength(1);
    await change(b, "resumePartner");
    expect(await usable()).toHaveLength(1);
  });

  it("has no usable token that was being enabled while it was suspended", async () => {
    const { tokenIds } = await onboard(b, "acme", ["derby-final"]);
    await codes(b, `disableSubscribeTokens(input: { tokens: [{ tokenId: ${tokenIds[0]} }] })`);
    await using slow = await createTestGateway({
      over: sandbox,
      gateway: { store: interrupted(store, () => change(b, "suspendPartner")) },
    });
    expect(await codes(slow, `enableSubscribeTokens(input: { tokens: [{ tokenId: ${tokenIds[0]} }] })`)).toEqual([
      "PARTNER_NOT_ACTIVE",
    ]);
    expect(await usable()).toEqual([]);
    await change(b, "resumePartner");
    expect(await usable()).toEqual([]);
  });

  it("has no usable token that was being made under a tracking id which it adopted meanwhile", async () => {
    await onboard(b, "acme");
    const adoptAndSuspend = async () => {
      await codes(b, `adoptTrackingId(input: { partner: { trackingId: "acme" }, trackingId: "free" })`);
      await change(b, "suspendPartner");
    };
    await using slow = await createTestGateway({
      over: sandbox,
      gateway: { store: interrupted(store, adoptAndSuspend) },
    });
    expect((await createToken(slow, "free")).userErrors).toMatchObject([{ code: "PARTNER_NOT_ACTIVE" }]);
    expect(await usable("free")).toEqual([]);
  });

  it("has no usable token that was being made under a tracking id which it released meanwhile", async () => {
    await onboard(b, "acme");
    await onboard(b, "zeta");
    await codes(b, `adoptTrackingId(input: { partner: { trackingId: "acme" }, trackingId: "free" })`);
    const release = () => codes(b, `releaseTrackingId(input: { partner: { trackingId: "acme" }, trackingId: "free" })`);
    await using slow = await createTestGateway({ over: sandbox, gateway: { store: interrupted(store, release) } });
    expect((await createToken(slow, "free")).userErrors).toMatchObject([{ code: "CONFLICT" }]);
    expect(await platformTokens(sandbox, "free")).toMatchObject([{ isActive: false }]);
    expect(await codes(b, `adoptTrackingId(input: { partner: { trackingId: "zeta" }, trackingId: "free" })`)).toEqual(
      [],
    );
  });

  it("that is retired never becomes active again, be it suspended and resumed", async () => {
    await onboard(a, "acme", ["derby-final"]);
    await change(a, "retirePartner");
    for (const mutation of ["suspendPartner", "resumePartner"]) {
      expect((await change(a, mutation)).userErrors).toEqual([{ code: "CONFLICT", path: ["input", "partner"] }]);
      const { data } = await b.ask(`{ partner(by: { trackingId: "acme" }) { status } }`);
      expect(data).toEqual({ partner: { status: "RETIRED" } });
    }
    expect(await usable()).toEqual([]);
  });

  it("that is resumed twice gets back nothing that was disabled by hand meanwhile", async () => {
    const { tokenIds } = await onboard(a, "acme", ["derby-final", "derby-semi", "arena-main"]);
    const [first, second, third] = tokenIds;
    await change(a, "suspendPartner");
    await codes(a, `disableSubscribeTokens(input: { tokens: [{ tokenId: ${third} }] })`);
    sandbox.fault({ method: "PUT", path: `/api/v2/subscribe_token/${second}`, status: 429, times: 1 });
    expect((await change(a, "resumePartner")).subscribeTokens.map(({ tokenId }) => tokenId)).toEqual([first]);
    await codes(a, `disableSubscribeTokens(input: { tokens: [{ tokenId: ${first} }] })`);
    expect((await change(a, "resumePartner")).subscribeTokens.map(({ tokenId }) => tokenId)).toEqual([second]);
    await codes(b, `disableSubscribeTokens(input: { tokens: [{ tokenId: ${second} }] })`);
    expect((await change(a, "resumePartner")).subscribeTokens).toEqual([]);
    expect(await usable()).toEqual([]);
  });

  it("that is resumed twice gets back nothing that was disabled in the dashboard meanwhile", async () => {
    const { tokenIds } = await onboard(a, "acme", ["derby-final"]);
    await change(a, "suspendPartner");
    expect((await change(a, "resumePartner")).subscribeTokens.map(({ tokenId }) => tokenId)).toEqual(tokenIds);
    await clientOf(sandbox).put(`/api/v2/subscribe_token/${tokenIds[0]}`, { isActive: false });
    expect(await usable()).toEqual([]);
    expect((await change(a, "resumePartner")).subscribeTokens).toEqual([]);
    expect(await usable()).toEqual([]);
  });

  it("that is resumed by one gateway while another one retires it ends as retired: one waits for the other", async () => {
    await onboard(a, "acme", ["derby-final"]);
    await change(a, "suspendPartner");
    let waits: () => void = () => undefined;
    const isWaiting = new Promise<void>((resolve) => {
      waits = resolve;
    });
    const take: Store["partnerLeases"]["take"] = async (...lease) => {
      const epoch = await store.partnerLeases.take(...lease);
      if (epoch === null) waits();
      return epoch;
    };
    await using retiring = await createTestGateway({
      over: sandbox,
      gateway: { store: { ...store, partnerLeases: { ...store.partnerLeases, take } } },
    });
    let retired: Promise<Changed> | null = null;
    const byId: Store["partners"]["byId"] = async (id) => {
      const partner = await store.partners.byId(id);
      retired ??= change(retiring, "retirePartner");
      await Promise.race([retired, isWaiting]);
      return partner;
    };
    await using resuming = await createTestGateway({
      over: sandbox,
      gateway: { store: { ...store, partners: { ...store.partners, byId } } },
    });
    await change(resuming, "resumePartner");
    expect(await retired).toMatchObject({ partner: { status: "RETIRED" }, userErrors: [] });
    expect((await store.partners.byTrackingId("acme"))?.status).toBe("RETIRED");
    expect(await usable()).toEqual([]);
  });

  it("whose token was made elsewhere is a finding within one refresh, and never otherwise", async () => {
    const findings = async () => {
      const { data } = await a.ask<{
        findings: { nodes: { code: string; token: { tokenId: number } | null; partner: { status: string } | null }[] };
      }>(`{ findings(first: 100) { nodes { code token { ... on SubscribeToken { tokenId } } partner { status } } } }`);
      return data.findings.nodes.filter(({ code }) => code === "TOKEN_OF_INACTIVE_PARTNER");
    };
    await onboard(a, "acme", ["derby-final"]);
    expect(await findings()).toEqual([]);
    await change(a, "suspendPartner");
    expect(await findings()).toEqual([]);
    const tokenId = await makeElsewhere(sandbox, "acme");
    sandbox.clock.advance(60_001);
    await expect
      .poll(findings)
      .toEqual([{ code: "TOKEN_OF_INACTIVE_PARTNER", token: { tokenId }, partner: { status: "SUSPENDED" } }]);
    expect(await usable()).toEqual([tokenId]);
  });

  it("whose token was made elsewhere loses it with ENFORCE_SUSPENSION, which the audit log tells", async () => {
    const enforcing = await createTestGateway({ over: sandbox, gateway: { store, enforceSuspension: true } });
    try {
      await onboard(a, "acme");
      await change(a, "suspendPartner");
      const tokenId = await makeElsewhere(sandbox, "acme");
      await enforcing.ask("{ subscribeTokens(first: 1) { totalCount } }");
      await expect.poll(usable).toEqual([]);
      await expect
        .poll(async () => (await store.audit.list({ operation: "enforceSuspension" }, 10))[0])
        .toMatchObject({ principalName: "ENFORCE_SUSPENSION", outcome: "DONE" });
      expect((await change(a, "resumePartner")).subscribeTokens).toEqual([{ tokenId, isActive: true }]);
    } finally {
      await enforcing[Symbol.asyncDispose]();
    }
  });
});

describe("rules that protect a stream", () => {
  it("are checked on what another gateway has just done", async () => {
    await onboard(a, "acme");
    await bothKnow();
    const { errors } = await b.ask(
      `mutation { createPublishToken(input: { idempotencyKey: "open", label: "open", streams: [{ pattern: "derby-final" }],
         isSecured: false }) { userErrors { code } } }`,
    );
    expect(errors).toEqual([]);
    const onboarding = `onboardPartner(input: { idempotencyKey: "o", name: "zeta", trackingIds: ["zeta"], grants: [{ pattern: "derby-final" }] })`;
    expect(await codes(a, onboarding)).toContain("STREAM_UNSECURED");
    const selling = `syndicateStream(input: { idempotencyKey: "s", stream: { name: "derby-final" }, partners: [{ trackingId: "acme" }] })`;
    expect(await codes(a, selling)).toContain("STREAM_UNSECURED");
  });

  it.each([
    ["cluster", `originCluster: "fra-1"`],
    ["geo-cascade", `geoCascade: { isEnabled: true, clusters: ["fra-1"] }`],
  ])("refuse publishers that differ in %s", async (_what, setting) => {
    await onboard(a, "acme");
    await bothKnow();
    await b.ask(
      `mutation { createPublishToken(input: { idempotencyKey: "other", label: "other", streams: [{ pattern: "derby-final" }],
         isSecured: true, ${setting} }) { userErrors { code } } }`,
    );
    const onboarding = `onboardPartner(input: { idempotencyKey: "o", name: "zeta", trackingIds: ["zeta"], grants: [{ pattern: "derby-final" }] })`;
    expect(new Set(await codes(a, onboarding))).toEqual(new Set(["PUBLISHERS_DIFFER"]));
    const selling = `syndicateStream(input: { idempotencyKey: "s", stream: { name: "derby-final" }, partners: [{ trackingId: "acme" }] })`;
    expect(new Set(await codes(a, selling))).toEqual(new Set(["PUBLISHERS_DIFFER"]));
  });

  it("let a stream be sold to 1 to 50 partners at a time", async () => {
    for (const count of [0, 51]) {
      const partners = Array.from({ length: count }, () => `{ trackingId: "acme" }`).join(" ");
      const selling = `syndicateStream(input: { idempotencyKey: "s", stream: { name: "derby-final" }, partners: [${partners}] })`;
      expect(await codes(a, selling)).toEqual(["LIMIT_EXCEEDED"]);
    }
  });
});
