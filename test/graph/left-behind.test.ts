import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LEASE_MS, SETTLE_GRACE_MS } from "../../src/store/idempotency.ts";
import type { Store } from "../../src/store/store.ts";
import { type ConformantSandbox, createConformantSandbox } from "../support/conformance.ts";
import { createTestDatabase, type TestDatabase } from "../support/databases.ts";
import { endingAt } from "../support/ending-keys.ts";
import { createTestGateway, START, type TestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";
import { clientOf } from "../support/sandbox.ts";

const DAY_MS = 86_400_000;

/** A gateway over a platform and a store which other gateways have used that ended. */
let sandbox: ConformantSandbox;
let database: TestDatabase;
let store: Store;
let gateway: TestGateway;
beforeEach(async () => {
  sandbox = await createConformantSandbox({ startAt: START, frozen: true });
  database = await createTestDatabase("memory");
  store = await database.open();
  gateway = await createTestGateway({ over: sandbox, gateway: { store } });
});
afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
  await sandbox.close();
});

/** Sends a mutation to a gateway that ends before it has recorded the end of an operation, and waits until its lease is over. */
async function cutOff(mutation: string, operation: string, waitMs = LEASE_MS): Promise<void> {
  const idempotencyKeys = endingAt(store.idempotencyKeys, operation);
  await using ending = await createTestGateway({ over: sandbox, gateway: { store: { ...store, idempotencyKeys } } });
  const { errors } = await ending.ask(mutation);
  expect(errors).toHaveLength(1);
  sandbox.clock.advance(waitMs);
}

interface Left {
  readonly severity: string;
  readonly summary: string;
  readonly suggestedMutation: string;
  readonly token: { readonly tokenId: number; readonly label: string };
}

/** The findings of tokens left behind, as a gateway has them that reads the platform anew. */
async function left(): Promise<Left[]> {
  await using fresh = await createTestGateway({ over: sandbox, gateway: { store } });
  const { data, errors } = await fresh.ask<{ findings: { nodes: (Left & { code: string })[] } }>(
    "{ findings(first: 100) { nodes { code severity summary suggestedMutation token { tokenId label } } } }",
  );
  expect(errors).toEqual([]);
  return data.findings.nodes.flatMap(({ code, ...finding }) => (code === "TOKEN_LEFT_BEHIND" ? [finding] : []));
}

const labels = async () => (await left()).map(({ token }) => token.label).sort();

async function succeeds(mutation: string): Promise<void> {
  const { data, errors } = await gateway.ask<Record<string, { userErrors: unknown[] }>>(mutation);
  expect([errors, Object.values(data).flatMap(({ userErrors }) => userErrors)], mutation).toEqual([[], []]);
}

const creation = (kind: "Publish" | "Subscribe", key: string, more = "") =>
  `mutation { create${kind}Token(input: { idempotencyKey: "${key}", label: "show", streams: [{ pattern: "new-show" }] ${more} }) { userErrors { code } } }`;
const create = creation("Subscribe", "k", `trackingId: "acme"`);
const onboarding = (
  name: string,
) => `mutation { onboardPartner(input: { idempotencyKey: "o", name: "${name}", trackingIds: ["${name}"],
  grants: [{ pattern: "derby-final" }, { pattern: "derby-semi" }] }) { userErrors { code } } }`;
const selling = `mutation { syndicateStream(input: { idempotencyKey: "s", stream: { name: "new-show" },
  partners: [{ trackingId: "acme" }, { trackingId: "brook" }] }) { userErrors { code } } }`;

describe("a token that a request left behind which was cut off", () => {
  it.each([
    ["createSubscribeToken", creation("Subscribe", "k"), "createSubscribeToken", ["show"]],
    ["createPublishToken", creation("Publish", "k", "isSecured: true"), "createPublishToken", ["show"]],
    ["the first step of onboardPartner", onboarding("zeta"), "onboardPartner/subscribeToken/0", ["zeta: derby-final"]],
    [
      "the second step of onboardPartner",
      onboarding("zeta"),
      "onboardPartner/subscribeToken/1",
      ["zeta: derby-final", "zeta: derby-semi"],
    ],
    ["the first step of syndicateStream", selling, "syndicateStream/publishToken", ["new-show"]],
    [
      "the second step of syndicateStream",
      selling,
      "syndicateStream/subscribeToken/acme",
      ["acme: new-show", "new-show"],
    ],
  ])(
    "by %s is a finding, whose mutation removes the token and the finding",
    async (_what, mutation, operation, all) => {
      for (const id of ["acme", "brook"]) await onboard(gateway, id);
      await cutOff(mutation, operation);
      const found = await left();
      expect(found.map(({ token }) => token.label).sort()).toEqual(all);
      for (const { severity, summary, suggestedMutation, token } of found) {
        expect([severity, summary]).toEqual([
          "WARNING",
          expect.stringContaining(`oken ${token.tokenId} (\`${token.label}\`)`),
        ]);
        expect(suggestedMutation).toContain(`(input: { token: { tokenId: ${token.tokenId} } })`);
        await succeeds(suggestedMutation);
        expect(await labels()).not.toContain(token.label);
      }
      expect(await left()).toEqual([]);
    },
  );

  it.each([
    ["createSubscribeToken", create, "createSubscribeToken"],
    ["onboardPartner", onboarding("zeta"), "onboardPartner/subscribeToken/1"],
    ["syndicateStream", selling, "syndicateStream/subscribeToken/acme"],
  ])(
    "by %s is that request's when it comes again within 30 days, and is no finding",
    async (_what, mutation, operation) => {
      for (const id of ["acme", "brook"]) await onboard(gateway, id);
      await cutOff(mutation, operation);
      const before = await left();
      expect(before).not.toEqual([]);
      sandbox.clock.advance(29 * DAY_MS);
      await store.idempotencyKeys.deleteExpired(sandbox.clock.now());
      expect(await left()).toEqual(before);
      await succeeds(mutation);
      expect(await left()).toEqual([]);
      const { body } = await clientOf(sandbox).get("/api/subscribe_token/list", { page: "1", itemsOnPage: "100" });
      const all = body.data.map(({ label }: { label: string }) => label);
      expect(new Set(all).size).toBe(all.length);
    },
  );

  it("is found also when its answer was lost, once the platform can carry nothing out any more", async () => {
    sandbox.fault({ method: "POST", path: "/api/subscribe_token", drop: "after", times: 1 });
    sandbox.fault({ method: "GET", path: "/api/subscribe_token/list", status: 400, times: 1 });
    await gateway.ask(create);
    sandbox.clock.advance(SETTLE_GRACE_MS - 1);
    expect(await left()).toEqual([]);
    sandbox.clock.advance(1);
    expect(await labels()).toEqual(["show"]);
  });

  it("is one token, the oldest, where another one is exactly like it", async () => {
    await cutOff(create, "createSubscribeToken");
    const [{ token }] = (await left()) as [Left];
    await clientOf(sandbox).post("/api/subscribe_token", {
      label: "show",
      streams: [{ streamName: "new-show" }],
      tracking: { trackingId: "acme" },
    });
    expect((await left()).map((finding) => finding.token)).toEqual([token]);
  });
});

describe("no token left behind is", () => {
  it("one whose request is still under way", async () => {
    await cutOff(create, "createSubscribeToken", LEASE_MS - 1);
    expect(await left()).toEqual([]);
    sandbox.clock.advance(1);
    expect(await labels()).toEqual(["show"]);
  });

  it("one of a request that was finished, nor of one that failed", async () => {
    for (const id of ["acme", "brook"]) await onboard(gateway, id);
    for (const mutation of [create, creation("Publish", "p", "isSecured: true"), onboarding("zeta"), selling]) {
      await succeeds(mutation);
    }
    sandbox.fault({ method: "POST", path: "/api/subscribe_token", status: 400, times: 1 });
    await gateway.ask(creation("Subscribe", "refused"));
    sandbox.clock.advance(LEASE_MS);
    expect(await left()).toEqual([]);
  });

  it.each([
    ["another label", { label: "other" }],
    ["another stream", { streams: [{ streamName: "other" }] }],
    ["another tracking id", { tracking: { trackingId: "brook" } }],
    ["other origins", { allowedOrigins: ["acme.example"] }],
    ["another expiry", { expires: 3_600 }],
  ])("one that was made in the dashboard with %s", async (_what, other) => {
    await cutOff(create, "createSubscribeToken");
    const [{ suggestedMutation }] = (await left()) as [Left];
    await succeeds(suggestedMutation);
    await clientOf(sandbox).post("/api/subscribe_token", {
      label: "show",
      streams: [{ streamName: "new-show" }],
      tracking: { trackingId: "acme" },
      ...other,
    });
    expect(await left()).toEqual([]);
  });

  it("one that was there before the request, nor one that was made after it can have been carried out", async () => {
    const alike = () =>
      clientOf(sandbox).post("/api/subscribe_token", {
        label: "show",
        streams: [{ streamName: "new-show" }],
        tracking: { trackingId: "acme" },
      });
    await alike();
    sandbox.clock.advance(60_000);
    await cutOff(create, "createSubscribeToken");
    const [{ suggestedMutation }] = (await left()) as [Left];
    await succeeds(suggestedMutation);
    sandbox.clock.advance(60_000);
    await alike();
    expect(await left()).toEqual([]);
  });

  it("one that another key has made, nor for as long as the key of the request is kept", async () => {
    await cutOff(create, "createSubscribeToken");
    const [{ suggestedMutation }] = (await left()) as [Left];
    await succeeds(suggestedMutation);
    await succeeds(create.replace('"k"', '"another"'));
    expect(await left()).toEqual([]);
    sandbox.clock.advance(2 * DAY_MS);
    await store.idempotencyKeys.deleteExpired(sandbox.clock.now());
    expect(await left()).toEqual([]);
  });

  it("one that is disabled", async () => {
    await cutOff(create, "createSubscribeToken");
    const [{ token }] = (await left()) as [Left];
    await succeeds(
      `mutation { disableSubscribeTokens(input: { tokens: [{ tokenId: ${token.tokenId} }] }) { userErrors { code } } }`,
    );
    expect(await left()).toEqual([]);
  });

  it("one of a partner that was registered before its request was cut off", async () => {
    await cutOff(onboarding("zeta"), "onboardPartner");
    expect((await store.partners.byTrackingId("zeta"))?.status).toBe("ACTIVE");
    expect(await left()).toEqual([]);
  });

  it("one whose request was cut off more than 30 days ago, and its key is deleted then", async () => {
    await cutOff(create, "createSubscribeToken");
    sandbox.clock.advance(30 * DAY_MS);
    expect(await left()).toEqual([]);
    const now = sandbox.clock.now();
    const kept = () => store.idempotencyKeys.unsettled(now - DAY_MS, now);
    expect(await kept()).toHaveLength(1);
    await store.idempotencyKeys.deleteExpired(now);
    expect(await kept()).toEqual([]);
  });
});
