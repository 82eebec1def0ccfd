import { describe, expect, it } from "vitest";
import { decodeGlobalId, encodeGlobalId } from "../../src/schema/global-id.ts";
import { addKey } from "../support/api-keys.ts";
import { type Answer, createTestGateway, type TestGateway } from "../support/gateway.ts";
import { createWorld, idsIn, mutationText, rootFields, succeeding } from "../support/mutations.ts";
import { onboard } from "../support/partners.ts";

interface Entry {
  readonly operation: string;
  readonly outcome: string;
  readonly code: string | null;
  readonly objectCount: number;
  readonly objects: readonly { readonly objectId: string; readonly effect: string }[];
}

async function log({ ask }: Pick<TestGateway, "ask">, filter: string, first = 1): Promise<Entry[]> {
  const { data, errors } = await ask<{ auditLog: { nodes: Entry[] } }>(
    `{ auditLog(first: ${first}, filter: { ${filter} }) { nodes { operation outcome code objectCount objects { objectId effect } } } }`,
  );
  expect(errors).toEqual([]);
  return data.auditLog.nodes;
}

/** Types and effects of an entry's objects, sorted. */
const typesOf = (entry: Entry | undefined) =>
  (entry?.objects ?? []).map(({ objectId, effect }) => `${decodeGlobalId(objectId)?.typename} ${effect}`).sort();

/** What stands in the log of each mutation when it succeeds as `succeeding` has it. */
const touched: Readonly<Record<string, readonly string[]>> = {
  addMediaKey: ["MediaDistribution CHANGED"],
  // With the tokens and streams that come with the id.
  adoptTrackingId: [
    "Partner CHANGED",
    ...Array<string>(3).fill("Stream USED"),
    ...Array<string>(3).fill("SubscribeToken USED"),
  ],
  createApiKey: ["ApiKey CHANGED"],
  createClip: ["MediaAsset CHANGED", "Stream USED"],
  createMediaDistribution: ["MediaDistribution CHANGED"],
  createPartnerSession: ["Partner USED"],
  createPublishToken: ["PublishToken CHANGED"],
  createSubscribeToken: ["SubscribeToken CHANGED"],
  createTranscoder: ["Transcoder CHANGED"],
  deleteMediaAssets: ["MediaAsset CHANGED"],
  deleteMediaDistribution: ["MediaDistribution CHANGED"],
  deletePublishToken: ["PublishToken CHANGED"],
  deleteSubscribeToken: ["SubscribeToken CHANGED"],
  deleteTranscoder: ["Transcoder CHANGED"],
  disablePublishTokens: ["PublishToken CHANGED", "PublishToken CHANGED"],
  disableSubscribeTokens: ["SubscribeToken CHANGED", "SubscribeToken CHANGED"],
  enablePublishTokens: ["PublishToken CHANGED"],
  enableSubscribeTokens: ["SubscribeToken CHANGED"],
  inspectViewerToken: ["Stream USED", "SubscribeToken USED"],
  onboardPartner: ["ApiKey CHANGED", "Partner CHANGED", "SubscribeToken CHANGED"],
  // No token of the seed has the pattern, which is no object of the graph itself.
  recordPatternCoverage: ["Stream USED"],
  releaseTrackingId: ["Partner CHANGED"],
  removeMediaKey: ["MediaDistribution CHANGED"],
  reprioritizeStream: ["PublishToken CHANGED", "Stream USED"],
  resumePartner: ["Partner CHANGED", "SubscribeToken CHANGED"],
  retirePartner: ["ApiKey CHANGED", "Partner CHANGED", "SubscribeToken CHANGED"],
  revokeApiKey: ["ApiKey CHANGED"],
  rotateApiKey: ["ApiKey CHANGED", "ApiKey CHANGED"],
  rotatePartnerTokens: ["Partner USED", "SubscribeToken CHANGED"],
  rotatePublishToken: ["PublishToken CHANGED"],
  rotateSubscribeToken: ["SubscribeToken CHANGED"],
  setBillingTimeZone: ["Account CHANGED"],
  setDefaultCluster: ["Account CHANGED", "Cluster CHANGED"],
  setGeoCascade: ["PublishToken CHANGED"],
  setGeoRules: ["SubscribeToken CHANGED"],
  setRecording: ["PublishToken CHANGED", "Stream USED"],
  setRestreamTargets: ["PublishToken CHANGED"],
  signViewerToken: ["Stream USED", "SubscribeToken USED"],
  signViewerTokens: ["Stream USED", "SubscribeToken USED"],
  startConferenceStream: ["PublishToken USED", "Stream CHANGED"],
  stopAllStreams: ["Account CHANGED", ...Array<string>(6).fill("PublishToken CHANGED")],
  // A conference is no object of the graph.
  stopConferenceStream: [],
  stopStream: ["PublishToken CHANGED", "Stream CHANGED"],
  suspendPartner: ["Partner CHANGED", "SubscribeToken CHANGED"],
  syncRestreams: ["PublishToken CHANGED"],
  syndicateStream: ["Partner USED", "PublishToken USED", "Stream USED", "SubscribeToken CHANGED"],
  triggerThumbnail: ["Stream CHANGED"],
  undoAdoption: ["Partner CHANGED"],
  updateMediaAsset: ["MediaAsset CHANGED"],
  updateMediaDistribution: ["MediaDistribution CHANGED"],
  updateMediaExpiry: ["Account CHANGED"],
  updatePartner: ["Partner CHANGED"],
  updatePublishToken: ["PublishToken CHANGED"],
  updateStreamFeatures: ["PublishToken CHANGED", "Stream USED"],
  updateSubscribeToken: ["SubscribeToken CHANGED"],
  updateTranscoder: ["Transcoder CHANGED"],
};

describe("the audit log, of a mutation that succeeds,", () => {
  it("is asked about every mutation of the schema, and no other", () => {
    expect(Object.keys(touched).sort()).toEqual(rootFields("Mutation").sort());
  });

  it.each(rootFields("Mutation"))("names every object that %s touched, and is found by each", async (name) => {
    await using gateway = await createTestGateway({ conference: true });
    const world = await createWorld(gateway);
    const text = mutationText(name, (await succeeding[name]?.(world)) ?? "");
    const { data, errors } = await world.ask<Record<string, { userErrors: object[] }>>(text);
    expect(errors).toEqual([]);
    expect(data[name]?.userErrors).toEqual([]);
    const [entry] = await log(world, `operation: "${name}"`);
    expect(entry).toMatchObject({ outcome: "DONE", code: null, objectCount: touched[name]?.length });
    expect(typesOf(entry)).toEqual(touched[name]);
    const ids = (entry?.objects ?? []).map(({ objectId }) => objectId);
    expect(ids).toEqual(expect.arrayContaining(idsIn(data)));
    for (const id of ids) expect(await log(world, `operation: "${name}", objectId: "${id}"`)).toEqual([entry]);
  });
});

const subscribe = (id: number) => encodeGlobalId("SubscribeToken", id);
const publish = (id: number) => encodeGlobalId("PublishToken", id);

describe("the audit log, of a mutation that is done in part,", () => {
  it.each([
    ["disableSubscribeTokens(input: { tokens: [{ tokenId: 999999 }, { tokenId: 5021 }] })", [subscribe(5021)]],
    ["enableSubscribeTokens(input: { tokens: [{ tokenId: 5031 }, { tokenId: 999999 }] })", [subscribe(5031)]],
    ["disablePublishTokens(input: { tokens: [{ tokenId: 999999 }, { tokenId: 1016 }] })", [publish(1016)]],
    ["enablePublishTokens(input: { tokens: [{ tokenId: 1022 }, { tokenId: 999999 }] })", [publish(1022)]],
  ])("says PARTIAL and names what was changed: %s", async (mutation, changed) => {
    await using gateway = await createTestGateway();
    await gateway.ask(`mutation { ${mutation} { userErrors { code } } }`);
    const [entry] = await log(gateway, "");
    expect(entry).toMatchObject({
      outcome: "PARTIAL",
      code: "NOT_FOUND",
      objects: changed.map((objectId) => ({ objectId, effect: "CHANGED" })),
    });
    expect(await log(gateway, "outcome: PARTIAL", 10)).toEqual([entry]);
    expect(await log(gateway, `objectId: "${changed[0]}"`, 10)).toEqual([entry]);
  });

  it("names a deleted recording beside one that is not there", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask<{ mediaAssets: { nodes: { id: string; assetId: string }[] } }>(
      "{ mediaAssets(first: 1, types: [RECORDING], states: [COMPLETE]) { nodes { id assetId } } }",
    );
    const [asset] = data.mediaAssets.nodes;
    await gateway.ask(
      `mutation { deleteMediaAssets(input: { mediaAssets: [{ assetId: "${asset?.assetId}" }, { assetId: "nope" }] }) { userErrors { code } } }`,
    );
    expect((await log(gateway, ""))[0]).toMatchObject({
      outcome: "PARTIAL",
      code: "NOT_FOUND",
      objects: [
        { objectId: asset?.id, effect: "CHANGED" },
        { objectId: encodeGlobalId("MediaAsset", "nope"), effect: "UNCHANGED" },
      ],
    });
  });

  it.each(["suspendPartner", "retirePartner"])("names the tokens that %s left open", async (name) => {
    await using gateway = await createTestGateway();
    const meadow = await onboard(gateway, "meadow-tv", ["derby-final", "arena-main"]);
    const [closed = 0, open = 0] = meadow.tokenIds;
    gateway.sandbox.fault({ method: "PUT", path: `/api/v2/subscribe_token/${open}`, status: 400 });
    await gateway.ask(`mutation { ${name}(input: { partner: { id: "${meadow.id}" } }) { userErrors { code } } }`);
    const [entry] = await log(gateway, `operation: "${name}"`);
    expect(entry).toMatchObject({ outcome: "PARTIAL", code: "UPSTREAM_REJECTED" });
    expect(entry?.objects).toEqual(
      expect.arrayContaining([
        { objectId: meadow.id, effect: "CHANGED" },
        { objectId: subscribe(closed), effect: "CHANGED" },
        { objectId: subscribe(open), effect: "UNCHANGED" },
      ]),
    );
  });

  it("names the tokens that resumePartner left closed", async () => {
    await using gateway = await createTestGateway();
    const meadow = await onboard(gateway, "meadow-tv", ["derby-final", "arena-main"]);
    await gateway.ask(
      `mutation { suspendPartner(input: { partner: { id: "${meadow.id}" } }) { userErrors { code } } }`,
    );
    const [opened = 0, closed = 0] = meadow.tokenIds;
    gateway.sandbox.fault({ method: "PUT", path: `/api/v2/subscribe_token/${closed}`, status: 400 });
    await gateway.ask(`mutation { resumePartner(input: { partner: { id: "${meadow.id}" } }) { userErrors { code } } }`);
    const [entry] = await log(gateway, `operation: "resumePartner"`);
    expect(entry?.outcome).toBe("PARTIAL");
    expect(entry?.objects).toEqual(
      expect.arrayContaining([
        { objectId: subscribe(opened), effect: "CHANGED" },
        { objectId: subscribe(closed), effect: "UNCHANGED" },
      ]),
    );
  });

  it("names the tokens that rotatePartnerTokens rotated, and the one that it could not", async () => {
    await using gateway = await createTestGateway();
    const meadow = await onboard(gateway, "meadow-tv", ["derby-final", "arena-main"]);
    const [, failing = 0] = meadow.tokenIds;
    gateway.sandbox.fault({ method: "PUT", path: `/api/v2/subscribe_token/${failing}`, status: 400 });
    await gateway.ask(
      `mutation { rotatePartnerTokens(input: { idempotencyKey: "k", partner: { id: "${meadow.id}" } }) { userErrors { code } } }`,
    );
    const [entry] = await log(gateway, `operation: "rotatePartnerTokens"`);
    expect(entry?.outcome).toBe("PARTIAL");
    expect(typesOf(entry)).toEqual(expect.arrayContaining(["SubscribeToken CHANGED", "SubscribeToken UNCHANGED"]));
  });

  it("names what stopStream disabled before it could not stop the stream", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ method: "POST", path: "/api/stream/stop", status: 400 });
    await gateway.ask(`mutation { stopStream(input: { stream: { name: "derby-final" } }) { userErrors { code } } }`);
    const [entry] = await log(gateway, "");
    expect(entry).toMatchObject({ outcome: "PARTIAL", code: "UPSTREAM_REJECTED" });
    expect(typesOf(entry)).toEqual(["PublishToken CHANGED", "Stream UNCHANGED"]);
  });

  it("tells tokens that onboarding made and took back as UNDONE, and that nothing was changed", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ method: "POST", path: "/api/subscribe_token", status: 400, skip: 1 });
    await gateway.ask(
      `mutation { onboardPartner(input: { idempotencyKey: "k", name: "Brook", trackingIds: ["brook-radio"],
         grants: [{ pattern: "derby-final" }, { pattern: "arena-main" }] }) { userErrors { code } } }`,
    );
    const [entry] = await log(gateway, `operation: "onboardPartner"`);
    expect(entry).toMatchObject({ outcome: "FAILED", code: "UPSTREAM_REJECTED" });
    expect(typesOf(entry)).toEqual(["SubscribeToken UNDONE"]);
  });

  it("tells an answer that was lost as UNKNOWN, beside what was changed for certain", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ method: "PUT", path: "/api/v2/subscribe_token/5022", drop: "after", times: 1 });
    await gateway.ask(
      "mutation { disableSubscribeTokens(input: { tokens: [{ tokenId: 5021 }, { tokenId: 5022 }] }) { userErrors { code } } }",
    );
    const [entry] = await log(gateway, "");
    expect(entry).toMatchObject({ outcome: "PARTIAL", code: "OUTCOME_UNKNOWN" });
    expect(entry?.objects).toEqual([
      { objectId: subscribe(5021), effect: "CHANGED" },
      { objectId: subscribe(5022), effect: "UNKNOWN" },
    ]);
  });
});

describe("the audit log, of a mutation of which nothing is done,", () => {
  it("says REFUSED, with the object that was to be changed", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ method: "PUT", path: "/api/v2/subscribe_token/5021", drop: "after", times: 1 });
    await gateway.ask(
      "mutation { disableSubscribeTokens(input: { tokens: [{ tokenId: 5021 }] }) { userErrors { code } } }",
    );
    expect((await log(gateway, ""))[0]).toMatchObject({
      outcome: "UNKNOWN",
      code: null,
      objects: [{ objectId: subscribe(5021), effect: "UNKNOWN" }],
    });
    await gateway.ask(
      "mutation { disableSubscribeTokens(input: { tokens: [{ tokenId: 999999 }] }) { userErrors { code } } }",
    );
    expect((await log(gateway, ""))[0]).toMatchObject({ outcome: "REFUSED", code: "NOT_FOUND", objects: [] });
  });

  it("names as USED what a repeated request is answered with", async () => {
    await using gateway = await createTestGateway();
    const create = `mutation { createSubscribeToken(input: { idempotencyKey: "k", label: "a", streams: [{ pattern: "derby-final" }] }) { subscribeToken { id } } }`;
    const { data } = await gateway.ask<{ createSubscribeToken: { subscribeToken: { id: string } } }>(create);
    await gateway.ask(create);
    const { id } = data.createSubscribeToken.subscribeToken;
    expect((await log(gateway, "", 2)).map(({ objects }) => objects)).toEqual([
      [{ objectId: id, effect: "USED" }],
      [{ objectId: id, effect: "CHANGED" }],
    ]);
  });

  it("tells a token as CHANGED whose creation was found after its answer was lost", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ method: "POST", path: "/api/subscribe_token", drop: "after", times: 1 });
    const { data } = await gateway.ask<{ createSubscribeToken: { subscribeToken: { id: string } } }>(
      `mutation { createSubscribeToken(input: { idempotencyKey: "k", label: "a", streams: [{ pattern: "derby-final" }] }) { subscribeToken { id } userErrors { code } } }`,
    );
    expect((await log(gateway, ""))[0]).toMatchObject({
      outcome: "DONE",
      objects: [{ objectId: data.createSubscribeToken.subscribeToken.id, effect: "CHANGED" }],
    });
  });

  it("shows as many objects as are asked for, and how many there are", async () => {
    await using gateway = await createTestGateway();
    await gateway.ask(
      "mutation { disableSubscribeTokens(input: { tokens: [{ tokenId: 5021 }, { tokenId: 5022 }] }) { userErrors { code } } }",
    );
    const ask = (first: number) =>
      gateway.ask(`{ auditLog(first: 1) { nodes { objectCount objects(first: ${first}) { effect } } } }`);
    expect((await ask(1)).data).toEqual({
      auditLog: { nodes: [{ objectCount: 2, objects: [{ effect: "CHANGED" }] }] },
    });
    expect((await ask(-1)).errors[0]?.extensions.code).toBe("INVALID_INPUT");
    expect((await ask(1_001)).errors[0]?.extensions.code).toBe("INVALID_INPUT");
  });
});

interface Refused {
  readonly operation: string;
  readonly attempts: number;
  readonly code: string;
  readonly minute: string;
  readonly principalId: string;
  readonly partnerId: string | null;
}

interface RefusedPage {
  readonly refusedAttempts: {
    readonly nodes: readonly Refused[];
    readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean };
  };
}

async function refusedAttempts(gateway: TestGateway, args = ""): Promise<Refused[]> {
  const { data, errors } = await gateway.ask<{ refusedAttempts: { nodes: Refused[] } }>(
    `{ refusedAttempts${args} { nodes { operation attempts code minute principalId partnerId } } }`,
  );
  expect(errors).toEqual([]);
  return data.refusedAttempts.nodes;
}

describe("attempts that are refused for lack of a right", () => {
  const MINUTE = 60_000;
  const stop = "mutation { stopAllStreams(input: {}) { userErrors { code } } }";

  it("are counted by caller, mutation and minute, and add nothing to the audit log", async () => {
    await using gateway = await createTestGateway();
    const meadow = await onboard(gateway, "meadow-tv", ["derby-final"]);
    const before = await log(gateway, "", 100);
    const { ask } = gateway.as(meadow.key);
    await Promise.all(Array.from({ length: 40 }, () => ask(stop)));
    await ask(`mutation { deletePublishToken(input: { token: { tokenId: 1001 } }) { deletedId } }`);
    gateway.sandbox.clock.advance(MINUTE);
    await ask(stop);
    expect(await log(gateway, "", 100)).toEqual(before);
    const counted = await refusedAttempts(gateway);
    expect(counted).toMatchObject([
      { operation: "stopAllStreams", attempts: 1, code: "FORBIDDEN", minute: "2026-03-18T10:21:00.000Z" },
      { operation: "deletePublishToken", attempts: 1, minute: "2026-03-18T10:20:00.000Z" },
      { operation: "stopAllStreams", attempts: 40, minute: "2026-03-18T10:20:00.000Z" },
    ]);
    const [{ principalId, partnerId } = { principalId: "", partnerId: "" }] = counted;
    expect(principalId).toMatch(/^key:/);
    for (const filter of [
      `principalId: "${principalId}"`,
      `partnerId: "${partnerId}"`,
      `from: "2026-03-18T10:20:00Z", to: "2026-03-18T10:22:00Z"`,
    ]) {
      expect(await refusedAttempts(gateway, `(filter: { ${filter} })`), filter).toEqual(counted);
    }
    expect(await refusedAttempts(gateway, `(filter: { operation: "stopAllStreams" })`)).toHaveLength(2);
    expect(await refusedAttempts(gateway, `(filter: { to: "2026-03-18T10:21:00Z" })`)).toHaveLength(2);
    expect(await refusedAttempts(gateway, `(filter: { principalId: "operator" })`)).toEqual([]);
  });

  it("are read in pages that neither skip nor repeat", async () => {
    await using gateway = await createTestGateway();
    const { key } = await addKey(gateway, { role: "ANALYST", scopes: [] });
    const names = ["stopAllStreams", "syndicateStream", "createClip", "setRecording", "updatePartner"];
    for (const name of names) await gateway.as(key).ask(mutationText(name, (await minimal(name)) ?? ""));
    const seen: string[] = [];
    for (let after: string | null = null; ; ) {
      const { data }: Answer<RefusedPage> = await gateway.ask<RefusedPage>(
        `query ($after: String) { refusedAttempts(first: 2, after: $after) { nodes { operation } pageInfo { endCursor hasNextPage } } }`,
        { after },
      );
      seen.push(...data.refusedAttempts.nodes.map(({ operation }) => operation));
      after = data.refusedAttempts.pageInfo.endCursor;
      if (!data.refusedAttempts.pageInfo.hasNextPage) break;
    }
    expect(seen).toEqual(names.toSorted());
    const broken = await gateway.ask(`{ refusedAttempts(after: "bm9uZQ") { nodes { operation } } }`);
    expect(broken.errors[0]?.extensions.code).toBe("INVALID_INPUT");
  });

  it("are counted for a suspended partner that signs, and where the mutation itself asks for the right", async () => {
    await using gateway = await createTestGateway();
    const meadow = await onboard(gateway, "meadow-tv", ["derby-final"]);
    const partnerId = (await gateway.store.partners.all())[0]?.id ?? null;
    const { key } = await addKey(gateway, { role: "PARTNER", partnerId, scopes: ["stream:read", "token:sign"] });
    const { ask } = gateway.as(key);
    const { data } = await ask(
      `mutation { createPartnerSession(input: { scopes: ["usage:read"] }) { userErrors { code } } }`,
    );
    expect(data).toMatchObject({ createPartnerSession: { userErrors: [{ code: "FORBIDDEN" }] } });
    await gateway.ask(
      `mutation { suspendPartner(input: { partner: { id: "${meadow.id}" } }) { userErrors { code } } }`,
    );
    await ask(
      `mutation { signViewerToken(input: { token: { tokenId: ${meadow.tokenIds[0]} }, streamName: "derby-final", expiresInSeconds: 60 }) { userErrors { code } } }`,
    );
    expect(await refusedAttempts(gateway)).toMatchObject([
      { operation: "createPartnerSession", code: "FORBIDDEN" },
      { operation: "signViewerToken", code: "PARTNER_NOT_ACTIVE" },
    ]);
    expect(await log(gateway, `operation: "signViewerToken"`)).toEqual([]);
    expect(await log(gateway, `operation: "createPartnerSession"`)).toEqual([]);
  });

  it("are kept for as long as is configured, and no longer", async () => {
    await using gateway = await createTestGateway({ gateway: { refusedAttemptRetentionMs: 2 * 86_400_000 } });
    const { key } = await addKey(gateway, { role: "ANALYST", scopes: [] });
    await gateway.as(key).ask(stop);
    gateway.sandbox.clock.advance(2 * 86_400_000 - MINUTE);
    await gateway.as(key).ask(stop);
    expect(await refusedAttempts(gateway)).toHaveLength(2);
    gateway.sandbox.clock.advance(2 * MINUTE);
    expect(await refusedAttempts(gateway)).toHaveLength(1);
    gateway.sandbox.clock.advance(3_600_000);
    await gateway.as(key).ask(stop);
    expect(await gateway.store.refusedAttempts.list({}, 10)).toHaveLength(2);
  });

  it("hold no arguments", async () => {
    await using gateway = await createTestGateway();
    const { key } = await addKey(gateway, { role: "ANALYST", scopes: [] });
    await gateway
      .as(key)
      .ask(
        `mutation { updatePartner(input: { partner: { trackingId: "meadow-tv" }, name: "${"x".repeat(3_000)}" }) { userErrors { code } } }`,
      );
    expect(JSON.stringify(await gateway.store.refusedAttempts.list({}, 10)).length).toBeLessThan(400);
  });
});

/** Arguments that need nothing to be prepared. */
async function minimal(name: string): Promise<string | undefined> {
  const partner = `{ trackingId: "northwind-tv" }`;
  const texts: Readonly<Record<string, string>> = {
    stopAllStreams: "input: {}",
    syndicateStream: `input: { idempotencyKey: "k", stream: { name: "derby-final" }, partners: [${partner}] }`,
    createClip: `input: { idempotencyKey: "k", stream: { name: "derby-final" }, from: "2026-03-18T10:00:00Z" }`,
    setRecording: `input: { stream: { name: "derby-final" }, isRecording: true }`,
    updatePartner: `input: { partner: ${partner}, name: "x" }`,
  };
  return texts[name];
}
