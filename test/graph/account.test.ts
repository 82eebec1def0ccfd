import { describe, expect, it } from "vitest";
import { createTestGateway, range } from "../support/gateway.ts";

const YESTERDAY = range("2026-03-17T00:00:00Z", "2026-03-18T00:00:00Z");
const truthOf = { from: "2026-03-17", to: "2026-03-18" };

describe("the account", () => {
  it("tells its id and the defaults of its tokens", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask(
      "{ account { accountId defaultCluster allowedCountries deniedCountries geoCascade { isEnabled clusters } } clusters { clusterId isDefault rtmpHost } }",
    );
    expect(data).toMatchObject({
      account: { accountId: "SYN4DX", defaultCluster: "phx-1", allowedCountries: [], deniedCountries: [] },
      clusters: expect.arrayContaining([
        { clusterId: "phx-1", isDefault: true, rtmpHost: "rtmp-phx-1.millicast.com" },
        { clusterId: "auto", isDefault: false, rtmpHost: "rtmp-auto.millicast.com" },
      ]),
    });
  });

  it("has untracked traffic as a line of its own: viewers of no partner, and what broadcasters sent", async () => {
    await using gateway = await createTestGateway();
    await gateway.gateway.start();
    const { data } = await gateway.ask(
      `{ account { untrackedUsage(window: ${YESTERDAY}) { total { bytesOut bytesIn } series(granularity: DAY) { points { state bytesOut } } } } }`,
    );
    const untracked = gateway.sandbox.truth({ trackingId: null, ...truthOf });
    expect(data).toEqual({
      account: {
        untrackedUsage: {
          total: { bytesOut: `${untracked.bytesOut}`, bytesIn: `${untracked.bytesIn}` },
          // Tuesday lacks two hours.
          series: { points: [{ state: "PARTIAL", bytesOut: `${untracked.bytesOut}` }] },
        },
      },
    });
    expect(untracked.bytesOut).toBeGreaterThan(0n);
  });

  it("reconciles with its partners to the last byte, once all its streams are known", async () => {
    await using gateway = await createTestGateway();
    await gateway.gateway.start();
    const { data } = await gateway.ask<{ account: { reconciliation: Record<string, unknown> } }>(
      `{ account { reconciliation(window: ${YESTERDAY}) { window { from to } account { bytesOut restream { bytesOut } geoCascade { bytesOut } }
           partners { bytesOut bytesIn } untracked { bytesOut bytesIn } residualBytesOut unexplainedBytesOut } } }`,
    );
    const all = gateway.sandbox.truth(truthOf);
    const untracked = gateway.sandbox.truth({ trackingId: null, ...truthOf });
    const partners = all.bytesOut - untracked.bytesOut - all.restream.bytesOut - all.geoCascade.bytesOut;
    expect(data.account.reconciliation).toEqual({
      window: { from: "2026-03-17T00:00:00.000Z", to: "2026-03-18T00:00:00.000Z" },
      account: {
        bytesOut: `${all.bytesOut}`,
        restream: { bytesOut: `${all.restream.bytesOut}` },
        geoCascade: { bytesOut: `${all.geoCascade.bytesOut}` },
      },
      partners: { bytesOut: `${partners}`, bytesIn: "0" },
      untracked: { bytesOut: `${untracked.bytesOut}`, bytesIn: `${untracked.bytesIn}` },
      residualBytesOut: `${all.bytesOut - partners}`,
      unexplainedBytesOut: "0",
    });
  });

  it("shows traffic of a stream that nobody has named as unexplained, never drops it", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask<{ account: { reconciliation: { unexplainedBytesOut: string } } }>(
      `{ account { reconciliation(window: ${YESTERDAY}) { unexplainedBytesOut } } }`,
    );
    // The arena's cameras and the expo are known by patterns alone until they are seen.
    const hidden = ["arena-cam1", "arena-cam2", "arena-cam3", "arena-cam4", "popup-expo"].map(
      (stream) => gateway.sandbox.truth({ stream, ...truthOf }).bytesOut,
    );
    expect(data.account.reconciliation.unexplainedBytesOut).toBe(`${hidden.reduce((sum, bytes) => sum + bytes, 0n)}`);
  });
});

describe("partners", () => {
  it("are those of subscribe tokens, and those that were only seen in traffic", async () => {
    await using gateway = await createTestGateway();
    type Partners = { partners: { totalCount: number; nodes: { trackingId: string }[] } };
    const before = await gateway.ask<Partners>("{ partners(first: 100) { totalCount nodes { trackingId } } }");
    expect(before.data.partners.totalCount).toBe(12);
    await gateway.gateway.start();
    const after = await gateway.ask<Partners>("{ partners(first: 100) { totalCount nodes { trackingId } } }");
    expect(after.data.partners.nodes.map(({ trackingId }) => trackingId)).toContain("freelance-desk");
    expect(after.data.partners.totalCount).toBe(13);
  });

  it("know their streams, their tokens and what they used on each stream", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask<{ partner: { usageByStream: { nodes: object[] } } }>(
      `{ partner(by: { trackingId: "northwind-tv" }) { trackingId name streams { nodes { name } }
           subscribeTokens { nodes { label } }
           usageByStream(window: ${YESTERDAY}) { totalCount nodes { stream { name } usage { total { bytesOut } } } }
           byName: usageByStream(window: ${YESTERDAY}, orderBy: STREAM_NAME, first: 1) { nodes { stream { name } } pageInfo { hasNextPage } } } }`,
    );
    const used = (stream: string) =>
      `${gateway.sandbox.truth({ stream, trackingId: "northwind-tv", ...truthOf }).bytesOut}`;
    expect(data.partner).toEqual({
      trackingId: "northwind-tv",
      name: "northwind-tv",
      streams: { nodes: [{ name: "arena-main" }, { name: "derby-final" }, { name: "world-feed" }] },
      subscribeTokens: {
        nodes: [
          { label: "northwind-tv-derby-final" },
          { label: "northwind-tv-arena-main" },
          { label: "northwind-tv-world-feed" },
        ],
      },
      usageByStream: {
        totalCount: 3,
        nodes: ["world-feed", "derby-final", "arena-main"].map((name) => ({
          stream: { name },
          usage: { total: { bytesOut: used(name) } },
        })),
      },
      byName: { nodes: [{ stream: { name: "arena-main" } }], pageInfo: { hasNextPage: true } },
    });
  });

  it("exist by traffic alone", async () => {
    await using gateway = await createTestGateway();
    const { data, errors } = await gateway.ask(
      '{ seen: partner(by: { trackingId: "freelance-desk" }) { trackingId } nobody: partner(by: { trackingId: "nobody" }) { trackingId } }',
    );
    expect(data).toEqual({ seen: { trackingId: "freelance-desk" }, nobody: null });
    expect(errors).toMatchObject([{ path: ["nobody"], extensions: { code: "NOT_FOUND" } }]);
  });
});
