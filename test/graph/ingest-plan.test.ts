import { describe, expect, it } from "vitest";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";

const FEED = `feeds { isBackup sourceId simulcastId layer priority hasAudio hasVideo isEncrypted clusterId
  publishToken { label } url rtmp { server streamKey } bearerToken srtStreamId srtPassphrase }`;

interface Feed {
  readonly url: string;
  readonly sourceId: string | null;
  readonly simulcastId: string | null;
  readonly priority: number | null;
  readonly clusterId: string;
  readonly bearerToken: string | null;
  readonly srtStreamId: string | null;
  readonly srtPassphrase: string | null;
  readonly rtmp: { readonly server: string; readonly streamKey: string } | null;
  readonly publishToken: { readonly label: string };
}

interface Plan {
  readonly ingestPlan: { readonly feeds: readonly Feed[]; readonly warnings: readonly { readonly code: string }[] };
}

const plan = (gateway: TestGateway, args: string) =>
  gateway.ask<Plan>(`{ ingestPlan(${args}) { stream { name } protocol ${FEED} warnings { code message } } }`);

async function feedsOf(gateway: TestGateway, args: string): Promise<readonly Feed[]> {
  const { data, errors } = await plan(gateway, args);
  expect(errors).toEqual([]);
  return data.ingestPlan.feeds;
}

const secretOf = (gateway: TestGateway, label: string) =>
  gateway.sandbox.tokens.publish().find((token) => token.label === label)?.token ?? "";

/** Makes a publish token of one stream, with its label for a name. */
const create = (gateway: TestGateway, label: string, fields: string) =>
  gateway.ask(
    `mutation { createPublishToken(input: { idempotencyKey: "${label}", label: "${label}", ${fields} }) { userErrors { code message } } }`,
  );

/** What stands behind the stream's name and the token. */
const parametersOf = (gateway: TestGateway, label: string, { rtmp }: Feed) =>
  rtmp?.streamKey.split(`?token=${secretOf(gateway, label)}`)[1];

const CAMERAS = 'sources: [{ sourceId: "main" }, { sourceId: "side" }]';
const LAYERS = 'layers: [{ name: "high", kilobitsPerSecond: 6000 }, { name: "low", kilobitsPerSecond: 800 }]';

describe("Query.ingestPlan", () => {
  it("returns the plain address of each protocol for one feed", async () => {
    await using gateway = await createTestGateway();
    const token = secretOf(gateway, "derby-final");
    const short = Buffer.from(token, "hex").toString("base64url");
    const urls: Record<string, string> = {};
    for (const protocol of ["WHIP", "RTMP", "RTMPS", "SRT"]) {
      const [feed] = await feedsOf(gateway, `stream: { name: "derby-final" }, protocol: ${protocol}`);
      urls[protocol] = feed?.url ?? "";
    }
    expect(urls).toEqual({
      WHIP: `${gateway.sandbox.origin}/api/whip/derby-final`,
      RTMP: `rtmp://rtmp-phx-1.millicast.com:1935/v2/pub/derby-final?token=${token}`,
      RTMPS: `rtmps://rtmp-phx-1.millicast.com:443/v2/pub/derby-final?token=${token}`,
      SRT: `srt://srt-phx-1.millicast.com:10000?streamid=derby-final%3Ft%3D${short}`,
    });
  });

  it("gives each feed of several sources in layers its ids, and sound to the best layer alone", async () => {
    await using gateway = await createTestGateway();
    const feeds = await feedsOf(gateway, `stream: { name: "rehearsal" }, protocol: RTMPS, ${CAMERAS}, ${LAYERS}`);
    expect(feeds.map((feed) => parametersOf(gateway, "rehearsal", feed))).toEqual([
      "&sourceId=main-high&simulcastId&videoTargetBitrate=6000",
      "&sourceId=main-low&simulcastId&videoOnly&videoTargetBitrate=800",
      "&sourceId=side-high&simulcastId=side&videoTargetBitrate=6000",
      "&sourceId=side-low&simulcastId=side&videoOnly&videoTargetBitrate=800",
    ]);
    expect(feeds[1]).toMatchObject({ sourceId: "main-low", simulcastId: "", layer: "low", hasAudio: false });
  });

  it("sends a source of sound without layers, and a main source without an id", async () => {
    await using gateway = await createTestGateway();
    const sources = 'sources: [{}, { sourceId: "crowd", isAudioOnly: true }]';
    const feeds = await feedsOf(gateway, `stream: { name: "rehearsal" }, protocol: RTMP, ${sources}`);
    expect(feeds.map((feed) => parametersOf(gateway, "rehearsal", feed))).toEqual([
      "",
      "&sourceId=crowd&simulcastId=crowd&audioOnly",
    ]);
    const layered = await feedsOf(gateway, `stream: { name: "rehearsal" }, protocol: RTMP, ${sources}, ${LAYERS}`);
    expect(layered.map(({ sourceId }) => sourceId)).toEqual(["high", "low", "crowd"]);
  });

  it("puts every set of backups one below the set before it, from the token's own priority down", async () => {
    await using gateway = await createTestGateway();
    const backups = 'backups: [{}, { clusterId: "iad-1" }]';
    const feeds = await feedsOf(gateway, `stream: { name: "derby-final" }, protocol: RTMPS, ${backups}`);
    expect(feeds.map(({ priority, clusterId, rtmp }) => [priority, clusterId, rtmp?.server])).toEqual([
      [2, "phx-1", "rtmps://rtmp-phx-1.millicast.com:443/v2/pub"],
      [1, "phx-1", "rtmps://rtmp-phx-1.millicast.com:443/v2/pub"],
      [0, "iad-1", "rtmps://rtmp-iad-1.millicast.com:443/v2/pub"],
    ]);
    // Of a token that pushes its streams on, one feed is pushed.
    expect(feeds.map((feed) => parametersOf(gateway, "derby-final", feed))).toEqual([
      "&priority=2",
      "&priority=1&noRestream",
      "&priority=0&noRestream",
    ]);
    await create(gateway, "ranked", 'streams: [{ pattern: "ranked" }], priority: 40');
    const ranked = await feedsOf(gateway, 'stream: { name: "ranked" }, protocol: SRT, backups: [{ priority: 10 }]');
    expect(ranked.map(({ priority }) => priority)).toEqual([40, 10]);
    expect(ranked[1]?.srtStreamId).toMatch(/^ranked\?t=[\w-]{43}&priority=10$/);
  });

  it("leaves the priority to the token by default, so that the stream can be reprioritized", async () => {
    await using gateway = await createTestGateway();
    const { data } = await plan(gateway, 'stream: { name: "derby-final" }, protocol: WHIP');
    expect(data.ingestPlan).toMatchObject({ feeds: [{ priority: null, isEncrypted: true }], warnings: [] });
    const fixed = await plan(gateway, 'stream: { name: "derby-final" }, protocol: WHIP, priority: 3');
    expect(fixed.data.ingestPlan.warnings.map(({ code }) => code)).toEqual(["PRIORITY_FIXED"]);
  });

  it("has the passphrase of SRT if the token encrypts", async () => {
    await using gateway = await createTestGateway();
    await create(gateway, "hushed", 'streams: [{ pattern: "hushed" }], isSrtEncrypted: true');
    const [feed] = await feedsOf(gateway, 'stream: { name: "hushed" }, protocol: SRT, isEncrypted: true, priority: 1');
    expect(feed?.srtStreamId).toMatch(/^hushed\?t=[\w-]{43}&e&priority=1$/);
    const { data } = await gateway.ask<{ publishTokens: { nodes: { label: string; srtPassphrase: string | null }[] } }>(
      "{ publishTokens(first: 100) { nodes { label srtPassphrase } } }",
    );
    const stored = data.publishTokens.nodes.find(({ label }) => label === "hushed");
    expect(feed?.srtPassphrase).toBe(stored?.srtPassphrase);
    expect(feed?.srtPassphrase).toEqual(expect.stringMatching(/.{10,}/));
    // Encoders split the stream id from the whole address.
    expect(new URL(feed?.url ?? "").searchParams.get("streamid")).toBe(feed?.srtStreamId);
  });

  it("returns a WHIP address that the Director accepts, with the token as bearer", async () => {
    await using gateway = await createTestGateway();
    const feeds = await feedsOf(gateway, `stream: { name: "rehearsal" }, protocol: WHIP, ${CAMERAS}`);
    expect(feeds.map(({ url }) => url.split("/api/whip/")[1])).toEqual([
      "rehearsal?sourceId=main&simulcastId",
      "rehearsal?sourceId=side&simulcastId=side",
    ]);
    const answer = await fetch(feeds[0]?.url.replace("&simulcastId", "") ?? "", {
      method: "POST",
      headers: { authorization: `Bearer ${feeds[0]?.bearerToken}`, "content-type": "application/sdp" },
      body: "v=0\r\n",
    });
    expect(answer.status).toBe(201);
  });

  it("lets a backup have another token, in another region, if both relay alike", async () => {
    await using gateway = await createTestGateway();
    const cascade = 'geoCascade: { isEnabled: true, clusters: ["all"] }';
    await create(gateway, "spare", `streams: [{ pattern: "arena-main" }], originCluster: "iad-1", ${cascade}`);
    const args = 'stream: { name: "arena-main" }, protocol: WHIP, publishToken: { tokenId: 1002 }';
    const spare = gateway.sandbox.tokens.publish().find(({ label }) => label === "spare");
    const feeds = await feedsOf(gateway, `${args}, backups: [{ publishToken: { tokenId: ${spare?.id} } }]`);
    expect(feeds.map(({ publishToken, clusterId }) => [publishToken.label, clusterId])).toEqual([
      ["arena-main", "phx-1"],
      ["spare", "iad-1"],
    ]);
    expect(feeds[1]?.bearerToken).toBe(spare?.token);
    await gateway.ask(
      `mutation { updatePublishToken(input: { token: { tokenId: ${spare?.id} }, geoCascade: { isEnabled: false } }) { userErrors { code } } }`,
    );
    const { errors } = await plan(gateway, `${args}, backups: [{ publishToken: { tokenId: ${spare?.id} } }]`);
    expect(errors).toMatchObject([{ extensions: { code: "PUBLISHERS_DIFFER", argument: "backups.0.publishToken" } }]);
  });

  it("plans a name that a pattern covers before the stream exists", async () => {
    await using gateway = await createTestGateway();
    const [feed] = await feedsOf(gateway, 'stream: { name: "popup-tomorrow" }, protocol: RTMP');
    expect(feed?.publishToken.label).toBe("popups");
    expect(feed?.rtmp?.streamKey).toBe(`popup-tomorrow?token=${secretOf(gateway, "popups")}`);
    const { errors } = await plan(gateway, 'stream: { name: "nobodys" }, protocol: RTMP');
    expect(errors).toMatchObject([{ extensions: { code: "CONFLICT", argument: "publishToken" } }]);
  });

  it("does not record each layer by itself", async () => {
    await using gateway = await createTestGateway();
    const feeds = await feedsOf(gateway, `stream: { name: "opera-night" }, protocol: SRT, ${LAYERS}`);
    expect(feeds.map(({ srtStreamId }) => srtStreamId?.includes("&noRecord"))).toEqual([false, true]);
  });

  it("warns of restrictions", async () => {
    await using gateway = await createTestGateway();
    const warnings = async (args: string) =>
      (await plan(gateway, args)).data.ingestPlan.warnings.map(({ code }) => code);
    expect(await warnings('stream: { name: "derby-final" }, protocol: RTMP, backups: [{}]')).toEqual([
      "UNENCRYPTED",
      "PRIORITY_FIXED",
      "ONE_FEED_RESTREAMED",
    ]);
    await create(gateway, "walled", 'streams: [{ pattern: "walled" }], allowedIpAddresses: ["198.51.100.0/24"]');
    expect(await warnings('stream: { name: "walled" }, protocol: RTMPS')).toEqual(["ADDRESS_RULES_IGNORED"]);
    const heavy = 'layers: [{ name: "only", kilobitsPerSecond: 7000 }]';
    expect(await warnings(`stream: { name: "rehearsal" }, protocol: RTMPS, ${CAMERAS}, ${heavy}`)).toEqual([
      "VIEWER_RATE",
    ]);
  });

  it.each([
    ["several sources of a token for one", "roaming-reporter", `protocol: RTMP, ${CAMERAS}`, "CONFLICT", "sources"],
    ["layers of a token for one source", "roaming-reporter", `protocol: RTMP, ${LAYERS}`, "CONFLICT", "layers"],
    [
      "a second source without an id",
      "rehearsal",
      "protocol: RTMP, sources: [{}, {}]",
      "INVALID_INPUT",
      "sources.1.sourceId",
    ],
    [
      "an id that would split the address",
      "rehearsal",
      'protocol: SRT, sources: [{ sourceId: "a&b" }]',
      "INVALID_INPUT",
      "sources.0.sourceId",
    ],
    [
      "an id twice",
      "rehearsal",
      'protocol: SRT, sources: [{ sourceId: "a" }, { sourceId: "a" }]',
      "INVALID_INPUT",
      "sources.1",
    ],
    [
      "a layer twice",
      "rehearsal",
      'protocol: SRT, layers: [{ name: "a" }, { name: "a" }]',
      "INVALID_INPUT",
      "layers.1",
    ],
    ["no source", "rehearsal", "protocol: SRT, sources: []", "LIMIT_EXCEEDED", "sources"],
    [
      "a rate of nothing",
      "rehearsal",
      'protocol: SRT, layers: [{ name: "a", kilobitsPerSecond: 0 }]',
      "INVALID_INPUT",
      "layers.0.kilobitsPerSecond",
    ],
    ["more than 3 s of latency", "rehearsal", "protocol: SRT, extraLatencyMs: 3001", "INVALID_INPUT", "extraLatencyMs"],
    [
      "a backup above the feeds before it",
      "rehearsal",
      "protocol: SRT, priority: 1, backups: [{ priority: 1 }]",
      "INVALID_INPUT",
      "backups.0.priority",
    ],
    [
      "a backup elsewhere without geo-cascade",
      "rehearsal",
      'protocol: SRT, backups: [{ clusterId: "iad-1" }]',
      "CONFLICT",
      "backups.0",
    ],
    [
      "a backup in no cluster",
      "derby-final",
      'protocol: SRT, backups: [{ clusterId: "ams-1" }]',
      "CLUSTER_UNKNOWN",
      "backups.0.clusterId",
    ],
    [
      "a cluster of its own by WHIP",
      "derby-final",
      'protocol: WHIP, backups: [{ clusterId: "iad-1" }]',
      "INVALID_INPUT",
      "backups.0.clusterId",
    ],
    [
      "sources that go to any cluster",
      "derby-final",
      `protocol: SRT, ${CAMERAS}, backups: [{ clusterId: "auto" }]`,
      "CONFLICT",
      "sources",
    ],
    [
      "encrypted SRT of a token without a passphrase",
      "rehearsal",
      "protocol: SRT, isEncrypted: true",
      "CONFLICT",
      "isEncrypted",
    ],
    ["encryption of what is no SRT", "rehearsal", "protocol: RTMP, isEncrypted: true", "INVALID_INPUT", "isEncrypted"],
    ["WHIP of a token with DRM", "vista-concert", "protocol: WHIP", "CONFLICT", "protocol"],
    ["a disabled token", "rehearsal", "protocol: SRT, publishToken: { tokenId: 1022 }", "CONFLICT", "publishToken"],
    [
      "a token of another stream",
      "rehearsal",
      "protocol: SRT, publishToken: { tokenId: 1001 }",
      "INVALID_INPUT",
      "publishToken",
    ],
  ])("is rejected for %s", async (_, name, args, code, argument) => {
    await using gateway = await createTestGateway();
    const { data, errors } = await plan(gateway, `stream: { name: "${name}" }, ${args}`);
    expect(data).toEqual({ ingestPlan: null });
    expect(errors).toMatchObject([{ extensions: { code, argument } }]);
  });

  it("is rejected if the token encrypts SRT and the request says no", async () => {
    await using gateway = await createTestGateway();
    await create(gateway, "hushed", 'streams: [{ pattern: "hushed" }], isSrtEncrypted: true');
    const { errors } = await plan(gateway, 'stream: { name: "hushed" }, protocol: SRT, isEncrypted: false');
    expect(errors).toMatchObject([
      {
        message: expect.stringContaining("without its passphrase"),
        extensions: { code: "CONFLICT", argument: "isEncrypted" },
      },
    ]);
  });

  it("is rejected with more feeds than a plan may have", async () => {
    await using gateway = await createTestGateway();
    const sources = Array.from({ length: 51 }, (_, index) => `{ sourceId: "cam${index}" }`).join(", ");
    const { errors } = await plan(
      gateway,
      `stream: { name: "rehearsal" }, protocol: SRT, sources: [${sources}], backups: [{}]`,
    );
    expect(errors).toMatchObject([{ extensions: { code: "LIMIT_EXCEEDED", max: 100 } }]);
  });

  it("needs no call beside the token pages and the clusters, which are cached", async () => {
    await using gateway = await createTestGateway();
    await feedsOf(gateway, `stream: { name: "rehearsal" }, protocol: SRT, ${CAMERAS}, ${LAYERS}`);
    gateway.sandbox.clearCalls();
    await feedsOf(
      gateway,
      `stream: { name: "derby-final" }, protocol: SRT, ${CAMERAS}, backups: [{ clusterId: "iad-1" }]`,
    );
    expect(gateway.sandbox.calls()).toEqual([]);
  });

  it("uses the platform's naming of hosts when the clusters cannot be read", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ path: "/api/cluster", status: 503 });
    const [feed] = await feedsOf(gateway, 'stream: { name: "derby-final" }, protocol: RTMP');
    expect(feed?.rtmp?.server).toBe("rtmp://rtmp-phx-1.millicast.com:1935/v2/pub");
  });

  it("needs the scope token:reveal, and each reading is audited without a secret", async () => {
    await using gateway = await createTestGateway();
    const { key } = await onboard(gateway, "meadow-tv", ["derby-final"]);
    const { data, errors } = await gateway
      .as(key)
      .ask('{ ingestPlan(stream: { name: "derby-final" }, protocol: SRT) { feeds { url } } }');
    expect(data).toEqual({ ingestPlan: null });
    expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN", scope: "token:reveal" } }]);
    await feedsOf(gateway, 'stream: { name: "derby-final" }, protocol: SRT');
    const log = await gateway.ask<{ auditLog: { nodes: { detail: string }[] } }>(
      '{ auditLog(first: 5, filter: { operation: "reveal" }) { nodes { detail objectId } } }',
    );
    expect(log.data.auditLog.nodes.map(({ detail }) => detail)).toEqual(['{"field":"ingestPlan"}']);
    expect(gateway.logged()).not.toContain(secretOf(gateway, "derby-final"));
  });
});
