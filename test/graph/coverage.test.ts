import { readFileSync } from "node:fs";
import { buildSchema, type DocumentNode, type OperationDefinitionNode, parse, validate } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../../src/model/secret.ts";
import type { RecordedCall } from "../../src/sandbox/sandbox.ts";
import { covers, effectiveCluster } from "../../src/sandbox/tokens/token.ts";
import { createTestGateway, START, type TestGateway } from "../support/gateway.ts";
import { upstreamOperations } from "../support/upstream-operations.ts";
import { furtherExamples } from "./further-examples.ts";

/**
 * The page "What the graph covers" holds: each of its operations is taken out of it, validated, and run in the order of the
 * page through the whole gateway; after the last operation of a row the sandbox is looked at for what the row promises.
 */
const page = readFileSync(new URL("../../schema/coverage.md", import.meta.url), "utf8");
const sdl = readFileSync(new URL("../../schema/schema.graphql", import.meta.url), "utf8");

interface Row {
  readonly number: number;
  readonly wish: string;
  /** The fields that serve it, or why none does. */
  readonly ask: string;
  /** Names of operations. */
  readonly operations: readonly string[];
}

const rows: readonly Row[] = [...page.matchAll(/^\| (\d+) \| (.*) \| (.*) \| ?(.*)\|$/gm)].map(
  ([, number, wish = "", ask = "", operations = ""]) => ({
    number: Number(number),
    wish,
    ask,
    operations: [...operations.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name),
  }),
);

interface Example {
  readonly name: string;
  readonly text: string;
  readonly document: DocumentNode;
  readonly variables: readonly string[];
}

const examples: readonly Example[] = [...page.matchAll(/```graphql\n(.*?)```/gs)].map(([, text = ""]) => {
  const document = parse(text);
  const [{ name, variableDefinitions = [] }] = document.definitions as unknown as [OperationDefinitionNode];
  return {
    name: name?.value ?? "",
    text,
    document,
    variables: variableDefinitions.map(({ variable }) => variable.name.value),
  };
});

const operationsOf = ({ definitions }: DocumentNode) => definitions as readonly OperationDefinitionNode[];
const nameOf = (document: DocumentNode) => operationsOf(document)[0]?.name?.value ?? "";
const rootFields = (document: DocumentNode) =>
  operationsOf(document).flatMap(({ selectionSet: { selections } }) =>
    selections.flatMap((selection) => (selection.kind === "Field" ? [selection.name.value] : [])),
  );

/** The rows that may be told without an operation: what is no matter of an API, and what the page says is missing. */
const DOCUMENTED = [48, 51, 52, 64, 65];
const MISSING = [60, 70, 75];

/** Where the story stands: every answer so far, by the name of its operation. */
interface World extends TestGateway {
  /** @throws Error when the operation has not been run yet */
  answer<Data>(operation: string): Data;
  /** The calls to the platform that an operation made. */
  callsOf(operation: string): readonly RecordedCall[];
  readonly facts: {
    publishTokenId: number;
    subscribeTokenId: number;
    masterTokenId: number;
    secret: string;
    jwt: string;
    clientId: string;
  };
}

const MINUTE = 60_000;
const SDP = "v=0\r\n";

/** What variables stand for, by their names. */
const variables: Readonly<Record<string, (world: World) => unknown>> = {
  publishTokenId: ({ facts }) => facts.publishTokenId,
  subscribeTokenId: ({ facts }) => facts.subscribeTokenId,
  masterTokenId: ({ facts }) => facts.masterTokenId,
  viewers: () => Array.from({ length: 1_000 }, (_, index) => ({ customViewerData: `seat=${index}` })),
  jwt: ({ facts }) => facts.jwt,
  from: ({ sandbox }) => new Date(sandbox.clock.now() - 10 * MINUTE).toISOString(),
  assetId: ({ answer }) => answer<Recordings>("Recordings").mediaAssets.nodes[0]?.assetId,
  conferenceId: () => "7e9c0a52-6a4e-4c8e-9f3f-0a1b2c3d4e5f",
};

/** What happens outside the graph before an operation. */
const before: Readonly<Record<string, (world: World) => unknown>> = {
  Feeds: (world) => publish(world, "spring-gala", { priority: 1 }),
  SeveralSources: (world) => publish(world, "spring-gala", { sourceId: "crowd" }),
  PartnerUsage: ({ sandbox }) => sandbox.clock.advance(15 * MINUTE),
  Recordings(world) {
    publish(world, "rehearsal", { seconds: 60, bitsPerSecond: 8_000_000 });
    world.sandbox.clock.advance(5 * MINUTE);
  },
};

/** What each row with an operation promises, looked at in the sandbox. */
const promises: Readonly<Record<number, (world: World) => unknown>> = {
  async 1(world) {
    const { me, account } = world.answer<{ me: { role: string }; account: { accountId: string } }>("WhoAmI");
    expect([me.role, account.accountId]).toEqual(["OPERATOR", world.sandbox.accountId]);
    const upstream = { ...world.options.upstream, secret: new Secret("not-the-secret") };
    await using stranger = await createTestGateway({ over: world.sandbox, gateway: { upstream } });
    const { errors } = await stranger.ask("{ account { defaultCluster } }");
    expect(errors[0]?.extensions.code).toBe("UPSTREAM_UNAUTHORIZED");
  },
  2(world) {
    const { createPublishToken } = world.answer<{ createPublishToken: { secret: string } }>("CreatePublishToken");
    expect(publishToken(world, "Spring gala")).toMatchObject({
      id: world.facts.publishTokenId,
      token: createPublishToken.secret,
      streams: [{ streamName: "spring-gala", isRegex: false }],
      originCluster: "phx-1",
    });
  },
  3: (world) => expect(publishToken(world, "Spring gala").subscribeRequiresAuth).toBe(true),
  4: ({ answer }) =>
    expect(answer("TokensOfStream")).toEqual({
      stream: {
        publishTokens: { nodes: [{ __typename: "PublishToken", label: "Spring gala" }] },
        subscribeTokens: {
          nodes: ["qa-wildcard", "Cameras"].map((label) => ({ __typename: "SubscribeToken", label })),
        },
      },
    }),
  5(world) {
    const { rotatePublishToken } = world.answer<{ rotatePublishToken: { secret: string } }>("ManageTokens");
    const tokens = world.sandbox.tokens.publish();
    expect(tokens.find(({ id }) => id === 1022)).toMatchObject({
      label: "Spare encoder",
      isActive: false,
      token: rotatePublishToken.secret,
    });
    expect(tokens.some(({ id }) => id === 1021)).toBe(false);
    expect(world.answer("ManageTokens")).toMatchObject({
      enablePublishTokens: { publishTokens: [{ isActive: true }] },
      disablePublishTokens: { publishTokens: [{ isActive: false }] },
    });
  },
  6(world) {
    const expiresAt = Date.parse(START) + 86_400_000;
    expect(publishToken(world, "Spring gala").expiresAt).toBe(expiresAt);
    expect(world.answer("CreatePublishToken")).toMatchObject({
      createPublishToken: { publishToken: { expiresAt: new Date(expiresAt).toISOString() } },
    });
  },
  7: (world) =>
    expect(subscribeToken(world, "Cameras")).toMatchObject({
      id: world.facts.subscribeTokenId,
      trackingId: "brook-radio",
      originCluster: "phx-1",
      streams: [
        { streamName: "spring-gala", isRegex: false },
        { streamName: "spring-gala-cam[0-9]", isRegex: true },
      ],
    }),
  8: ({ callsOf }) =>
    expect(callsOf("CreateSubscribeToken").map(({ operationId }) => operationId)).toContain(
      "SubscribeTokenV1_CreateToken",
    ),
  9: (world) => {
    expect(world.sandbox.tokens.subscribe().find(({ id }) => id === world.facts.masterTokenId)).toMatchObject({
      streams: [{ streamName: "spring-gala", isRegex: false }],
      bindIpsOnUsage: null,
      originCluster: "phx-1",
    });
    expect(world.answer("OnboardPartner")).toMatchObject({ refused: { userErrors: [{ code: "STREAM_UNSECURED" }] } });
    expect(world.sandbox.tokens.subscribe().some(({ trackingId }) => trackingId === "meadow-radio")).toBe(false);
  },
  10: ({ sandbox, facts, answer }) => {
    const tokens = sandbox.tokens.subscribe().filter(({ trackingId }) => trackingId === "meadow-tv");
    expect(tokens.map(({ id }) => id)).toEqual([facts.masterTokenId]);
    expect(answer("OnboardPartner")).toMatchObject({ onboardPartner: { partner: { trackingId: "meadow-tv" } } });
  },
  async 11(world) {
    expect(world.callsOf("SignViewerToken")).toEqual([]);
    const viewer = await attach(world, { token: world.facts.jwt });
    expect(viewer).toMatchObject({ ok: true, trackingId: "meadow-tv" });
    world.facts.clientId = viewer.ok ? (viewer.clientIds[0] ?? "") : "";
  },
  async 12(world) {
    const { results } = world.answer<Signed>("SignViewerTokens").signViewerTokens;
    expect(results).toHaveLength(1_000);
    expect(world.callsOf("SignViewerTokens")).toEqual([]);
    for (const { viewerToken } of [...results.slice(0, 2), ...results.slice(-2)]) {
      expect(await attach(world, { token: viewerToken.jwt })).toMatchObject({ ok: true });
    }
  },
  async 13(world) {
    expect(world.answer("InspectViewerToken")).toMatchObject({
      inspectViewerToken: {
        inspection: {
          isAdmitted: true,
          reasons: [],
          claims: { streamName: "spring-gala", trackingId: "meadow-tv", customViewerData: "seat=12" },
          viewing: { verdict: "ADMITTED" },
        },
      },
    });
    expect(await attach(world, { token: world.facts.jwt, country: "GB" })).toMatchObject({ ok: true });
  },
  14({ sandbox, answer }) {
    const tokens = [...sandbox.tokens.publish(), ...sandbox.tokens.subscribe()];
    const clusters = tokens.filter((token) => covers(token, "spring-gala")).map(effectiveCluster);
    expect(clusters.length).toBeGreaterThan(3);
    expect(answer("Regions")).toMatchObject({
      stream: { clusterConsistency: { isConsistent: true, publishClusters: [...new Set(clusters)] } },
    });
  },
  async 15(world) {
    const { clusters } = world.answer<{ clusters: readonly { clusterId: string }[] }>("Regions");
    const platform = await read<{ defaultCluster: string; availableClusters: { id: string }[] }>(world, "/api/cluster");
    expect(clusters.map(({ clusterId }) => clusterId)).toEqual(platform.availableClusters.map(({ id }) => id));
    expect(platform.defaultCluster).toBe("lon-1");
    expect(publishToken(world, "Spring gala").geoCascade).toEqual({ isEnabled: true, clusters: ["lon-1", "syd-1"] });
  },
  16: (world) => {
    const { label } = ingest(world).publishToken;
    const started = publish(world, "spring-gala", { token: ingest(world).bearerToken });
    expect([label, started.tokenId]).toEqual(["Spring gala", world.facts.publishTokenId]);
  },
  async 17(world) {
    const { directorUrl, streamName, streamAccountId } = playback(world);
    expect(await post(directorUrl, world.facts.jwt, JSON.stringify({ streamName, streamAccountId }))).toBe(200);
  },
  async 18(world) {
    const verdicts = world.answer<Record<string, { verdict: string }>>("CanView");
    const admitted = async (viewer: object) => ((await attach(world, viewer)).ok ? "ADMITTED" : "REFUSED");
    expect(verdicts["withoutToken"]?.verdict).toBe(await admitted({ token: null, country: "GB" }));
    expect(verdicts["fromFrance"]?.verdict).toBe(await admitted({ token: world.facts.jwt, country: "FR" }));
    expect(verdicts["fromKorea"]?.verdict).toBe(await admitted({ token: world.facts.jwt, country: "KP" }));
    expect(new Set(Object.values(verdicts).map(({ verdict }) => verdict)).size).toBeGreaterThan(1);
  },
  19(world) {
    const { freshUntil, window, total } = partnerUsage(world).usage;
    expect(Date.parse(freshUntil)).toBe(Date.parse(START) + 10 * MINUTE);
    expect(total.bytesOut).toBe(truth(world, window, { trackingId: "meadow-tv" }));
    expect(BigInt(total.bytesOut)).toBeGreaterThan(0n);
  },
  20(world) {
    const byId = streamUsage(world).bandwidthByTrackingId;
    for (const { trackingId, bandwidth } of byId) {
      if (trackingId === null) continue;
      const expected = truth(world, bandwidth.window, { stream: "derby-final", trackingId });
      expect([trackingId, bandwidth.total.bytesOut]).toEqual([trackingId, expected]);
    }
    expect(byId.map(({ trackingId }) => trackingId)).toEqual(
      expect.arrayContaining(["northwind-tv", "kestrel-media", "lumen-play", "freelance-desk"]),
    );
  },
  21(world) {
    const [first] = streamUsage(world).bandwidthByTrackingId;
    const filter = { stream: "derby-final", trackingId: first?.trackingId ?? "" };
    expectPoints(world, first?.bandwidth.series.points ?? [], filter);
    expect(first?.bandwidth.series.points.length).toBeGreaterThanOrEqual(23);
  },
  22(world) {
    const [{ stream, usage }] = partnerUsage(world).usageByStream.nodes;
    expect(stream.name).toBe("spring-gala");
    const filter = { stream: "spring-gala", trackingId: "meadow-tv" };
    expect(usage.total.bytesOut).toBe(truth(world, usage.window, filter));
  },
  23(world) {
    const [{ usage }] = partnerUsage(world).usageByStream.nodes;
    expectPoints(world, usage.series.points, { stream: "spring-gala", trackingId: "meadow-tv" });
  },
  24(world) {
    const { nodes } = viewers(world);
    const bytes = nodes.find(({ clientId }) => clientId === world.facts.clientId)?.bytes;
    // 2.5 Mbit/s for fifteen minutes.
    expect(bytes).toBe(`${(2_500_000 / 8) * 15 * 60}`);
  },
  25(world) {
    const mine = viewers(world).nodes.find(({ clientId }) => clientId === world.facts.clientId);
    expect(mine).toMatchObject({ customViewerData: "seat=12" });
    const { total, nodes } = world.answer<ByMark>("ViewerByMark").viewerRecords;
    expect(nodes.map(({ bytes }) => bytes)).toContain(mine?.bytes);
    expect(nodes.every(({ customViewerData }) => customViewerData === "seat=12")).toBe(true);
    expect(total).toMatchObject({
      records: nodes.length,
      bytes: `${nodes.reduce((sum, { bytes }) => sum + BigInt(bytes), 0n)}`,
    });
  },
  26(world) {
    const { window, total } = partnerUsage(world).usage;
    const bytes = BigInt(truth(world, window, { trackingId: "meadow-tv" }));
    expect(total.gigabytesOut).toBe(decimalGigabytes(bytes));
  },
  27(world) {
    const { account, findings } = world.answer<Leaks>("Leaks");
    const { window, total } = account.untrackedUsage;
    expect(total.bytesOut).toBe(truth(world, window, { trackingId: null }));
    expect(findings.nodes.map(({ code, stream }) => `${code} ${stream?.name}`)).toContain(
      "STREAM_UNSECURED city-council",
    );
  },
  28(world) {
    const { nodes } = viewers(world);
    expect(nodes.length).toBeGreaterThan(5);
    expect(nodes.find(({ clientId }) => clientId === world.facts.clientId)).toMatchObject({
      durationSeconds: 900,
      country: "US",
      stream: { name: "spring-gala" },
    });
    expect(countries(world).byCountry.every(({ viewSeconds }) => viewSeconds > 0)).toBe(true);
    const { attendance } = world.answer<{ partner: { attendance: { viewers: number; watchSeconds: number } } }>(
      "Audience",
    ).partner;
    expect(attendance).toMatchObject({
      origin: "RECORDS",
      viewers: new Set(nodes.map(({ clientId }) => clientId)).size,
      watchSeconds: nodes.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0),
    });
  },
  29(world) {
    const { window, total } = accountReport(world).usage;
    const all = world.sandbox.truth(window);
    expect(total).toEqual({
      bytesIn: `${all.bytesIn}`,
      bytesOut: `${all.bytesOut}`,
      restream: { bytesOut: `${all.restream.bytesOut}` },
      geoCascade: { bytesOut: `${all.geoCascade.bytesOut}` },
    });
  },
  30(world) {
    const { window, byCountry, seriesByCountry } = countries(world);
    expect(byCountry.length).toBeGreaterThan(5);
    for (const { country, traffic } of byCountry) {
      const expected = truth(world, window, { stream: "derby-final", country });
      expect([country, traffic.bytesOut]).toEqual([country, expected]);
    }
    expect(seriesByCountry.map(({ country, traffic }) => [country, traffic.bytesOut])).toEqual(
      byCountry.map(({ country, traffic }) => [country, traffic.bytesOut]),
    );
    for (const { country, views, points } of seriesByCountry) {
      for (const { start, end, bytesOut } of points) {
        if (bytesOut === null) continue;
        const expected = truth(world, { from: start, to: end }, { stream: "derby-final", country });
        expect([country, start, bytesOut]).toEqual([country, start, expected]);
      }
      expect(points.reduce((sum, point) => sum + (point.views ?? 0), 0)).toBe(views);
    }
    expect(seriesByCountry.some(({ views }) => views > 0)).toBe(true);
  },
  31(world) {
    const { window, total, series, percentile } = accountReport(world).usage;
    const sum = series.points.reduce((bytes, point) => bytes + BigInt(point.bytesOut ?? 0), 0n);
    expect(`${sum}`).toBe(total.bytesOut);
    // Of the whole hours that were metered, which excludes Tuesday's two: nothing is made up for those.
    const hours = hoursOf(window).filter(({ from }) => !/^2026-03-17T0[34]/.test(from));
    const rates = hours.map((hour) => (Number(truth(world, hour, {})) * 8) / 3_600).sort((a, b) => a - b);
    expect(percentile.samples).toBe(rates.length);
    expect(percentile.bitsPerSecond).toBeCloseTo(rates[Math.ceil(rates.length * 0.95) - 1] ?? 0, 0);
  },
  32(world) {
    const { isLive, viewerCount, bandwidth } = streamUsage(world);
    expect(isLive).toBe(true);
    expect(viewerCount).toBeGreaterThan(0);
    expect(bandwidth.total.bytesOut).toBe(truth(world, bandwidth.window, { stream: "derby-final" }));
  },
  33: (world) => {
    expect(publishToken(world, "Spring gala").restream).toEqual([
      {
        url: "rtmps://ingest.video.example/live",
        key: "key-of-the-channel",
        label: "Our channel",
        enabled: true,
      },
    ]);
    expect(world.callsOf("Restream").at(-1)?.path).toBe(
      `/api/publish_token/${world.facts.publishTokenId}/restream/sync`,
    );
    // The stream is live, so the push begins at once. (Half a minute: the list of tokens is fresh for a whole one.)
    world.sandbox.clock.advance(MINUTE / 2);
    const span = { from: START, to: world.sandbox.clock.now() };
    expect(world.sandbox.truth({ stream: "spring-gala", ...span }).restream.bytesOut).toBeGreaterThan(0n);
  },
  34: ({ answer, callsOf }) => {
    const { protocolInfo } = answer<{ protocolInfo: { protocol: string; use: string; latency: string }[] }>(
      "Protocols",
    );
    const told = protocolInfo.map(({ protocol, use, latency }) => `${use} ${protocol} ${latency}`);
    expect(told).toEqual(expect.arrayContaining(["INGEST WHIP REAL_TIME", "RESTREAM RTMP DELAYED"]));
    expect(callsOf("Protocols")).toEqual([]);
  },
  35: (world) => expect(subscribeToken(world, "Cameras").allowedOrigins).toEqual(["*.brook.radio"]),
  36: (world) => expect(subscribeToken(world, "Cameras").allowedIpAddresses).toEqual(["203.0.113.0/24"]),
  async 37(world) {
    const { feedId } = publish(world, "spring-gala");
    const { secret } = world.answer<{ createSubscribeToken: { secret: string } }>("BindToken").createSubscribeToken;
    const from = async (ip: string) => (await attach(world, { token: secret, ip })).ok;
    expect([await from("203.0.113.1"), await from("203.0.113.2")]).toEqual([true, true]);
    expect([await from("203.0.113.3"), await from("203.0.113.1")]).toEqual([false, true]);
    world.sandbox.stopFeed(feedId);
  },
  async 38(world) {
    const security = await read<{ deniedCountries: string[] }>(world, "/api/v3/account/security");
    expect(security.deniedCountries).toEqual(["FR"]);
    expect(publishToken(world, "Spring gala").deniedCountries).toEqual(["KP"]);
    expect(world.answer("CanView")).toMatchObject({
      stream: { effectiveGeoRules: [{ level: "PUBLISH_TOKEN", deniedCountries: ["KP"] }] },
    });
  },
  39: (world) =>
    expect(publishToken(world, "rehearsal")).toMatchObject({
      displaySrtPassphrase: true,
      enableThumbnails: true,
      lowLatencyRtmp: false,
    }),
  40: ({ answer }) => {
    const layers = answer<Plans>("PlanIngest").cameras.feeds.map(({ sourceId, simulcastId }) => [
      sourceId,
      simulcastId,
    ]);
    expect(layers).toEqual([
      ["stage-high", ""],
      ["stage-low", ""],
      ["crowd-high", "crowd"],
      ["crowd-low", "crowd"],
    ]);
  },
  41: (world) => {
    const { feeds } = world.answer<Plans>("PlanIngest").cameras;
    expect(publishToken(world, "Spring gala").multisource).toBe(true);
    const started = feeds.map(({ bearerToken, sourceId, simulcastId }) =>
      publish(world, "spring-gala", { token: bearerToken, sourceId, simulcastId }),
    );
    expect(started.map(({ tokenId }) => tokenId)).toEqual(feeds.map(() => world.facts.publishTokenId));
    for (const { feedId } of started) world.sandbox.stopFeed(feedId);
  },
  42: ({ answer }) =>
    expect(answer("SeveralSources")).toMatchObject({
      stream: {
        playback: {
          audioMultiplexing: {
            isPossible: true,
            minAudioTracks: 2,
            sdkOptions: expect.arrayContaining([{ name: "multiplexedAudioTracks" }]),
          },
        },
      },
    }),
  async 43(world) {
    const { feeds } = world.answer<Plans>("PlanIngest").redundant;
    expect(feeds.map(({ isBackup, priority, clusterId }) => [isBackup, priority, clusterId])).toEqual([
      [false, 1, "phx-1"],
      [true, 0, "iad-1"],
    ]);
    expect(publishToken(world, "arena-main").priority).toBe(7);
    world.sandbox.clock.advance(5_000);
    const { data } = await world.ask<{ stream: { activeFeed: { priority: number } } }>(
      '{ stream(by: { name: "arena-main" }) { activeFeed { priority } } }',
    );
    expect(data.stream.activeFeed.priority).toBe(7);
  },
  async 44(world) {
    const { activeFeed, standbyFeeds } = world.answer<Feeds>("Feeds").stream;
    expect([activeFeed.priority, ...standbyFeeds.map(({ priority }) => priority)]).toEqual([1, null]);
    world.sandbox.stopFeed(activeFeed.feedId);
    const { data } = await world.ask<Feeds>('{ stream(by: { name: "spring-gala" }) { activeFeed { feedId } } }');
    expect(data.stream.activeFeed.feedId).toBe(standbyFeeds[0]?.feedId);
  },
  async 45(world) {
    const [recording] = world.answer<Recordings>("Recordings").mediaAssets.nodes;
    expect(recording).toMatchObject({
      state: "COMPLETE",
      durationSeconds: 60,
      download: { fileUrl: expect.stringMatching(/^https:/) },
      publishToken: { label: "rehearsal" },
    });
    expect(publishToken(world, "rehearsal")).toMatchObject({ record: true, clip: false });
    expect(world.answer("DeleteRecordings")).toMatchObject({
      deleteMediaAssets: { deletions: [{ assetId: recording?.assetId, outcome: "DELETED" }] },
    });
    const asset = await read<{ status: string }>(world, `/api/v3/media/assets/${recording?.assetId}`);
    expect(asset.status).toMatch(/^delet/);
  },
  async 46(world) {
    const [clip] = world.answer<{ createClip: { clips: { assetId: string }[] } }>("CreateClip").createClip.clips;
    const asset = await read<{ name: string; type: string }>(world, `/api/v3/media/assets/${clip?.assetId}`);
    expect(asset).toMatchObject({ name: "Lead story", type: "clip" });
  },
  async 47(world) {
    expect(world.answer("StopStream")).toMatchObject({
      stopStream: { stoppingLevel: "STREAM", disabledTokens: [{ label: "Spring gala", isActive: false }] },
    });
    expect(await read(world, "/api/publish_token/active/all")).toEqual({ tokenIds: [] });
    const encoders = world.sandbox.tokens
      .publish()
      .filter(({ id }) => id === 1001 || id === world.facts.publishTokenId);
    expect(encoders.map(({ isActive }) => isActive)).toEqual([false, false]);
  },
  async 49(world) {
    expect(await attach(world, { token: null })).toMatchObject({ ok: false });
    expect(await attach(world, { token: world.facts.jwt })).toMatchObject({ ok: true });
  },
  50: ({ answer, callsOf }) => {
    const { results } = answer<Signed>("SignViewerTokens").signViewerTokens;
    expect(new Set(results.map(({ viewerToken }) => viewerToken.jwt)).size).toBe(1_000);
    expect(callsOf("SignViewerTokens")).toEqual([]);
  },
  53(world) {
    const { hostedPlayerUrl, embedHtml } = playback(world);
    const player = new URL(hostedPlayerUrl);
    expect(player.searchParams.get("streamId")).toBe(`${world.sandbox.accountId}/spring-gala`);
    expect(player.search).toContain("&mute=true&abrStrategy=quality");
    expect(embedHtml).toMatch(/^<iframe /);
    const { viewerToken } = world.answer<{ signViewerToken: { viewerToken: { jwt: string; embedHtml: string } } }>(
      "SignViewerToken",
    ).signViewerToken;
    expect(viewerToken.embedHtml).toContain(`/spring-gala&amp;token=${viewerToken.jwt}&amp;mute=true&amp;abrStrategy=`);
  },
  async 54(world) {
    const { whipUrl, bearerToken } = ingest(world);
    expect(await post(whipUrl, bearerToken, SDP, "application/sdp")).toBe(201);
    expect(await post(whipUrl, "not-the-token", SDP, "application/sdp")).toBe(401);
  },
  55(world) {
    const [name, parameters] = (new URL(ingest(world).srtUrl).searchParams.get("streamid") ?? "").split("?");
    const token = Buffer.from(new URLSearchParams(parameters).get("t") ?? "", "base64url").toString("hex");
    expect([name, token]).toEqual(["spring-gala", world.facts.secret]);
    const [feed] = world.answer<{ ingestPlan: { feeds: Encrypted[] } }>("PlanEncrypted").ingestPlan.feeds;
    expect(feed).toMatchObject({ isEncrypted: true, srtPassphrase: expect.stringMatching(/.{10,}/) });
    expect(feed?.srtStreamId).toMatch(/&e$/);
  },
  56(world) {
    const { rtmp, rtmps } = ingest(world);
    const token = new URL(rtmp.url).searchParams.get("token") ?? "";
    expect(`${rtmp.server}/${rtmp.streamKey}`).toBe(rtmp.url);
    expect(new URL(rtmps.url).searchParams.get("token")).toBe(token);
    const { feedId } = publish(world, "spring-gala", { token });
    world.sandbox.stopFeed(feedId);
  },
  async 57(world) {
    expect(await post(playback(world).whepUrl, world.facts.jwt, SDP, "application/sdp")).toBe(201);
  },
  58: ({ answer }) =>
    expect(answer<{ protocolInfo: object[] }>("Protocols").protocolInfo).toContainEqual({
      protocol: "RTMP",
      use: "INGEST",
      latency: "LOW",
      videoCodecs: ["H264"],
      audioCodecs: ["AAC"],
      audioDeliveredAs: "OPUS",
    }),
  59({ answer, sandbox }) {
    const { feeds } = answer<Feeds>("Feeds").stream;
    const live = feeds.filter(({ isActive }) => isActive);
    expect(live).toHaveLength(2);
    for (const { tracks } of live) expect(tracks.flatMap(({ qualities }) => qualities)).not.toEqual([]);
    expect(answer("SeveralSources")).toMatchObject({
      stream: {
        playback: {
          multiView: {
            isPossible: true,
            liveSourceIds: [null, "crowd"],
            hostedPlayerUrl: expect.stringContaining(`${sandbox.accountId}/spring-gala&multisource=true`),
          },
        },
      },
    });
  },
  async 61(world) {
    const { broadcaster, player } = world.answer<Credentials>("SdkCredentials").stream;
    const { streamName } = broadcaster;
    const body = JSON.stringify({ streamName });
    expect(await post(broadcaster.directorUrl, broadcaster.publishingToken, body)).toBe(200);
    const asked = JSON.stringify({ streamName: player.streamName, streamAccountId: player.streamAccountId });
    expect(await post(player.directorUrl, world.facts.jwt, asked)).toBe(200);
  },
  62(world) {
    const poster = new URL(playback(world).withPoster).searchParams.get("image");
    expect(poster).toBe("https://cdn.example/spring-gala.jpg");
  },
  63: ({ callsOf, answer }) => {
    expect(answer("TriggerThumbnail")).toMatchObject({ triggerThumbnail: { isTriggered: true } });
    expect(callsOf("TriggerThumbnail").map(({ path, status }) => [path, status])).toContainEqual([
      "/api/thumbnails",
      200,
    ]);
  },
  66: (world) => expect(publishToken(world, "Town hall").subscribeRequiresAuth).toBe(false),
  67: ({ callsOf }) => {
    const tokens = ["StartConferenceStream", "StopConferenceStream"].flatMap((operation) =>
      callsOf(operation).filter(({ path }) => path === "/v1/auth/token"),
    );
    expect(tokens).toHaveLength(1);
  },
  68: (world) =>
    expect(world.callsOf("StartConferenceStream").map(({ path, status }) => [path, status])).toContainEqual([
      expect.stringMatching(/\/conferences\/mix\/7e9c0a52-.*\/rts\/start$/),
      200,
    ]),
  async 69(world) {
    const active = await read<{ tokenIds: number[] }>(world, "/api/publish_token/active/all");
    expect(active.tokenIds).not.toContain(publishToken(world, "Town hall").id);
  },
  71(world) {
    const { stream } = world.answer<Conference>("StartConferenceStream").startConferenceStream;
    expect(stream).toMatchObject({
      name: "town-hall",
      publishTokens: { nodes: [{ tokenId: publishToken(world, "Town hall").id }] },
      playback: { hostedPlayerUrl: `https://viewer.millicast.com?streamId=${world.sandbox.accountId}/town-hall` },
    });
  },
  72: ({ answer }) => {
    const { types } = answer<{ __schema: { types: { name: string }[] } }>("Types").__schema;
    const known = Object.keys(buildSchema(sdl).getTypeMap());
    expect(types.map(({ name }) => name).sort()).toEqual(known.sort());
  },
  73(world) {
    const [{ rtmp }] = world.answer<Conference>("StartConferenceStream").startConferenceStream.stream.ingest;
    expect(rtmp.streamKey).toBe(`town-hall?token=${publishToken(world, "Town hall").token}`);
  },
  async 74(world) {
    const { window, account, partners, untracked, residualBytesOut, unexplainedBytesOut } =
      accountReport(world).reconciliation;
    expect(account.bytesOut).toBe(truth(world, window, {}));
    expect(untracked.bytesOut).toBe(truth(world, window, { trackingId: null }));
    expect(BigInt(residualBytesOut)).toBe(BigInt(account.bytesOut) - BigInt(partners.bytesOut));
    expect(unexplainedBytesOut).toBe("0");
    const { storageUsage, storedMedia, drmUsage } = otherCharges(world);
    const stored = await read<{ totalBytes: number; recordings: number }>(world, "/api/analytics/media/storage/usage");
    expect(storedMedia).toMatchObject({ total: `${stored.totalBytes}`, recordings: `${stored.recordings}` });
    const period = `startDate=${storageUsage.window.from}&stopDate=${storageUsage.window.to}`;
    const { gigabyteHours } = await read<{ gigabyteHours: number }>(
      world,
      `/api/analytics/media/storage/usage/billing?${period}`,
    );
    expect(storageUsage.billed.total).toBe(gigabyteHours);
    expect(gigabyteHours).toBeGreaterThan(0);
    const systems = drmUsage.bySystem.map(({ licences }) => licences.issued);
    expect(drmUsage.licences.issued).toBe(systems.reduce((sum, issued) => sum + issued, 0));
    expect(drmUsage.licences.issued).toBeGreaterThan(0);
  },
};

describe("the page of what the graph covers", () => {
  it("has every row once, each with an operation of the page or a reason", () => {
    const numbers = rows.map(({ number }) => number).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 75 }, (_, index) => index + 1));
    const without = rows.filter(({ operations }) => operations.length === 0);
    const because = (reason: string) =>
      without.filter(({ ask }) => ask.startsWith(`${reason}: `)).map(({ number }) => number);
    expect(because("documentation").sort((a, b) => a - b)).toEqual(DOCUMENTED);
    expect(because("not there yet").sort((a, b) => a - b)).toEqual(MISSING);
    expect(without).toHaveLength(DOCUMENTED.length + MISSING.length);
  });

  it("has no operation that no row needs, and none twice", () => {
    const named = rows.flatMap(({ operations }) => operations);
    expect([...new Set(named)].sort()).toEqual(examples.map(({ name }) => name).sort());
  });

  it("names fields and arguments that the graph has", () => {
    const schema = buildSchema(sdl);
    const mentioned = rows.flatMap(({ ask }) => [...ask.matchAll(/`([A-Z]\w+)\.(\w+)/g)]);
    expect(mentioned.length).toBeGreaterThan(20);
    for (const [mention, type = "", field = ""] of mentioned) {
      const found = schema.getType(type);
      expect([mention, found && "getFields" in found && field in found.getFields()]).toEqual([mention, true]);
    }
  });

  it("promises something for each row with an operation", () => {
    const promised = rows.filter(({ operations }) => operations.length > 0).map(({ number }) => number);
    expect(Object.keys(promises).map(Number)).toEqual(promised.sort((a, b) => a - b));
  });
});

describe("the story of the page", () => {
  let world: World;

  beforeAll(async () => {
    const gateway = await createTestGateway({ conference: true });
    await gateway.gateway.start();
    answers.set("start", { data: null, calls: gateway.sandbox.calls() });
    const facts = { publishTokenId: 0, subscribeTokenId: 0, masterTokenId: 0, secret: "", jwt: "", clientId: "" };
    world = Object.assign(gateway, { facts, answer, callsOf });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const answers = new Map<string, { readonly data: unknown; readonly calls: readonly RecordedCall[] }>();
  function told(operation: string) {
    const answered = answers.get(operation);
    if (!answered) throw new Error(`${operation} has not been answered`);
    return answered;
  }
  const answer = <Data>(operation: string) => told(operation).data as Data;
  const callsOf = (operation: string) => told(operation).calls;

  for (const { name, text, document, variables: names } of examples) {
    it(`${name} is valid and answered without errors`, async () => {
      expect(validate(buildSchema(sdl), document)).toEqual([]);
      await before[name]?.(world);
      world.sandbox.clearCalls();
      const given = Object.fromEntries(names.map((variable) => [variable, variables[variable]?.(world)]));
      const { data, errors } = await world.ask<Record<string, { userErrors?: unknown[] }>>(text, given);
      expect(errors).toEqual([]);
      for (const [field, payload] of Object.entries(data)) {
        if (field !== "refused" && payload.userErrors) expect([field, payload.userErrors]).toEqual([field, []]);
      }
      answers.set(name, { data, calls: world.sandbox.calls() });
      remember(world, name);
    });

    for (const { number, wish } of rows.filter((row) => lastOf(row) === name)) {
      it(`row ${number}: ${wish}`, () => promises[number]?.(world));
    }
  }

  it.each(furtherExamples.map((example) => ({ name: nameOf(parse(example.text)), ...example })))(
    "$name is answered as it should be",
    async ({ text, variables: given, errors: codes = [] }) => {
      const document = parse(text);
      expect(validate(buildSchema(sdl), document)).toEqual([]);
      world.sandbox.clearCalls();
      const { data, errors } = await world.ask<Record<string, { userErrors?: unknown[] }>>(text, given?.(answer) ?? {});
      expect(errors.map(({ extensions }) => extensions.code)).toEqual(codes);
      for (const [field, payload] of Object.entries(data)) {
        if (payload?.userErrors) expect([field, payload.userErrors]).toEqual([field, []]);
      }
      answers.set(nameOf(document), { data, calls: world.sandbox.calls() });
    },
  );

  it("has shown every root field of the graph", () => {
    const shown = [...examples.map(({ document }) => document), ...furtherExamples.map(({ text }) => parse(text))];
    const schema = buildSchema(sdl);
    const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
    const fields = roots.flatMap((type) => (type ? Object.keys(type.getFields()) : []));
    expect(fields.filter((field) => !shown.some((document) => rootFields(document).includes(field)))).toEqual([]);
  });

  it("has called every operation of every client of the platform", () => {
    const called = new Set([...answers.values()].flatMap(({ calls }) => calls.map(({ operationId }) => operationId)));
    const known = upstreamOperations();
    expect(known.length).toBeGreaterThan(60);
    expect(known.filter((operation) => !called.has(operation))).toEqual([]);
    // What the clients call in another way than by a name that is found in them.
    expect([...called].filter((operation) => operation !== null && !known.includes(operation))).toEqual([]);
  });
});

/** The operation of a row that comes last on the page. */
function lastOf({ operations }: Row): string | undefined {
  return examples.findLast(({ name }) => operations.includes(name))?.name;
}

/** Keeps what later operations need as variables. */
function remember({ answer, facts }: World, operation: string): void {
  if (operation === "CreatePublishToken") {
    const { secret, publishToken } = answer<{
      createPublishToken: { secret: string; publishToken: { tokenId: number } };
    }>(operation).createPublishToken;
    Object.assign(facts, { secret, publishTokenId: publishToken.tokenId });
  } else if (operation === "CreateSubscribeToken") {
    const { subscribeToken } = answer<{ createSubscribeToken: { subscribeToken: { tokenId: number } } }>(
      operation,
    ).createSubscribeToken;
    facts.subscribeTokenId = subscribeToken.tokenId;
  } else if (operation === "OnboardPartner") {
    const { subscribeTokens } = answer<{
      onboardPartner: { subscribeTokens: { subscribeToken: { tokenId: number } }[] };
    }>(operation).onboardPartner;
    facts.masterTokenId = subscribeTokens[0]?.subscribeToken.tokenId ?? 0;
  } else if (operation === "SignViewerToken") {
    facts.jwt = answer<{ signViewerToken: { viewerToken: { jwt: string } } }>(
      operation,
    ).signViewerToken.viewerToken.jwt;
  }
}

interface Span {
  readonly from: string;
  readonly to: string;
}
interface Metered {
  readonly window: Span;
  readonly total: { readonly bytesOut: string };
  readonly series: { readonly points: readonly Point[] };
}
interface Point {
  readonly start: string;
  readonly end: string;
  readonly state: string;
  readonly bytesOut: string | null;
}
interface Signed {
  readonly signViewerTokens: { readonly results: readonly { readonly viewerToken: { readonly jwt: string } }[] };
}
interface Feeds {
  readonly stream: {
    readonly activeFeed: { readonly feedId: string; readonly priority: number | null };
    readonly standbyFeeds: readonly { readonly feedId: string; readonly priority: number | null }[];
    readonly feeds: readonly {
      readonly isActive: boolean;
      readonly tracks: readonly { readonly qualities: readonly object[] }[];
    }[];
  };
}
interface PlannedFeed {
  readonly sourceId: string | null;
  readonly simulcastId: string | null;
  readonly bearerToken: string;
  readonly isBackup: boolean;
  readonly priority: number;
  readonly clusterId: string;
}
type Plans = Readonly<Record<"cameras" | "redundant", { readonly feeds: readonly PlannedFeed[] }>>;
interface Encrypted {
  readonly srtStreamId: string;
  readonly srtPassphrase: string;
}
interface Recordings {
  readonly mediaAssets: { readonly nodes: readonly { readonly assetId: string }[] };
}
interface ByMark {
  readonly viewerRecords: {
    readonly total: { readonly records: number; readonly bytes: string };
    readonly nodes: readonly { readonly bytes: string; readonly customViewerData: string }[];
  };
}
interface Leaks {
  readonly account: { readonly untrackedUsage: Pick<Metered, "window" | "total"> };
  readonly findings: { readonly nodes: readonly { readonly code: string; readonly stream: { name: string } | null }[] };
}
interface Credentials {
  readonly stream: Readonly<
    Record<
      "broadcaster" | "player",
      {
        readonly directorUrl: string;
        readonly streamName: string;
        readonly streamAccountId: string;
        readonly publishingToken: string;
      }
    >
  >;
}
interface Conference {
  readonly startConferenceStream: {
    readonly stream: { readonly ingest: readonly [{ readonly rtmp: { readonly streamKey: string } }] };
  };
}

/** The newest publish token with a label. */
function publishToken({ sandbox }: World, label: string) {
  const token = sandbox.tokens.publish().find((candidate) => candidate.label === label);
  if (!token) throw new Error(`the sandbox has no publish token ${label}`);
  return token;
}

function subscribeToken({ sandbox }: World, label: string) {
  const token = sandbox.tokens.subscribe().find((candidate) => candidate.label === label);
  if (!token) throw new Error(`the sandbox has no subscribe token ${label}`);
  return token;
}

/** Starts a feed, with the stream's own token unless another is given. */
function publish(world: World, streamName: string, feed: Partial<Parameters<World["sandbox"]["startFeed"]>[0]> = {}) {
  const label = streamName === "spring-gala" ? "Spring gala" : streamName;
  const started = world.sandbox.startFeed({ token: publishToken(world, label).token, streamName, ...feed });
  if (!started.ok) throw new Error(started.message);
  return started;
}

const attach = ({ sandbox }: World, viewer: Partial<Parameters<World["sandbox"]["attachViewers"]>[0]>) =>
  sandbox.attachViewers({ streamName: "spring-gala", streamAccountId: sandbox.accountId, ...viewer });

/** What the platform itself tells. */
async function read<Data>({ sandbox }: World, path: string): Promise<Data> {
  const answer = await fetch(sandbox.origin + path, { headers: { authorization: `Bearer ${sandbox.secret}` } });
  return ((await answer.json()) as { data: Data }).data;
}

/** @returns the status */
async function post(url: string, bearer: string, body: string, type = "application/json"): Promise<number> {
  const headers = { authorization: `Bearer ${bearer}`, "content-type": type };
  return (await fetch(url, { method: "POST", headers, body })).status;
}

/** The bytes that really went out. */
function truth({ sandbox }: World, { from, to }: Span, filter: object): string {
  return `${sandbox.truth({ from, to, ...filter }).bytesOut}`;
}

/** The whole hours of a window. */
function hoursOf({ from, to }: Span): readonly Span[] {
  const at = (time: number) => new Date(time).toISOString();
  const hours: Span[] = [];
  for (let start = Date.parse(from); start + 60 * MINUTE <= Date.parse(to); start += 60 * MINUTE)
    hours.push({ from: at(start), to: at(start + 60 * MINUTE) });
  return hours;
}

/** Every point that is known holds what really went out, up to the newest figures. */
function expectPoints(world: World, points: readonly Point[], filter: object): void {
  expect(points.length).toBeGreaterThan(0);
  const freshUntil = partnerFreshUntil(world);
  for (const { start, end, state, bytesOut } of points) {
    if (state === "MISSING") continue;
    const to = Date.parse(end) > Date.parse(freshUntil) ? freshUntil : end;
    expect([start, bytesOut]).toEqual([start, truth(world, { from: start, to }, filter)]);
  }
}

const partnerFreshUntil = (world: World) => partnerUsage(world).usage.freshUntil;

const decimalGigabytes = (bytes: bigint) =>
  `${bytes / 1_000_000_000n}.${`${bytes % 1_000_000_000n}`.padStart(9, "0")}`.replace(/\.?0+$/, "");

const ingest = ({ answer }: World) => {
  type Rtmp = { readonly url: string; readonly server: string; readonly streamKey: string };
  type Ingest = {
    readonly publishToken: { readonly label: string };
    readonly bearerToken: string;
    readonly whipUrl: string;
    readonly srtUrl: string;
    readonly rtmp: Rtmp;
    readonly rtmps: Rtmp;
  };
  return answer<{ stream: { ingest: readonly [Ingest] } }>("Ingest").stream.ingest[0];
};

const otherCharges = ({ answer }: World) =>
  answer<{
    account: {
      storageUsage: { window: { from: string; to: string }; billed: { total: number } };
      storedMedia: { total: string; recordings: string };
      drmUsage: { licences: { issued: number }; bySystem: { licences: { issued: number } }[] };
    };
  }>("OtherCharges").account;

const playback = ({ answer }: World) =>
  answer<{
    stream: {
      playback: Readonly<
        Record<
          "hostedPlayerUrl" | "withPoster" | "embedHtml" | "whepUrl" | "directorUrl" | "streamName" | "streamAccountId",
          string
        >
      >;
    };
  }>("Playback").stream.playback;

const partnerUsage = ({ answer }: World) =>
  answer<{
    partner: {
      usage: Metered & { freshUntil: string; total: { gigabytesOut: string } };
      usageByStream: { nodes: readonly [{ stream: { name: string }; usage: Metered }] };
    };
  }>("PartnerUsage").partner;

const streamUsage = ({ answer }: World) =>
  answer<{
    stream: {
      isLive: boolean;
      viewerCount: number;
      bandwidth: Metered;
      bandwidthByTrackingId: readonly { trackingId: string | null; bandwidth: Metered }[];
    };
  }>("StreamUsage").stream;

const viewers = ({ answer }: World) =>
  answer<{
    partner: { viewerRecords: { nodes: readonly { clientId: string; bytes: string; durationSeconds: number }[] } };
  }>("Viewers").partner.viewerRecords;

const countries = ({ answer }: World) =>
  answer<{
    stream: {
      bandwidth: {
        window: Span;
        byCountry: readonly { country: string; viewSeconds: number; traffic: { bytesOut: string } }[];
        seriesByCountry: readonly {
          country: string;
          views: number;
          traffic: { bytesOut: string };
          points: readonly { start: string; end: string; bytesOut: string | null; views: number | null }[];
        }[];
      };
    };
  }>("Countries").stream.bandwidth;

const accountReport = ({ answer }: World) =>
  answer<{
    account: {
      usage: Metered & {
        series: { points: readonly { bytesOut: string }[] };
        percentile: { samples: number; bitsPerSecond: number };
      };
      reconciliation: Readonly<Record<"account" | "partners" | "untracked", { bytesOut: string }>> & {
        window: Span;
        residualBytesOut: string;
        unexplainedBytesOut: string;
      };
    };
  }>("AccountReport").account;
