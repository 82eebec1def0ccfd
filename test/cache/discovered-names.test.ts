import { describe, expect, it } from "vitest";
import {
  addFromAnalytics,
  addFromMonitoring,
  createDiscoveredNames,
  discoverNames,
} from "../../src/cache/discovered-names.ts";
import { createStreamCatalog } from "../../src/cache/stream-catalog.ts";
import { createTokenCache, type TokenCache } from "../../src/cache/token-cache.ts";
import { noTraffic } from "../../src/model/usage/traffic.ts";
import type { Analytics } from "../../src/upstream/analytics.ts";
import type { Monitoring } from "../../src/upstream/monitoring.ts";
import { UpstreamError } from "../../src/upstream/upstream-error.ts";
import { grants, publishToken, subscribeToken } from "../support/records.ts";
import { rejectionOf } from "../support/refusal.ts";
import { at, span } from "../support/time.ts";

const NOW = at("2026-03-18T10:20:00Z");
const window = { from: 0, to: 1 };
const streamRow = (streamName: string | null) => ({ streamName, traffic: noTraffic });
const trackingRow = (trackingId: string | null) => ({ trackingId, traffic: noTraffic });

/** Analytics of which only what a test names is there. */
const analyticsWith = (calls: Partial<Analytics>) => calls as Analytics;

function directoryOf(publish: readonly string[], trackingIds: readonly string[]): TokenCache {
  const publishTokens = publish.map((name, id) => publishToken({ id, streams: grants(name) }));
  const subscribeTokens = trackingIds.map((trackingId, id) =>
    subscribeToken({ id, trackingId, streams: grants("/.*/") }),
  );
  const source = <Token>(tokens: Token[]) => ({
    list: async ({ page, itemsOnPage }: { page: number; itemsOnPage: number }) =>
      tokens.slice((page - 1) * itemsOnPage, page * itemsOnPage),
    read: async () => null,
  });
  const ages = { refreshAfterMs: Number.POSITIVE_INFINITY, staleAfterMs: Number.POSITIVE_INFINITY };
  return createTokenCache({
    publishTokens: source(publishTokens),
    subscribeTokens: source(subscribeTokens),
    ...ages,
  });
}

describe("a name that was seen", () => {
  it("is remembered, and counted as new once", () => {
    const sightings = createDiscoveredNames();
    const versions = [sightings.version()];
    for (const name of ["a", "b", "a"]) {
      sightings.addStream(name);
      versions.push(sightings.version());
    }
    expect([...sightings.streams()].sort()).toEqual(["a", "b"]);
    expect(versions.map((version) => version - (versions[0] ?? 0))).toEqual([0, 1, 2, 2]);
    expect([sightings.hasStream("a"), sightings.hasStream("c"), sightings.hasTrackingId("a")]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("is forgotten when fifty thousand others have been seen since, and not when it has been seen again", () => {
    const sightings = createDiscoveredNames();
    for (const name of ["long ago", "now and then"]) sightings.addTrackingId(name);
    for (let index = 0; index < 49_999; index += 1) {
      sightings.addTrackingId(`id ${index}`);
      if (index === 40_000) sightings.addTrackingId("now and then");
    }
    expect(sightings.hasTrackingId("long ago")).toBe(false);
    expect(sightings.hasTrackingId("now and then")).toBe(true);
  });

  it("may have been seen in any answer about traffic, which is passed on as it is", async () => {
    const sightings = createDiscoveredNames();
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
      sightings,
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
    expect([...sightings.streams()].sort()).toEqual(["series", "total"]);
    expect([...sightings.trackingIds()].sort()).toEqual(["series", "total"]);
  });

  it("may have been seen live", async () => {
    const sightings = createDiscoveredNames();
    const monitoring = {
      listSummaries: async () => [{ name: "a" }],
      listStreams: async () => [{ name: "b" }],
    } as unknown as Monitoring;
    const noted = addFromMonitoring(monitoring, sightings);
    expect(await noted.listSummaries()).toEqual([{ name: "a" }]);
    await noted.listStreams();
    expect([...sightings.streams()].sort()).toEqual(["a", "b"]);
  });
});

describe("a sweep through traffic", () => {
  /** Sweeps from a position, and tells what was asked for. */
  async function sweep(
    directory: TokenCache,
    position?: number,
    sightings = createDiscoveredNames(),
    fails: (name: string) => unknown = () => undefined,
  ) {
    const asked: string[][] = [];
    const windows = new Set<string>();
    let underWay = 0;
    const ask = (kind: string) => async (names: readonly string[], asked_: { from: number; to: number }) => {
      underWay += 1;
      expect(underWay).toBe(1);
      asked.push([kind, ...names]);
      windows.add(span(asked_).join(" "));
      await Promise.resolve();
      underWay -= 1;
      const error = names.map(fails).find((failure) => failure !== undefined);
      if (error) throw error;
      return new Map();
    };
    const analytics = analyticsWith({ trackingTotals: ask("ids"), streamTrackingTotals: ask("streams") });
    const next = await discoverNames({ tokenCache: directory, analytics }, sightings, NOW, position);
    return { asked, next, windows: [...windows] };
  }

  const numbered = (count: number, prefix: string) =>
    Array.from({ length: count }, (_, index) => `${prefix}${index}`.padEnd(6, "x"));

  it("asks for what is known: tracking ids for their streams, streams for their tracking ids, ten at a time", async () => {
    const sightings = createDiscoveredNames();
    sightings.addStream("seen");
    sightings.addTrackingId("seen id");
    const { asked, next } = await sweep(directoryOf(["derby", "/cam.*/"], ["acme", "acme"]), 0, sightings);
    expect(asked).toEqual([
      ["ids", "acme", "seen id"],
      ["streams", "derby", "seen"],
    ]);
    expect(next).toBe(2);
  });

  it("looks back as far as the platform's own list of streams does, up to the newest figures", async () => {
    const { windows } = await sweep(directoryOf(["derby"], ["acme"]));
    expect(windows).toEqual(["2025-12-19T00:00:00Z 2026-03-18T11:00:00Z"]);
  });

  it("leaves out names that analytics refuse", async () => {
    const { asked } = await sweep(directoryOf(["box/1", "a--b", "star*"], []));
    expect(asked).toEqual([]);
  });

  it("makes forty calls at most, one at a time; the next goes on where it stopped, and then begins anew", async () => {
    const directory = directoryOf(numbered(300, "s"), numbered(305, "t"));
    const turns = [await sweep(directory)];
    for (let turn = 0; turn < 2; turn += 1) turns.push(await sweep(directory, turns.at(-1)?.next));
    expect(turns.map(({ asked }) => asked.length)).toEqual([40, 21, 40]);
    const all = turns.slice(0, 2).flatMap(({ asked }) => asked);
    expect(new Set(all.flatMap(([kind, ...names]) => names.map((name) => `${kind} ${name}`))).size).toBe(605);
    expect(turns[2]?.asked).toEqual(turns[0]?.asked);
  });

  it("begins anew when there is less to ask for than there was", async () => {
    expect((await sweep(directoryOf(["derby"], []), 500)).asked).toEqual([["streams", "derby"]]);
  });

  it("passes over names that the platform refuses, so that they do not stop it for ever", async () => {
    const refused = new UpstreamError("UPSTREAM_REJECTED", "no", { operation: "x" });
    const { asked, next } = await sweep(directoryOf([], numbered(25, "t")), 0, createDiscoveredNames(), (name) =>
      name === "t0xxxx" ? refused : undefined,
    );
    expect([asked.length, next]).toEqual([3, 3]);
  });

  it("ends when the platform is down", async () => {
    const down = new UpstreamError("UPSTREAM_UNAVAILABLE", "down", { operation: "x" });
    expect(await rejectionOf(sweep(directoryOf(["derby"], ["acme"]), 0, createDiscoveredNames(), () => down))).toBe(
      down,
    );
  });
});

describe("the catalog of streams", () => {
  it("holds what tokens spell out and what was seen, each once, sorted by code unit", async () => {
    const sightings = createDiscoveredNames();
    const catalog = createStreamCatalog(sightings);
    const directory = directoryOf(["derby", "/cam.*/", "Zebra"], []);
    const tokens = await directory.read();
    directory.put(subscribeToken({ id: 50, streams: grants("final", "derby") }));
    sightings.addStream("cam1");
    sightings.addStream("derby");
    expect(catalog.names(tokens)).toEqual(["Zebra", "cam1", "derby", "final"]);
    expect(["derby", "cam1", "cam.*", "cam2"].map((name) => catalog.has(name, tokens))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it("is put together again only when a token or a sighting is new", async () => {
    const sightings = createDiscoveredNames();
    const catalog = createStreamCatalog(sightings);
    const directory = directoryOf(["derby"], []);
    const tokens = await directory.read();
    const first = catalog.names(tokens);
    sightings.addStream("cam1");
    const second = catalog.names(tokens);
    sightings.addStream("cam1");
    expect(catalog.names(tokens)).toBe(second);
    expect([first, second]).toEqual([["derby"], ["cam1", "derby"]]);
    directory.delete("PublishToken", 0);
    expect(catalog.names(tokens)).toEqual(["cam1"]);
    expect(catalog.has("derby", tokens)).toBe(false);
  });
});
