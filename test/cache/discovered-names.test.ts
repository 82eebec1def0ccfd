import { describe, expect, it } from "vitest";
import { addFromAnalytics, addFromMonitoring, createDiscoveredNames } from "../../src/cache/discovered-names.ts";
import { noTraffic } from "../../src/model/usage/traffic.ts";
import type { Analytics } from "../../src/upstream/analytics.ts";
import type { Monitoring } from "../../src/upstream/monitoring.ts";

const window = { from: 0, to: 1 };
const streamRow = (streamName: string | null) => ({ streamName, traffic: noTraffic });
const trackingRow = (trackingId: string | null) => ({ trackingId, traffic: noTraffic });

/** Analytics of which only what a test names is there. */
const analyticsWith = (calls: Partial<Analytics>) => calls as Analytics;

describe("discovered names", () => {
  it("is remembered, and counted as new once", () => {
    const discoveredNames = createDiscoveredNames();
    const versions = [discoveredNames.version()];
    for (const name of ["a", "b", "a"]) {
      discoveredNames.addStream(name);
      versions.push(discoveredNames.version());
    }
    expect([...discoveredNames.streams()].sort()).toEqual(["a", "b"]);
    expect(versions.map((version) => version - (versions[0] ?? 0))).toEqual([0, 1, 2, 2]);
    expect([
      discoveredNames.hasStream("a"),
      discoveredNames.hasStream("c"),
      discoveredNames.hasTrackingId("a"),
    ]).toEqual([true, false, false]);
  });

  it("is forgotten when fifty thousand others have been seen since, and not when it has been seen again", () => {
    const discoveredNames = createDiscoveredNames();
    for (const name of ["long ago", "now and then"]) discoveredNames.addTrackingId(name);
    for (let index = 0; index < 49_999; index += 1) {
      discoveredNames.addTrackingId(`id ${index}`);
      if (index === 40_000) discoveredNames.addTrackingId("now and then");
    }
    expect(discoveredNames.hasTrackingId("long ago")).toBe(false);
    expect(discoveredNames.hasTrackingId("now and then")).toBe(true);
  });

  it("may have been seen in any answer about traffic, which is passed on as it is", async () => {
    const discoveredNames = createDiscoveredNames();
    const totals = new Map([["x", [streamRow("total"), streamRow(null)]]]);
    const series = new Map([["x", new Map([[0, [streamRow("series")]]])]]);
    const trackingTotals = new Map([["x", [trackingRow("total"), trackingRow(null)]]]);
    const trackingSeries = new Map([["x", new Map([[0, [trackingRow("series")]]])]]);
    const asked: unknown[] = [];
    const answer =
      <T>(value: T) =>
      (...call: unknown[]) => {
        asked.push(call);
        return Promise.resolve(value);
      };
    const noted = addFromAnalytics(
      analyticsWith({
        trackingTotals: answer(totals),
        trackingSeries: answer(series),
        streamTrackingTotals: answer(trackingTotals),
        streamTrackingSeries: answer(trackingSeries),
      }),
      discoveredNames,
    );
    const { signal } = new AbortController();
    expect(await noted.trackingTotals(["x"], window, signal)).toBe(totals);
    expect(await noted.trackingSeries(["x"], window, "HOUR", signal)).toBe(series);
    expect(await noted.streamTrackingTotals(["x"], window, signal)).toBe(trackingTotals);
    expect(await noted.streamTrackingSeries(["x"], window, "DAY", signal)).toBe(trackingSeries);
    expect(asked).toEqual([
      [["x"], window, signal],
      [["x"], window, "HOUR", signal],
      [["x"], window, signal],
      [["x"], window, "DAY", signal],
    ]);
    expect([...discoveredNames.streams()].sort()).toEqual(["series", "total"]);
    expect([...discoveredNames.trackingIds()].sort()).toEqual(["series", "total"]);
  });

  it("may have been seen live", async () => {
    const discoveredNames = createDiscoveredNames();
    const monitoring = {
      listSummaries: async () => [{ name: "a" }],
      listStreams: async () => [{ name: "b" }],
    } as unknown as Monitoring;
    const noted = addFromMonitoring(monitoring, discoveredNames);
    expect(await noted.listSummaries()).toEqual([{ name: "a" }]);
    await noted.listStreams();
    expect([...discoveredNames.streams()].sort()).toEqual(["a", "b"]);
  });
});
