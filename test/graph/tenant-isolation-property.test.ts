import { buildClientSchema, getIntrospectionQuery, type IntrospectionQuery } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateApiKey } from "../../src/auth/api-keys.ts";
import { scopesOfRole } from "../../src/auth/scopes.ts";
import { createTestGateway, graphqlRequest, OPERATOR_KEY, type TestGateway } from "../support/gateway.ts";
import { createRandomOperations, type Pools, seeded } from "../support/random-operations.ts";

const SEED = 20_260_318;
/** Operations in all, of three partners, an analyst and a stranger; the drill `isolation` runs more. */
const TOTAL = Number(process.env["TENANT_OPERATIONS"] ?? 3_000);
const OPERATIONS = { partner: TOTAL / 4, analyst: TOTAL / 6, anonymous: TOTAL / 12 };
const LASTS = ["PT1H", "P1D", "P3D"];

/** A partner, with what it is allowed to see. */
interface Tenant {
  readonly trackingId: string;
  readonly key: string;
  readonly secrets: readonly string[];
  readonly contact: string;
  readonly grants: readonly string[];
}

/** Everything of the account that somebody must not see, gathered as the operator, who sees it all. */
interface Plantation {
  readonly streams: readonly { readonly name: string; readonly totals: readonly string[] }[];
  readonly trackingIds: readonly string[];
  readonly secrets: readonly string[];
  readonly labels: readonly string[];
  readonly records: readonly { readonly trackingId: string | null; readonly marks: readonly string[] }[];
  readonly ids: readonly string[];
  readonly tokenIds: readonly number[];
}

let gateway: TestGateway;
let tenants: readonly Tenant[];
let analystKey: string;
let plantation: Plantation;

beforeAll(async () => {
  // No budget ends: this is about walls.
  gateway = await createTestGateway({ gateway: { budgets: { perMinute: 1e12, partnerPerMinute: 1e12 } } });
  tenants = await Promise.all([
    settle("northwind-tv", ["derby-final"]),
    settle("kestrel-media", ["derby-semi", "canary-stream-of-kestrel"]),
    settle("lumen-play", ["canary-stream-of-lumen"]),
  ]);
  analystKey = await makeAnalyst();
  await watchForAWhile();
  plantation = await gatherEverything();
});

afterAll(() => gateway[Symbol.asyncDispose]());

describe("whatever is asked", () => {
  it.each([0, 1, 2])("partner %i learns nothing of the others, of the account, or of its viewers", async (index) => {
    const tenant = tenants[index] as Tenant;
    await expectNoLeak(OPERATIONS.partner, SEED + index, tenant.key, await canariesFor(tenant));
  });

  it("an analyst learns no secret", async () => {
    await expectNoLeak(OPERATIONS.analyst, SEED + 10, analystKey, plantation.secrets);
  });

  it("a stranger learns nothing at all, not even of the schema", async () => {
    const operations = createRandomOperations(await schemaAs(OPERATOR_KEY), pools(), seeded(SEED + 20));
    const answers = new Set<string>();
    for (let count = 0; count < OPERATIONS.anonymous; count += 1) {
      const headers = { authorization: count % 2 === 0 ? "" : `Bearer sgk_${"A".repeat(43)}` };
      const response = await gateway.gateway.fetch(graphqlRequest({ query: operations() }, headers));
      answers.add(`${response.status} ${await response.text()}`);
    }
    expect([...answers]).toEqual([expect.stringMatching(/^401 .*UNAUTHENTICATED/)]);
  });
});

async function expectNoLeak(count: number, seed: number, key: string, canaries: readonly string[]): Promise<void> {
  const operations = createRandomOperations(await schemaAs(key), pools(), seeded(seed));
  // One expression for all: looking for each by itself would take longer than asking.
  const canary = new RegExp(`(?<![\\w-])(?:${canaries.map(escaped).join("|")})(?![\\w-])`, "g");
  let answered = 0;
  for (let turn = 0; turn < count; turn += 1) {
    const query = operations();
    const response = await gateway.gateway.fetch(graphqlRequest({ query }, { authorization: `Bearer ${key}` }));
    const body = await response.text();
    if (body.includes('"data":{')) answered += 1;
    const leaked = [...new Set(body.match(canary) ?? [])].filter((found) => !query.includes(found));
    if (leaked.length > 0)
      expect.fail(`${leaked.join(", ")} came back to\n${query}\nseed ${seed}, turn ${turn}:\n${body}`);
  }
  // Were the documents not understood, nothing would be proven.
  expect(answered).toBeGreaterThan(count * 0.9);
}

/** What a partner must not see: all but what its own tokens, tracking ids and viewers tell. */
async function canariesFor({ trackingId, key, secrets, contact }: Tenant): Promise<string[]> {
  const { data } = await gateway.ask<{
    partner: {
      streams: { nodes: { name: string }[] };
      usageByStream: { nodes: { stream: { name: string } }[] };
      subscribeTokens: { nodes: { label: string }[] };
    };
  }>(
    `{ partner(by: { trackingId: "${trackingId}" }) { streams(first: 100) { nodes { name } }
         usageByStream(first: 100, window: { last: "P365D" }) { nodes { stream { name } } }
         subscribeTokens(first: 100) { nodes { label } } } }`,
  );
  const { streams, usageByStream, subscribeTokens } = data.partner;
  const seen = new Set([...streams.nodes, ...usageByStream.nodes.map(({ stream }) => stream)].map(({ name }) => name));
  const labels = new Set(subscribeTokens.nodes.map(({ label }) => label));
  const others = tenants.filter((tenant) => tenant.key !== key);
  const ownMarks = new Set(
    plantation.records.filter((record) => record.trackingId === trackingId).flatMap(({ marks }) => marks),
  );
  const canaries = [
    ...plantation.streams.filter(({ name }) => !seen.has(name)).map(({ name }) => name),
    // Figures of a whole stream: more than the partner's share of it.
    ...plantation.streams.flatMap(({ totals }) => totals),
    ...plantation.trackingIds.filter((id) => id !== trackingId),
    ...plantation.secrets,
    ...secrets,
    // Some labels are the names of the streams that they stand for.
    ...plantation.labels.filter((label) => !labels.has(label) && !seen.has(label)),
    ...plantation.records.flatMap(({ marks }) => marks).filter((mark) => !ownMarks.has(mark)),
    ...others.map((tenant) => tenant.contact),
    ...tenants.map((tenant) => `canary-notes-on-${tenant.trackingId}`),
  ];
  expect(contact).toContain(trackingId);
  return [...new Set(canaries)].filter((canary) => canary.length > 3);
}

async function settle(trackingId: string, grants: readonly string[]): Promise<Tenant> {
  const contact = `canary-contact-of-${trackingId}@example.com`;
  const { data } = await gateway.ask<{
    onboardPartner: { apiKeySecret: string; subscribeTokens: { secret: string }[]; userErrors: unknown[] };
  }>(
    `mutation ($input: OnboardPartnerInput!) { onboardPartner(input: $input) {
       apiKeySecret subscribeTokens { secret } userErrors { code message } } }`,
    {
      input: {
        idempotencyKey: trackingId,
        name: `canary-name-of-${trackingId}`,
        trackingIds: [trackingId],
        contact,
        notes: `canary-notes-on-${trackingId}`,
        grants: grants.map((pattern) => ({ pattern })),
      },
    },
  );
  const { apiKeySecret, subscribeTokens, userErrors } = data.onboardPartner;
  expect(userErrors).toEqual([]);
  return { trackingId, key: apiKeySecret, secrets: subscribeTokens.map(({ secret }) => secret), contact, grants };
}

async function makeAnalyst(): Promise<string> {
  const { key, hash } = generateApiKey();
  await gateway.store.apiKeys.create(
    {
      name: "analyst",
      role: "ANALYST",
      partnerId: null,
      scopes: scopesOfRole.ANALYST,
      allowedOrigins: [],
      allowedNetworks: [],
      expiresAt: null,
    },
    hash,
    gateway.sandbox.clock.now(),
  );
  return key.reveal();
}

/** Viewers of every partner, with an address and a mark of their own; then the quarter hour passes. */
async function watchForAWhile(): Promise<void> {
  for (const [index, tenant] of tenants.entries()) {
    for (const [viewer, streamName] of tenant.grants.entries()) {
      await gateway.sandbox.attachViewers({
        token: tenant.secrets[viewer] ?? "",
        streamName,
        ip: `203.0.113.${10 * index + viewer + 1}`,
        count: 2,
        bitsPerSecond: 1_000_000,
      });
    }
  }
  gateway.sandbox.clock.advance(20 * 60_000);
}

async function gatherEverything(): Promise<Plantation> {
  const totals = LASTS.map(
    (last, index) => `t${index}: bandwidth(window: { last: "${last}" }) { total { bytesOut bytesIn } }`,
  );
  const { data } = await gateway.ask<{
    streams: {
      nodes: ({ id: string; name: string } & Record<string, { total: { bytesOut: string; bytesIn: string } }>)[];
    };
    partners: { nodes: { id: string; trackingIds: string[] }[] };
    publishTokens: { nodes: TokenSeen[] };
    subscribeTokens: { nodes: TokenSeen[] };
    account: { id: string };
    clusters: { id: string }[];
    auditLog: { nodes: { id: string }[] };
    mediaAssets: { nodes: { id: string; assetId: string; download: { fileUrl: string } }[] };
    viewerRecords: {
      nodes: {
        id: string;
        clientId: string;
        ipAddress: string | null;
        customViewerData: string | null;
        trackingId: string | null;
      }[];
    };
  }>(
    `{ streams(first: 100) { nodes { id name ${totals.join(" ")} } }
       partners(first: 100) { nodes { id trackingIds } }
       publishTokens(first: 100) { nodes { id tokenId label secret srtPassphrase } }
       subscribeTokens(first: 100) { nodes { id tokenId label secret } }
       account { id } clusters { id } auditLog(first: 10) { nodes { id } }
       mediaAssets(first: 10) { nodes { id assetId download { fileUrl } } }
       viewerRecords(first: 1000, window: { last: "P1D" }) { nodes { id clientId ipAddress customViewerData trackingId } } }`,
  );
  const tokens = [...data.publishTokens.nodes, ...data.subscribeTokens.nodes];
  const shares = new Set(await ownShares());
  return {
    streams: data.streams.nodes.map((stream) => ({
      name: stream.name,
      totals: LASTS.flatMap((_last, index) => stream[`t${index}`]?.total.bytesOut ?? []).filter(
        (bytes) => bytes.length > 5 && !shares.has(bytes),
      ),
    })),
    trackingIds: data.partners.nodes.flatMap(({ trackingIds }) => trackingIds),
    secrets: [
      ...tokens.flatMap(({ secret, srtPassphrase }) => [secret, srtPassphrase ?? []].flat()),
      ...tenants.map(({ key }) => key),
      ...data.mediaAssets.nodes.map(({ download }) => download.fileUrl),
      gateway.sandbox.secret,
      OPERATOR_KEY,
    ],
    labels: [...tokens.map(({ label }) => label), ...data.mediaAssets.nodes.map(({ assetId }) => assetId)],
    records: data.viewerRecords.nodes.map(({ trackingId, clientId, ipAddress, customViewerData }) => ({
      trackingId,
      marks: [clientId, ipAddress ?? [], customViewerData ?? []].flat(),
    })),
    ids: [
      ...data.streams.nodes,
      ...data.partners.nodes,
      ...tokens,
      data.account,
      ...data.clusters,
      ...data.auditLog.nodes,
      ...data.mediaAssets.nodes,
      ...data.viewerRecords.nodes.slice(0, 30),
    ].map(({ id }) => id),
    tokenIds: tokens.map(({ tokenId }) => tokenId),
  };
}

interface TokenSeen {
  readonly id: string;
  readonly tokenId: number;
  readonly label: string;
  readonly secret: string;
  readonly srtPassphrase?: string | null;
}

/** Figures that are some partner's own: where it is a stream's only viewer, the whole is its share. */
async function ownShares(): Promise<string[]> {
  const shares: string[] = [];
  for (const { trackingId } of tenants) {
    for (const last of LASTS) {
      const { data } = await gateway.ask<{
        partner: {
          usage: { total: { bytesOut: string } };
          usageByStream: { nodes: { usage: { total: { bytesOut: string } } }[] };
        };
      }>(
        `{ partner(by: { trackingId: "${trackingId}" }) { usage(window: { last: "${last}" }) { total { bytesOut } }
             usageByStream(first: 100, window: { last: "${last}" }) { nodes { usage { total { bytesOut } } } } } }`,
      );
      const { usage, usageByStream } = data.partner;
      shares.push(usage.total.bytesOut, ...usageByStream.nodes.map((node) => node.usage.total.bytesOut));
    }
  }
  return shares;
}

function pools(): Pools {
  const { ids, tokenIds, streams, trackingIds } = plantation;
  return {
    ids: [...ids, "", "bm9uZQ", "UGFydG5lcjpyZWdpc3RlcmVkOng"],
    tokenIds: [...tokenIds, 0, -1, 999_999],
    streamNames: [...streams.map(({ name }) => name), "no-such-stream", "", "derby"],
    trackingIds: [...trackingIds, "no-such-tracking-id", ""],
    texts: ["", "x", ".*", "eyJhbGciOiJIUzI1NiJ9.e30.x", "2026-03", "PT1H", "%00", "' or 1=1", "operator", "ACTIVE"],
    lasts: LASTS,
  };
}

async function schemaAs(key: string) {
  const { data } = await gateway.as(key).ask<IntrospectionQuery>(getIntrospectionQuery({ oneOf: true }));
  return buildClientSchema(data);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
