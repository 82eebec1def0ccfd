import { describe, expect, it } from "vitest";
import { createAccount } from "../../src/upstream/account.ts";
import { createClusters } from "../../src/upstream/clusters.ts";
import { createStreams } from "../../src/upstream/streams.ts";
import { createScriptedPlatform, upstreamFailure } from "../support/platform.ts";

function createPlatform() {
  const platform = createScriptedPlatform();
  const { http } = platform;
  return Object.assign(platform, {
    account: createAccount(http),
    clusters: createClusters(http),
    streams: createStreams(http),
  });
}

describe("the account", () => {
  it("has a public id", async () => {
    await using platform = createPlatform();
    platform.succeed({ accountId: "SYN4DX" }, { accountId: 17 });
    expect(await platform.account.id()).toBe("SYN4DX");
    expect((await upstreamFailure(platform.account.id())).code).toBe("UPSTREAM_BAD_RESPONSE");
  });

  it("has rules for tokens that set none, which may be empty", async () => {
    await using platform = createPlatform();
    platform.succeed(
      { allowedCountries: ["GB"] },
      {},
      { geoCascade: { isEnabled: true, clusters: ["all"] } },
      { geoCascade: {} },
    );
    expect(await platform.account.countryRules()).toEqual({ allowedCountries: ["GB"], deniedCountries: [] });
    expect(await platform.account.countryRules()).toEqual({ allowedCountries: [], deniedCountries: [] });
    expect(await platform.account.geoCascade()).toEqual({ isEnabled: true, clusters: ["all"] });
    expect(await platform.account.geoCascade()).toEqual({ isEnabled: false, clusters: [] });
    expect(platform.calls.map(({ path }) => path)).toEqual([
      ...Array.from({ length: 2 }, () => "/api/v3/account/security"),
      ...Array.from({ length: 2 }, () => "/api/v3/account/distribution"),
    ]);
  });
});

describe("rules of the account", () => {
  it("are set under the names of the schema, both lists at once", async () => {
    await using platform = createPlatform();
    platform.succeed({ allowedCountries: ["US", "GB"], deniedCountries: [] });
    const rules = { allowedCountries: ["GB", "US"], deniedCountries: [] };
    expect(await platform.account.setCountryRules(rules)).toEqual({ ...rules, allowedCountries: ["US", "GB"] });
    expect(platform.calls).toMatchObject([
      {
        method: "PUT",
        path: "/api/v3/account/security",
        body: { updateAllowedCountries: ["GB", "US"], updateDeniedCountries: [] },
      },
    ]);
  });

  it("that the platform has passed over are in doubt, never taken for set", async () => {
    await using platform = createPlatform();
    platform.succeed({ allowedCountries: [], deniedCountries: [] }, { deniedCountries: ["KP", "IR"] });
    const allowed = { allowedCountries: ["GB"], deniedCountries: [] };
    const denied = { allowedCountries: [], deniedCountries: ["KP", "CU"] };
    for (const rules of [allowed, denied]) {
      expect((await upstreamFailure(platform.account.setCountryRules(rules))).code).toBe("OUTCOME_UNKNOWN");
    }
  });

  it("are a geo-cascade, and a default cluster, each replaced as a whole", async () => {
    await using platform = createPlatform();
    const cascade = { isEnabled: true, clusters: ["fra-1"] };
    platform.succeed({ geoCascade: cascade }, { defaultCluster: "fra-1", availableClusters: [] });
    expect(await platform.account.setGeoCascade(cascade)).toEqual(cascade);
    expect(await platform.clusters.setDefault("fra-1")).toEqual({ defaultCluster: "fra-1", clusters: [] });
    expect(platform.calls.map(({ method, path, body }) => [method, path, body])).toEqual([
      ["PUT", "/api/v3/account/distribution", { geoCascade: cascade }],
      ["PUT", "/api/cluster", { defaultCluster: "fra-1" }],
    ]);
  });
});

describe("the clusters", () => {
  it("come with their hosts and place, and with their id for a name where they have none", async () => {
    await using platform = createPlatform();
    const phoenix = {
      id: "phx-1",
      name: "Phoenix",
      rtmp: "rtmp-phx-1.test",
      srt: "srt-phx-1.test",
      location: { city: "Phoenix", region: "Arizona", country: "United States" },
      features: { transcoding: true },
    };
    platform.succeed({ defaultCluster: "phx-1", availableClusters: [phoenix, { id: "auto" }] });
    const none = { rtmpHost: null, srtHost: null, city: null, region: null, country: null, canTranscode: false };
    expect(await platform.clusters.read()).toEqual({
      defaultCluster: "phx-1",
      clusters: [
        {
          kind: "Cluster",
          id: "phx-1",
          name: "Phoenix",
          rtmpHost: "rtmp-phx-1.test",
          srtHost: "srt-phx-1.test",
          city: "Phoenix",
          region: "Arizona",
          country: "United States",
          canTranscode: true,
        },
        { kind: "Cluster", id: "auto", name: "auto", ...none },
      ],
    });
  });

  it.each([
    {},
    { defaultCluster: "a" },
    { defaultCluster: null, availableClusters: [] },
    { defaultCluster: "a", availableClusters: [{}] },
  ])("are not believed by %j", async (data) => {
    await using platform = createPlatform();
    platform.succeed(data);
    expect((await upstreamFailure(platform.clusters.read())).code).toBe("UPSTREAM_BAD_RESPONSE");
  });
});

describe("stopping", () => {
  it("tells how much was stopped; nothing, where nothing was live", async () => {
    await using platform = createPlatform();
    platform.succeed(
      { stoppingLevel: "Stream" },
      { stoppingLevel: null },
      { stoppingLevel: "Galaxy" },
      { stoppingLevel: "Account" },
    );
    expect(await platform.streams.stop("A/derby")).toBe("Stream");
    expect(await platform.streams.stop("A/derby")).toBe("None");
    expect(await platform.streams.stop("A/derby")).toBe("None");
    expect(await platform.streams.stopAll()).toBe("Account");
    expect(platform.calls.map(({ method, path, body }) => [method, path, body]).slice(2)).toEqual([
      ["POST", "/api/stream/stop", { streamId: "A/derby" }],
      ["POST", "/api/stream/stop/all", null],
    ]);
  });

  it("is in doubt when its answer is lost", async () => {
    await using platform = createPlatform();
    platform.answer({ status: 500 }, { body: "oops" });
    expect((await upstreamFailure(platform.streams.stop("A/derby"))).code).toBe("OUTCOME_UNKNOWN");
    expect((await upstreamFailure(platform.streams.stopAll())).code).toBe("OUTCOME_UNKNOWN");
  });
});
