import { streaming } from "@dolbyio/dolbyio-rest-apis-client";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type ConformantSandbox, createConformantSandbox } from "../support/conformance.ts";
import { createTestGateway, START } from "../support/gateway.ts";
import { restClientOf } from "../support/rest-client.ts";

type Client = ReturnType<typeof restClientOf>;

/** What is done by the platform's own REST client for Node, and by the graph: the platform must end up the same. */
interface SameDone {
  readonly what: string;
  /** The functions of the client that it stands for. */
  readonly covers?: readonly string[];
  readonly byClient: (client: Client, secret: string) => Promise<unknown>;
  /** A mutation. */
  readonly byGraph: string;
}

/**
 * Of the seed: the publish tokens of `derby-final` and `rehearsal` (off air) and one that is switched off, and northwind's
 * subscribe token for the first.
 */
const [DERBY, REHEARSAL, RETIRED, NORTHWIND] = [1001, 1008, 1022, 5001];
const publishToken = `token: { tokenId: ${DERBY} }`;
const subscribeToken = `token: { tokenId: ${NORTHWIND} }`;

const done: readonly SameDone[] = [
  {
    what: "a publish token with all that restricts its viewers",
    covers: ["publishToken.create"],
    byClient: ({ publishToken }, secret) =>
      publishToken.create(secret, {
        label: "studio",
        streams: [{ streamName: "studio" }, { streamName: "studio-[a-z]+", isRegex: true }],
        expires: 86_400,
        subscribeRequiresAuth: true,
        allowedOrigins: ["*.demo.com"],
        allowedIpAddresses: ["192.0.2.0/24", "198.51.100.7"],
        deniedCountries: ["KP"],
        originCluster: "fra-1",
        multisource: false,
        geoCascade: { isEnabled: true, clusters: ["lon-1", "syd-1"] },
      }),
    byGraph: `createPublishToken(input: { idempotencyKey: "k", label: "studio", expiresInSeconds: 86400, isSecured: true,
      streams: [{ pattern: "studio" }, { pattern: "studio-[a-z]+", isRegex: true }], allowedOrigins: ["*.demo.com"],
      allowedIpAddresses: ["192.0.2.0/24", "198.51.100.7"], deniedCountries: ["KP"], originCluster: "fra-1",
      isMultisource: false, geoCascade: { isEnabled: true, clusters: ["lon-1", "syd-1"] } })`,
  },
  {
    what: "a subscribe token of a tracking id that binds to addresses",
    covers: ["subscribeToken.create"],
    byClient: ({ subscribeToken }, secret) =>
      subscribeToken.create(secret, {
        label: "kiosk",
        streams: [{ streamName: "derby-final" }],
        tracking: { trackingId: "acme" },
        bindIpsOnUsage: 3,
        allowedCountries: ["GB"],
      }),
    byGraph: `createSubscribeToken(input: { idempotencyKey: "k", label: "kiosk", streams: [{ pattern: "derby-final" }],
      trackingId: "acme", bindIpsOnUsage: 3, allowedCountries: ["GB"] })`,
  },
  {
    what: "allowed origins and addresses of a subscribe token",
    covers: ["subscribeToken.update"],
    byClient: ({ subscribeToken }, secret) =>
      subscribeToken.update(secret, NORTHWIND, {
        updateAllowedOrigins: ["demo.com", "*.demo.com"],
        updateAllowedIpAddresses: ["192.0.2.0/24"],
      }),
    byGraph: `updateSubscribeToken(input: { ${subscribeToken}, allowedOrigins: ["demo.com", "*.demo.com"],
      allowedIpAddresses: ["192.0.2.0/24"] })`,
  },
  {
    what: "geo rules of the account",
    covers: ["account.updateGeoRestrictions"],
    byClient: ({ account }, secret) => account.updateGeoRestrictions(secret, null, ["KP", "IR"]),
    byGraph: `setGeoRules(input: { target: { account: true }, deniedCountries: ["KP", "IR"] })`,
  },
  {
    what: "geo rules of a publish token",
    covers: ["publishToken.update"],
    byClient: ({ publishToken }, secret) =>
      publishToken.update(secret, DERBY, { updateAllowedCountries: ["GB", "IE"], updateDeniedCountries: [] }),
    byGraph: `setGeoRules(input: { target: { publishToken: { tokenId: ${DERBY} } }, allowedCountries: ["GB", "IE"] })`,
  },
  {
    what: "geo rules of a subscribe token",
    byClient: ({ subscribeToken }, secret) =>
      subscribeToken.update(secret, NORTHWIND, { updateDeniedCountries: ["US"], updateAllowedCountries: [] }),
    byGraph: `setGeoRules(input: { target: { subscribeToken: { tokenId: ${NORTHWIND} } }, deniedCountries: ["US"] })`,
  },
  {
    what: "the geo-cascade of a publish token",
    byClient: ({ publishToken }, secret) =>
      publishToken.update(secret, DERBY, { updateGeoCascade: { isEnabled: true, clusters: ["fra-1", "lon-1"] } }),
    byGraph: `setGeoCascade(input: { target: { publishToken: { tokenId: ${DERBY} } },
      geoCascade: { isEnabled: true, clusters: ["fra-1", "lon-1"] } })`,
  },
  {
    what: "another cluster, label and list of streams",
    byClient: ({ publishToken }, secret) =>
      publishToken.update(secret, DERBY, {
        label: "derby",
        updateOriginCluster: "lon-1",
        addTokenStreams: [{ streamName: "derby-replay" }],
      }),
    byGraph: `updatePublishToken(input: { ${publishToken}, label: "derby", originCluster: "lon-1", addStreams: [{ pattern: "derby-replay" }] })`,
  },
  {
    what: "a disabled publish token",
    covers: ["publishToken.disable"],
    byClient: ({ publishToken }, secret) => publishToken.disable(secret, [DERBY]),
    byGraph: `disablePublishTokens(input: { tokens: [{ tokenId: ${DERBY} }] })`,
  },
  {
    what: "a publish token with what its broadcasts do",
    byClient: ({ publishToken }, secret) =>
      publishToken.create(secret, {
        label: "arena",
        streams: [{ streamName: "arena" }],
        subscribeRequiresAuth: false,
        record: true,
        multisource: true,
        enableThumbnails: true,
        displaySrtPassphrase: true,
        lowLatencyRtmp: false,
        originCluster: "lon-1",
      }),
    byGraph: `createPublishToken(input: { idempotencyKey: "k", label: "arena", streams: [{ pattern: "arena" }], isSecured: false,
      isRecording: true, isMultisource: true, hasThumbnails: true, isSrtEncrypted: true, isLowLatencyRtmp: false, originCluster: "lon-1" })`,
  },
  {
    what: "features of a stream",
    byClient: ({ publishToken }, secret) =>
      publishToken.update(secret, REHEARSAL, {
        enableThumbnails: true,
        lowLatencyRtmp: false,
        multisource: false,
        displaySrtPassphrase: true,
        subscribeRequiresAuth: false,
      }),
    byGraph: `updateStreamFeatures(input: { stream: { name: "rehearsal" }, hasThumbnails: true, isLowLatencyRtmp: false,
      isMultisource: false, isSrtEncrypted: true, isSecured: false, publishToken: { tokenId: ${REHEARSAL} } })`,
  },
  {
    what: "recording of a stream",
    byClient: ({ publishToken }, secret) => publishToken.update(secret, REHEARSAL, { record: true }),
    byGraph: `setRecording(input: { stream: { name: "rehearsal" }, publishToken: { tokenId: ${REHEARSAL} }, isRecording: true })`,
  },
  {
    what: "clipping of a stream",
    byClient: ({ publishToken }, secret) => publishToken.update(secret, REHEARSAL, { clip: true }),
    byGraph: `updateStreamFeatures(input: { stream: { name: "rehearsal" }, publishToken: { tokenId: ${REHEARSAL} }, isClipping: true })`,
  },
  {
    what: "targets of re-streaming",
    byClient: ({ publishToken }, secret) =>
      publishToken.update(secret, REHEARSAL, {
        updateRestream: [{ url: "rtmps://ingest.video.example/live", key: "key-of-the-channel" }],
      }),
    byGraph: `setRestreamTargets(input: { publishToken: { tokenId: ${REHEARSAL} },
      targets: [{ url: "rtmps://ingest.video.example/live", key: "key-of-the-channel" }] })`,
  },
  {
    what: "a publish token that is enabled",
    byClient: ({ publishToken }, secret) => publishToken.update(secret, RETIRED, { isActive: true }),
    byGraph: `enablePublishTokens(input: { tokens: [{ tokenId: ${RETIRED} }] })`,
  },
  {
    what: "a publish token with a new secret",
    byClient: ({ publishToken }, secret) => publishToken.update(secret, DERBY, { refreshToken: true }),
    byGraph: `rotatePublishToken(input: { idempotencyKey: "k", ${publishToken} })`,
  },
  {
    what: "a publish token that is deleted, and its broadcasts with it",
    covers: ["publishToken.deleteToken"],
    byClient: ({ publishToken }, secret) => publishToken.deleteToken(secret, DERBY),
    byGraph: `deletePublishToken(input: { ${publishToken} })`,
  },
  {
    what: "a subscribe token that is disabled",
    byClient: ({ subscribeToken }, secret) => subscribeToken.update(secret, NORTHWIND, { isActive: false }),
    byGraph: `disableSubscribeTokens(input: { tokens: [{ tokenId: ${NORTHWIND} }] })`,
  },
  {
    what: "label, streams, cluster and binding of a subscribe token",
    byClient: ({ subscribeToken }, secret) =>
      subscribeToken.update(secret, NORTHWIND, {
        label: "northwind",
        addTokenStreams: [{ streamName: "derby-[0-9]+", isRegex: true }],
        updateOriginCluster: "phx-1",
        updateBindIpsOnUsage: 4,
      }),
    byGraph: `updateSubscribeToken(input: { ${subscribeToken}, label: "northwind", originCluster: "phx-1", bindIpsOnUsage: 4,
      addStreams: [{ pattern: "derby-[0-9]+", isRegex: true }] })`,
  },
  {
    what: "a subscribe token with a new secret",
    byClient: ({ subscribeToken }, secret) => subscribeToken.update(secret, NORTHWIND, { refreshToken: true }),
    byGraph: `rotateSubscribeToken(input: { idempotencyKey: "k", ${subscribeToken} })`,
  },
  {
    what: "a subscribe token that is deleted",
    covers: ["subscribeToken.deleteToken"],
    byClient: ({ subscribeToken }, secret) => subscribeToken.deleteToken(secret, NORTHWIND),
    byGraph: `deleteSubscribeToken(input: { ${subscribeToken} })`,
  },
  {
    what: "the default cluster",
    covers: ["cluster.update"],
    byClient: ({ cluster }, secret) => cluster.update(secret, "lon-1"),
    byGraph: `setDefaultCluster(input: { clusterId: "lon-1" })`,
  },
  {
    what: "the geo-cascade of the account",
    covers: ["account.updateGeoCascade"],
    byClient: ({ account }, secret) => account.updateGeoCascade(secret, { isEnabled: true, clusters: ["syd-1"] }),
    byGraph: `setGeoCascade(input: { target: { account: true }, geoCascade: { isEnabled: true, clusters: ["syd-1"] } })`,
  },
  {
    what: "a stream that is stopped",
    covers: ["stream.stop"],
    byClient: ({ stream }, secret) => stream.stop(secret, "SYN4DX/derby-final"),
    byGraph: `stopStream(input: { stream: { name: "derby-final" }, disableFirst: false })`,
  },
  {
    what: "all streams, stopped",
    covers: ["stream.stopAll"],
    byClient: ({ stream }, secret) => stream.stopAll(secret),
    byGraph: "stopAllStreams(input: { disableFirst: false })",
  },
  {
    what: "a transcoder",
    covers: ["transcoders.createTranscoder"],
    byClient: ({ transcoders }, secret) =>
      transcoders.createTranscoder(secret, {
        name: "studio",
        cluster: "lon-1",
        dnsPrefix: "studio",
        height: 720,
        frameRate: 30,
        startNow: true,
      }),
    byGraph: `createTranscoder(input: { idempotencyKey: "k", name: "studio", clusterId: "lon-1", dnsPrefix: "studio",
      height: 720, frameRate: 30, startsNow: true })`,
  },
  {
    what: "another name of a transcoder",
    covers: ["transcoders.updateTranscoder"],
    byClient: async ({ transcoders }, secret) =>
      transcoders.updateTranscoder(secret, (await marathon(transcoders, secret)).transcoderId, { name: "city run" }),
    byGraph: `updateTranscoder(input: { transcoder: { transcoderId: "$marathon" }, name: "city run" })`,
  },
  {
    what: "a transcoder that is deleted",
    covers: ["transcoders.deleteTranscoder"],
    byClient: async ({ transcoders }, secret) =>
      // The client's type says number; its path takes the id as the platform tells it.
      transcoders.deleteTranscoder(secret, (await marathon(transcoders, secret)).transcoderId as unknown as number),
    byGraph: `deleteTranscoder(input: { transcoder: { transcoderId: "$marathon" } })`,
  },
];

/** Functions of the client that change nothing. */
const reads = [
  ...["account.getGeoCascade", "account.readGeoRestrictions", "cluster.read", "director.publish", "director.subscribe"],
  ...["publishToken.read", "publishToken.list", "publishToken.getActivePublishTokenId"],
  ...["publishToken.getAllActivePublishTokenId", "subscribeToken.read", "subscribeToken.list"],
  ...["transcoders.listTranscoders", "transcoders.getTranscoder", "transcoders.listTranscoderInstances"],
  ...["transcoders.getTranscoderInstance", "transcoders.listTranscoderProfiles"],
  ...["recordFiles.readMediaAsset", "recordFiles.usage", "recordFiles.usageBillable", "webhooks.read", "webhooks.list"],
];

/** Functions whose paths the platform's documents do not know: recordings are deleted as media assets, which came after it. */
const undocumented = [
  ...["recordFiles.deleteMediaAssets", "recordFiles.deleteAllFiles"],
  ...["transcoders.startTranscoder", "transcoders.stopTranscoder"],
];

/** Functions for which the graph has nothing yet. */
const missing = ["webhooks.add", "webhooks.update", "webhooks.remove"];

afterEach(() => vi.restoreAllMocks());

describe("the platform ends up the same by its own client and by the graph", () => {
  it("for every function of the client that changes anything", () => {
    const client: Readonly<Record<string, Readonly<Record<string, unknown>>>> = { ...streaming };
    const functions = Object.entries(client).flatMap(([group, members]) =>
      Object.keys(members).map((name) => `${group}.${name}`),
    );
    const covered = done.flatMap(({ covers = [] }) => covers);
    expect([...covered, ...reads, ...undocumented, ...missing].sort()).toEqual(functions.sort());
  });

  it.each(done)("for $what", async ({ byClient, byGraph }) => {
    await using plain = await createConformantSandbox({ startAt: START, frozen: true });
    await using gateway = await createTestGateway();
    const before = await stateOf(plain);
    const client = restClientOf(plain, { namesContentType: true });
    const { transcoderId } = await marathon(client.transcoders, plain.secret);
    await byClient(client, plain.secret);
    const { data, errors } = await gateway.ask<Record<string, { userErrors: unknown[] }>>(
      `mutation { done: ${byGraph.replace("$marathon", transcoderId)} { userErrors { code message } } }`,
    );
    expect(errors).toEqual([]);
    expect(data["done"]).toEqual({ userErrors: [] });
    const after = await stateOf(plain);
    expect(after).not.toEqual(before);
    expect(await stateOf(gateway.sandbox)).toEqual(after);
  });
});

/** The transcoder of the seed that does not run. Equal seeds give equal ids. */
async function marathon({ listTranscoders }: Client["transcoders"], secret: string) {
  const all = await listTranscoders(secret, { sortBy: "CreatedDate", page: 1, itemsOnPage: 100 });
  const found = all.find(({ name }) => name === "marathon");
  if (!found) throw new Error("the sandbox has no transcoder marathon");
  return found;
}

/** All that can be changed of an account, as the platform tells it, secrets included. */
async function stateOf(sandbox: ConformantSandbox) {
  const read = async (path: string) => {
    const answer = await fetch(sandbox.origin + path, { headers: { authorization: `Bearer ${sandbox.secret}` } });
    return ((await answer.json()) as { data: unknown }).data;
  };
  return {
    publishTokens: sandbox.tokens.publish(),
    subscribeTokens: sandbox.tokens.subscribe(),
    security: await read("/api/v3/account/security"),
    distribution: await read("/api/v3/account/distribution"),
    cluster: await read("/api/cluster"),
    live: await read("/api/publish_token/active/all"),
    transcoders: await read("/api/transcoders?sortBy=CreatedDate&page=1&itemsOnPage=100"),
  };
}
