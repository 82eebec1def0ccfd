import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";
import { onboard, type TestPartner } from "../support/partners.ts";

let gateway: TestGateway;
let northwind: TestPartner;
let kestrel: TestPartner;

beforeAll(async () => {
  gateway = await createTestGateway();
  northwind = await onboard(gateway, "northwind-tv", ["derby-final"]);
  kestrel = await onboard(gateway, "kestrel-media", ["derby-semi"]);
});
afterAll(() => gateway[Symbol.asyncDispose]());

const asNorthwind = <Data>(query: string) => gateway.as(northwind.key).ask<Data>(query);

/** The answer without the id or name that was asked for. */
async function answerTo(query: (value: string) => string, value: string): Promise<string> {
  const { data, errors, status } = await asNorthwind(query(value));
  return JSON.stringify({ status, data, errors });
}

describe("a partner", () => {
  it("is alone in its world", async () => {
    const { data, errors } = await asNorthwind<{ subscribeTokens: { nodes: { trackingId: string }[] } }>(
      `{ partners { totalCount nodes { trackingId } } subscribeTokens(first: 100) { nodes { trackingId } }
         stream(by: { name: "derby-final" }) { partners { nodes { trackingId } } subscribeTokens(first: 100) { nodes { trackingId } } } }`,
    );
    expect(errors).toEqual([]);
    expect(data).toMatchObject({
      partners: { totalCount: 1, nodes: [{ trackingId: "northwind-tv" }] },
      stream: { partners: { nodes: [{ trackingId: "northwind-tv" }] } },
    });
    expect(new Set(data.subscribeTokens.nodes.map(({ trackingId }) => trackingId))).toEqual(new Set(["northwind-tv"]));
  });

  it("finds itself by its id, and lists its live streams", async () => {
    const { data, errors } = await asNorthwind(
      `{ node(id: "${northwind.id}") { id ... on Partner { trackingId } } partner(by: { id: "${northwind.id}" }) { name }
         streams(filter: { isLive: true }) { nodes { name isLive } } }`,
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({
      node: { id: northwind.id, trackingId: "northwind-tv" },
      partner: { name: "northwind-tv" },
      streams: { nodes: ["arena-main", "derby-final", "world-feed"].map((name) => ({ name, isLive: true })) },
    });
  });

  it("sees its own share of a stream, and it is what it is billed", async () => {
    const window = `window: { last: "P1D" }`;
    const { data } = await asNorthwind<{
      stream: {
        bandwidth: { total: { bytesOut: string; bytesIn: string } };
        bandwidthByTrackingId: { trackingId: string; bandwidth: { total: { bytesOut: string } } }[];
      };
      partner: { usageByStream: { nodes: { stream: { name: string }; usage: { total: { bytesOut: string } } }[] } };
    }>(
      `{ stream(by: { name: "derby-final" }) { bandwidth(${window}) { total { bytesOut bytesIn } series { points { bytesOut } } }
           bandwidthByTrackingId(${window}) { trackingId bandwidth { total { bytesOut } } } }
         partner(by: { trackingId: "northwind-tv" }) { usageByStream(first: 100, ${window}) { nodes { stream { name } usage { total { bytesOut } } } } } }`,
    );
    const own = data.partner.usageByStream.nodes.find(({ stream }) => stream.name === "derby-final");
    const { bytesOut } = data.stream.bandwidth.total;
    expect(Number(bytesOut)).toBeGreaterThan(0);
    expect(own?.usage.total.bytesOut).toBe(bytesOut);
    expect(data.stream.bandwidth.total.bytesIn).toBe("0");
    expect(data.stream.bandwidthByTrackingId).toEqual([
      { trackingId: "northwind-tv", bandwidth: { total: { bytesOut } } },
    ]);
    const all = await gateway.ask<{ stream: { bandwidth: { total: { bytesOut: string } } } }>(
      `{ stream(by: { name: "derby-final" }) { bandwidth(${window}) { total { bytesOut } } } }`,
    );
    expect(BigInt(all.data.stream.bandwidth.total.bytesOut)).toBeGreaterThan(BigInt(bytesOut));
  });

  it.each([
    "{ account { accountId } }",
    "{ clusters { id } }",
    "{ publishTokens { totalCount } }",
    "{ publishToken(by: { tokenId: 1 }) { label } }",
    "{ findings { totalCount } }",
    "{ auditLog { nodes { id } } }",
    `{ stream(by: { name: "derby-final" }) { viewerCount } }`,
    `{ stream(by: { name: "derby-final" }) { feeds { feedId } } }`,
    `{ stream(by: { name: "derby-final" }) { isSecured } }`,
    `{ stream(by: { name: "derby-final" }) { clusterConsistency { isConsistent } } }`,
    `{ stream(by: { name: "derby-final" }) { publishTokens { totalCount } } }`,
    `{ stream(by: { name: "derby-final" }) { ingest { whipUrl } } }`,
    `{ partner(by: { trackingId: "northwind-tv" }) { notes } }`,
    `{ subscribeTokens(first: 1) { nodes { secret } } }`,
    `{ subscribeTokens(first: 1) { nodes { allowedCountries } } }`,
    "mutation { stopAllStreams(input: {}) { userErrors { code } } }",
    `mutation { suspendPartner(input: { partner: { trackingId: "northwind-tv" } }) { userErrors { code } } }`,
    `mutation { createSubscribeToken(input: { idempotencyKey: "k", label: "l", streams: [{ pattern: ".*", isRegex: true }] }) { secret } }`,
  ])("is not for %s, though it may read of it in the docs", async (query) => {
    const { data, errors } = await asNorthwind(query);
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(["FORBIDDEN"]);
    expect(JSON.stringify(data)).toMatch(/null/);
  });

  it("can't tell what is another's from what does not exist", async () => {
    const foreign = await gateway.ask<{
      partner: { id: string; subscribeTokens: { nodes: { id: string }[] } };
      account: { id: string };
      publishTokens: { nodes: { id: string }[] };
      stream: { id: string };
    }>(
      `{ partner(by: { trackingId: "kestrel-media" }) { id subscribeTokens(first: 1) { nodes { id } } } account { id }
         publishTokens(first: 1) { nodes { id } } stream(by: { name: "derby-semi" }) { id } }`,
    );
    const { partner, account, publishTokens, stream } = foreign.data;
    const byNode = (id: string) => `{ node(id: "${id}") { id } }`;
    const unknown = await answerTo(byNode, Buffer.from("Stream:none").toString("base64url"));
    const others = [partner.id, partner.subscribeTokens.nodes[0]?.id ?? "", publishTokens.nodes[0]?.id ?? ""];
    for (const id of [...others, account.id, stream.id, "", "%00", "malformed"]) {
      expect(await answerTo(byNode, id)).toBe(unknown);
    }
    const byName = (name: string) => `{ stream(by: { name: "${name}" }) { isLive } }`;
    expect(await answerTo(byName, "derby-semi")).toBe(await answerTo(byName, "no-such-stream"));
    const byTrackingId = (id: string) => `{ partner(by: { trackingId: "${id}" }) { name } }`;
    expect(await answerTo(byTrackingId, "kestrel-media")).toBe(await answerTo(byTrackingId, "nobody"));
    const byTokenId = (id: string) => `{ subscribeToken(by: { tokenId: ${id} }) { label } }`;
    expect(await answerTo(byTokenId, String(kestrel.tokenIds[0]))).toBe(await answerTo(byTokenId, "999999"));
    const signing = (id: string) =>
      `mutation { signViewerToken(input: { token: { tokenId: ${id} } streamName: "derby-semi" expiresInSeconds: 60 }) { userErrors { code message path } } }`;
    expect(await answerTo(signing, String(kestrel.tokenIds[0]))).toBe(await answerTo(signing, "999999"));
  });

  it("causes no call to the platform by asking for what is another's", async () => {
    await asNorthwind("{ me { name } streams { totalCount } }");
    gateway.sandbox.clearCalls();
    await asNorthwind(
      `{ a: stream(by: { name: "derby-semi" }) { isLive } b: partner(by: { trackingId: "kestrel-media" }) { name }
         c: subscribeToken(by: { tokenId: ${kestrel.tokenIds[0]} }) { label } }`,
    );
    expect(gateway.sandbox.calls()).toEqual([]);
  });

  it("reads the records of its own viewers, and needs viewer:pii to know who they are", async () => {
    await gateway.sandbox.attachViewers({
      token: northwind.secrets[0] ?? "",
      streamName: "derby-final",
      ip: "203.0.113.77",
      bitsPerSecond: 1e6,
    });
    const { data, errors } = await asNorthwind<{ viewerRecords: { nodes: Record<string, unknown>[] } }>(
      `{ viewerRecords(first: 1000, window: { last: "P1D" }) { nodes { trackingId ipAddress userAgent customViewerData } } }`,
    );
    expect(errors).toEqual([]);
    expect(data.viewerRecords.nodes.length).toBeGreaterThan(0);
    for (const record of data.viewerRecords.nodes) {
      expect(record).toEqual({
        trackingId: "northwind-tv",
        ipAddress: null,
        userAgent: null,
        customViewerData: null,
      });
    }
  });

  it("reads no countries of a stream, by time or in all", async () => {
    for (const field of ["byCountry { country }", "seriesByCountry { country views points { bytesOut } }"]) {
      const { data, errors } = await asNorthwind(
        `{ stream(by: { name: "derby-final" }) { name bandwidth(window: { named: TODAY }) { ${field} } }
           partner(by: { trackingId: "northwind-tv" }) { usage(window: { named: TODAY }) { ${field} } } }`,
      );
      expect(JSON.stringify(data)).not.toMatch(/"country"|"bytesOut"/);
      expect(errors.map(({ extensions }) => extensions.code)).toEqual(["NOT_METERED", "NOT_METERED"]);
    }
  });

  it("may not search viewers by their marks without viewer:pii, be they its own", async () => {
    const own =
      'viewerRecords(window: { last: "P1D" }, customViewerData: ["seat=1"]) { total { records } nodes { id } }';
    const { data, errors } = await asNorthwind(
      `{ ${own} stream(by: { name: "derby-final" }) { ${own} } partner(by: { trackingId: "northwind-tv" }) { ${own} } }`,
    );
    expect(JSON.stringify(data)).not.toContain('records":');
    expect(errors.map(({ extensions: { code, scope } }) => ({ code, scope }))).toEqual(
      Array(3).fill({ code: "FORBIDDEN", scope: "viewer:pii" }),
    );
  });

  it("that may no longer watch a stream keeps the figures of what it used, and not its live state", async () => {
    const lumen = await onboard(gateway, "lumen-play", ["derby-final"]);
    const seen = `{ partner(by: { trackingId: "lumen-play" }) { usageByStream(first: 100, window: { last: "P7D" }) {
      nodes { stream { name isLive } usage { total { bytesOut } } } } } streams(first: 100) { nodes { name } } }`;
    interface Seen {
      readonly partner: {
        readonly usageByStream: { readonly nodes: readonly { readonly stream: { readonly isLive: boolean | null } }[] };
      };
      readonly streams: { readonly nodes: readonly unknown[] };
    }
    const before = await gateway.as(lumen.key).ask<Seen>(seen);
    expect(before.data.partner.usageByStream.nodes.some(({ stream }) => stream.isLive !== null)).toBe(true);
    await gateway.ask(
      `mutation { suspendPartner(input: { partner: { trackingId: "lumen-play" } }) { userErrors { code } } }`,
    );
    const after = await gateway.as(lumen.key).ask<Seen>(seen);
    expect(after.data.streams.nodes).toEqual([]);
    expect(after.data.partner.usageByStream.nodes).toHaveLength(before.data.partner.usageByStream.nodes.length);
    expect(after.data.partner.usageByStream.nodes.every(({ stream }) => stream.isLive === null)).toBe(true);
  });

  it("gets no player of another's stream, with or without a token for it", async () => {
    const embed = (stream: string) => (viewerToken: string) =>
      `{ stream(by: { name: "${stream}" }) { playback { embedHtml(viewerToken: ${JSON.stringify(viewerToken)}) } } }`;
    const { data } = await gateway.ask<{ signViewerToken: { viewerToken: { jwt: string } } }>(
      `mutation { signViewerToken(input: { token: { tokenId: ${kestrel.tokenIds[0]} } streamName: "derby-semi"
         trackingId: "kestrel-media" expiresInSeconds: 60 }) { viewerToken { jwt } } }`,
    );
    const { jwt } = data.signViewerToken.viewerToken;
    const foreign = await asNorthwind(embed("derby-semi")(jwt));
    const missing = await asNorthwind(embed("no-such-stream")(jwt));
    expect(foreign.data).toEqual({ stream: null });
    expect(JSON.stringify(foreign.errors)).toBe(JSON.stringify(missing.errors));
    const own = await asNorthwind(embed("derby-final")(jwt));
    expect(own.data).toEqual({ stream: { playback: { embedHtml: null } } });
  });

  it("learns nothing of how its streams are published when it signs", async () => {
    await gateway.ask(
      `mutation { createPublishToken(input: { idempotencyKey: "open", label: "open", isSecured: false,
         streams: [{ pattern: "derby-final" }] }) { userErrors { code } } }`,
    );
    const sign = `mutation { signViewerToken(input: { token: { tokenId: ${northwind.tokenIds[0]} } streamName: "derby-final"
      trackingId: "northwind-tv" expiresInSeconds: 60 }) { viewerToken { warnings { code } } userErrors { code } } }`;
    const warned = await gateway.ask(sign);
    expect(JSON.stringify(warned.data)).toContain("STREAM_UNSECURED");
    const { data } = await asNorthwind(sign);
    expect(data).toEqual({ signViewerToken: { viewerToken: { warnings: [] }, userErrors: [] } });
  });
});
