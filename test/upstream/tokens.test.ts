import { describe, expect, it } from "vitest";
import { Secret } from "../../src/model/secret.ts";
import { createPublishTokens } from "../../src/upstream/publish-tokens.ts";
import { createSubscribeTokens } from "../../src/upstream/subscribe-tokens.ts";
import { createScriptedPlatform, TOKEN, upstreamFailure } from "../support/platform.ts";
import { at } from "../support/time.ts";

function createPlatform() {
  const platform = createScriptedPlatform();
  return Object.assign(platform, {
    publish: createPublishTokens(platform.http),
    subscribe: createSubscribeTokens(platform.http),
  });
}

/** The least that the platform tells of a token. */
const bare = { id: 7, token: TOKEN, isActive: true, addedOn: "2026-03-01T00:00:00Z" };

const open = {
  id: 7,
  label: "",
  isActive: true,
  addedAt: at("2026-03-01T00:00:00Z"),
  expiresAt: null,
  streams: [],
  allowedOrigins: [],
  allowedIpAddresses: [],
  bindIpsOnUsage: 0,
  countries: { allowedCountries: [], deniedCountries: [] },
  originCluster: null,
  effective: { originCluster: "auto", allowedCountries: [], deniedCountries: [], geoCascade: null },
};

describe("a token", () => {
  const everyNull = {
    name: null,
    label: null,
    expiresOn: null,
    streams: null,
    allowedOrigins: null,
    allowedIpAddresses: null,
    bindIpsOnUsage: null,
    allowedCountries: null,
    deniedCountries: null,
    originCluster: null,
    effectiveSettings: null,
    tracking: null,
    subscribeRequiresAuth: null,
    multisource: null,
    record: null,
    clip: null,
    enableThumbnails: null,
    lowLatencyRtmp: null,
    drm: null,
    priority: null,
    restream: null,
    geoCascade: null,
    displaySrtPassphrase: null,
    srtPassphrase: null,
  };

  it.each([
    ["absent", {}],
    ["null", everyNull],
  ])("restricts nothing by what is %s, and is as the platform makes one by default", async (_what, fields) => {
    await using platform = createPlatform();
    platform.succeed({ ...bare, ...fields }, { ...bare, ...fields });
    expect(await platform.subscribe.read(7)).toMatchObject({ kind: "SubscribeToken", ...open, trackingId: null });
    expect(await platform.publish.read(7)).toMatchObject({
      kind: "PublishToken",
      ...open,
      isSecured: false,
      isMultisource: true,
      isRecording: false,
      isClipping: false,
      hasThumbnails: false,
      isLowLatencyRtmp: true,
      isDrm: false,
      isUtcInserted: null,
      priority: null,
      restreams: [],
      geoCascade: null,
      isSrtEncrypted: false,
      srtPassphrase: null,
    });
  });

  it("is read whole, in the form of v1 as in that of v2", async () => {
    await using platform = createPlatform();
    const wire = {
      ...bare,
      label: "acme",
      expiresOn: "2026-04-01T00:00:00",
      streams: [{ streamName: "derby" }, { streamName: "cam[0-9]", isRegex: true }],
      allowedOrigins: ["demo.com"],
      allowedIpAddresses: ["192.0.2.0/24"],
      bindIpsOnUsage: 3,
      allowedCountries: ["GB"],
      deniedCountries: [],
      originCluster: "phx-1",
      effectiveSettings: {
        originCluster: "phx-1",
        allowedCountries: ["GB"],
        geoCascade: { isEnabled: true, clusters: ["all"] },
      },
      tracking: { trackingId: "acme" },
    };
    platform.succeed(wire);
    const token = await platform.subscribe.read(7);
    expect(token).toMatchObject({
      label: "acme",
      expiresAt: at("2026-04-01T00:00:00Z"),
      streams: [
        { pattern: "derby", isRegex: false },
        { pattern: "cam[0-9]", isRegex: true },
      ],
      allowedOrigins: ["demo.com"],
      allowedIpAddresses: ["192.0.2.0/24"],
      bindIpsOnUsage: 3,
      countries: { allowedCountries: ["GB"], deniedCountries: [] },
      originCluster: "phx-1",
      effective: {
        originCluster: "phx-1",
        allowedCountries: ["GB"],
        geoCascade: { isEnabled: true, clusters: ["all"] },
      },
      trackingId: "acme",
    });
    expect(token?.secret.reveal()).toBe(TOKEN);
  });

  it("has its label under an older name where it has no other", async () => {
    await using platform = createPlatform();
    platform.succeed({ ...bare, name: "old" }, { ...bare, name: "old", label: "new" });
    expect((await platform.subscribe.read(7))?.label).toBe("old");
    expect((await platform.subscribe.read(7))?.label).toBe("new");
  });

  it.each([
    [{ originCluster: "" }, null, "auto"],
    [{ originCluster: "fra-1" }, "fra-1", "fra-1"],
    [{ originCluster: "", effectiveSettings: { originCluster: "phx-1" } }, null, "phx-1"],
    [{ originCluster: "fra-1", effectiveSettings: { originCluster: "" } }, "fra-1", "fra-1"],
    [{ effectiveSettings: { originCluster: "lon-1" } }, null, "lon-1"],
  ])("that says %j of its cluster has its own in %s and is effectively in %s", async (wire, own, effective) => {
    await using platform = createPlatform();
    platform.succeed({ ...bare, ...wire });
    expect(await platform.subscribe.read(7)).toMatchObject({
      originCluster: own,
      effective: { originCluster: effective },
    });
  });

  it.each([{ tracking: {} }, { tracking: { trackingId: null } }, { tracking: { trackingId: "" } }])(
    "has no tracking id by %j",
    async (wire) => {
      await using platform = createPlatform();
      platform.succeed({ ...bare, ...wire });
      expect((await platform.subscribe.read(7))?.trackingId).toBeNull();
    },
  );

  it("holds the secrets of others as secrets: the keys of destinations, the passphrase of SRT", async () => {
    await using platform = createPlatform();
    const restream = [
      { label: "tube", url: "rtmp://tube.test/live", key: "stream-key-1", enabled: false },
      { key: "stream-key-2" },
    ];
    platform.succeed({ ...bare, restream, srtPassphrase: "pass-phrase" });
    const token = await platform.publish.read(7);
    expect(token?.restreams).toMatchObject([
      { label: "tube", isEnabled: false },
      { label: null, url: null, isEnabled: true },
    ]);
    expect(token?.restreams.map(({ key }) => key.reveal())).toEqual(["stream-key-1", "stream-key-2"]);
    expect(token?.srtPassphrase?.reveal()).toBe("pass-phrase");
    expect(token?.isSrtEncrypted).toBe(true);
    expect(JSON.stringify(token)).not.toMatch(/stream-key|pass-phrase|feedc0de/);
  });

  it.each([
    { id: "7" },
    { id: 7.5 },
    { token: null },
    { token: undefined },
    { isActive: "true" },
    { isActive: undefined },
    { addedOn: "long ago" },
    { addedOn: null },
    { expiresOn: 1_750_000_000 },
    { streams: [{ isRegex: true }] },
    { streams: ["derby"] },
    { allowedOrigins: "demo.com" },
    { effectiveSettings: [] },
    { tracking: "acme" },
    { tracking: { trackingId: 5 } },
  ])("is not believed when it is told with %j", async (wire) => {
    await using platform = createPlatform();
    platform.succeed({ ...bare, ...wire });
    expect((await upstreamFailure(platform.subscribe.read(7))).code).toBe("UPSTREAM_BAD_RESPONSE");
  });

  it.each(["publish", "subscribe"] as const)("is null by an id that the account does not have: %s", async (kind) => {
    await using platform = createPlatform();
    const unknown = { status: "fail", data: { tokenId: `No ${kind} token with id: 99` } };
    platform.answer(
      { status: 400, body: unknown },
      { status: 400, body: { status: "fail", data: { message: "other" } } },
    );
    expect(await platform[kind].read(99)).toBeNull();
    expect((await upstreamFailure(platform[kind].read(99))).code).toBe("UPSTREAM_REJECTED");
  });
});

describe("a list of tokens", () => {
  it("is asked for page by page, by age", async () => {
    await using platform = createPlatform();
    platform.succeed([bare, { ...bare, id: 8 }], []);
    const page = await platform.subscribe.list({ page: 1, itemsOnPage: 100 });
    await platform.publish.list({ page: 3, itemsOnPage: 5, newestFirst: true });
    expect(page.map(({ id }) => id)).toEqual([7, 8]);
    expect(platform.calls.map(({ path, query }) => `${path}?${query}`)).toEqual([
      "/api/subscribe_token/list?sortBy=AddedOn&page=1&itemsOnPage=100",
      "/api/publish_token/list?sortBy=AddedOn&page=3&itemsOnPage=5&isDescending=true",
    ]);
  });

  it("with one odd token is not believed as a whole", async () => {
    await using platform = createPlatform();
    platform.succeed([bare, { ...bare, id: null }], null);
    for (const _ of [1, 2]) {
      expect((await upstreamFailure(platform.publish.list({ page: 1, itemsOnPage: 100 }))).code).toBe(
        "UPSTREAM_BAD_RESPONSE",
      );
    }
  });
});

describe("a new token", () => {
  it("is asked for with what was set, and nothing else", async () => {
    await using platform = createPlatform();
    platform.succeed(bare, bare);
    await platform.subscribe.create({ label: "acme", streams: [{ pattern: "derby", isRegex: false }] });
    await platform.publish.create({ label: "studio", streams: [{ pattern: ".*", isRegex: true }] });
    expect(platform.calls.map(({ method, path, body }) => [method, path, body])).toEqual([
      ["POST", "/api/subscribe_token", { label: "acme", streams: [{ streamName: "derby", isRegex: false }] }],
      ["POST", "/api/publish_token", { label: "studio", streams: [{ streamName: ".*", isRegex: true }] }],
    ]);
  });

  it("is asked for with everything in the platform's spelling", async () => {
    await using platform = createPlatform();
    platform.succeed(bare, bare);
    const restrictions = {
      expiresInSeconds: 60,
      originCluster: "phx-1",
      bindIpsOnUsage: 0,
      allowedOrigins: [],
      allowedIpAddresses: ["192.0.2.1"],
      allowedCountries: ["GB"],
      deniedCountries: [],
    };
    const { expiresInSeconds: expires, ...rest } = restrictions;
    await platform.subscribe.create({ label: "acme", streams: [], trackingId: "acme", ...restrictions });
    await platform.publish.create({
      label: "studio",
      streams: [],
      ...restrictions,
      isSecured: false,
      isMultisource: true,
      isRecording: true,
      isClipping: false,
      hasThumbnails: true,
      isLowLatencyRtmp: false,
      isSrtEncrypted: true,
      priority: null,
      geoCascade: { isEnabled: true, clusters: ["all"] },
    });
    expect(platform.calls[0]?.body).toEqual({
      label: "acme",
      streams: [],
      tracking: { trackingId: "acme" },
      expires,
      ...rest,
    });
    expect(platform.calls[1]?.body).toEqual({
      label: "studio",
      streams: [],
      expires,
      ...rest,
      subscribeRequiresAuth: false,
      multisource: true,
      record: true,
      clip: false,
      enableThumbnails: true,
      lowLatencyRtmp: false,
      displaySrtPassphrase: true,
      priority: null,
      geoCascade: { isEnabled: true, clusters: ["all"] },
    });
  });
});

describe("a change", () => {
  it("sends only what changes: an empty list clears, what is undefined stays", async () => {
    await using platform = createPlatform();
    platform.succeed(bare, bare, bare);
    await platform.subscribe.update(7, { isActive: false });
    await platform.subscribe.update(7, {
      label: "new",
      addStreams: [{ pattern: "final", isRegex: false }],
      removeStreams: ["derby"],
      allowedOrigins: [],
      bindIpsOnUsage: 0,
      refreshSecret: true,
    });
    await platform.publish.update(7, { priority: null, isSecured: true });
    expect(platform.calls.map(({ method, path, body }) => [method, path, body])).toEqual([
      ["PUT", "/api/v2/subscribe_token/7", { isActive: false }],
      [
        "PUT",
        "/api/v2/subscribe_token/7",
        {
          label: "new",
          addTokenStreams: [{ streamName: "final", isRegex: false }],
          removeTokenStreams: ["derby"],
          allowedOrigins: [],
          bindIpsOnUsage: 0,
          refreshToken: true,
        },
      ],
      ["PUT", "/api/v2/publish_token/7", { priority: null, subscribeRequiresAuth: true }],
    ]);
  });

  it("of many may succeed in part, within one answer", async () => {
    await using platform = createPlatform();
    platform.succeed(
      { successfulTokens: [1, 3], failedTokens: [{ tokenId: 2, errorMessage: "live" }, { tokenId: 4 }] },
      {},
    );
    expect(await platform.publish.disable([1, 2, 3, 4])).toEqual({
      disabledIds: [1, 3],
      failures: [
        { id: 2, reason: "live" },
        { id: 4, reason: "The platform gave no reason." },
      ],
    });
    expect(platform.calls[0]).toMatchObject({
      method: "PATCH",
      path: "/api/publish_token/disable",
      body: { tokenIds: [1, 2, 3, 4] },
    });
    expect(await platform.publish.disable([])).toEqual({ disabledIds: [], failures: [] });
  });

  it.each(["publish", "subscribe"] as const)("may be a deletion, whatever its answer holds: %s", async (kind) => {
    await using platform = createPlatform();
    platform.succeed(true);
    await platform[kind].delete(7);
    expect(platform.calls[0]).toMatchObject({ method: "DELETE", path: `/api/${kind}_token/7`, body: null });
  });

  it("has re-stream keys and addresses that do not come back in a refusal", async () => {
    await using platform = createPlatform();
    const url = "srt://a.example:9000?passphrase=hush";
    const restream = `my-stream-key of ${url} is too short`;
    platform.answer({ status: 400, body: { status: "fail", data: { restream } } });
    const restreams = [{ label: null, url, key: new Secret("my-stream-key"), isEnabled: true }];
    const failure = await upstreamFailure(platform.publish.update(7, { restreams }));
    expect(failure.message).toBe("The platform refused: restream: [secret] of [secret] is too short");
    expect(failure.reasons).toEqual({ restream: "[secret] of [secret] is too short" });
    expect(platform.calls[0]?.body).toEqual({
      restream: [{ url, key: "my-stream-key", enabled: true }],
    });
  });

  it.each<[string, (platform: ReturnType<typeof createPlatform>) => Promise<unknown>]>([
    ["created", ({ subscribe }) => subscribe.create({ label: "x", streams: [] })],
    ["created to publish", ({ publish }) => publish.create({ label: "x", streams: [] })],
    ["updated", ({ subscribe }) => subscribe.update(7, { isActive: true })],
    ["updated to publish", ({ publish }) => publish.update(7, { isActive: true })],
    ["disabled", ({ publish }) => publish.disable([7])],
    ["deleted", ({ subscribe }) => subscribe.delete(7)],
    ["deleted to publish", ({ publish }) => publish.delete(7)],
  ])("whose answer is lost is in doubt when a token is %s", async (_what, run) => {
    await using platform = createPlatform();
    platform.answer({ status: 502 });
    expect((await upstreamFailure(run(platform))).code).toBe("OUTCOME_UNKNOWN");
  });
});

describe("the tokens that publish now", () => {
  it("are told by their ids, for one stream or for all", async () => {
    await using platform = createPlatform();
    platform.succeed({ tokenIds: [3, 1] }, { tokenIds: null }, {});
    expect(await platform.publish.active("A/derby final")).toEqual([3, 1]);
    expect(await platform.publish.activeAll()).toEqual([]);
    expect(await platform.publish.activeAll()).toEqual([]);
    expect(platform.calls[0]?.query.get("streamId")).toBe("A/derby final");
  });
});
