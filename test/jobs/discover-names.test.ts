import { describe, expect, it } from "vitest";
import { createDiscoveredNames } from "../../src/cache/discovered-names.ts";
import type { TokenCache } from "../../src/cache/token-cache.ts";
import { discoverNames } from "../../src/jobs/discover-names.ts";
import type { Analytics } from "../../src/upstream/analytics.ts";
import { UpstreamError } from "../../src/upstream/upstream-error.ts";
import { rejectionOf } from "../support/refusal.ts";
import { at, span } from "../support/time.ts";
import { tokenCacheOf } from "../support/token-cache.ts";

const NOW = at("2026-03-18T10:20:00Z");

/** Analytics with only the calls that a test gives. */
const analyticsWith = (calls: Partial<Analytics>) => calls as Analytics;

describe("discoverNames", () => {
  /** Runs from a position, and returns the calls. */
  async function run(
    tokenCache: TokenCache,
    position?: number,
    discoveredNames = createDiscoveredNames(),
    fails: (name: string) => unknown = () => undefined,
  ) {
    const calls: string[][] = [];
    const windows = new Set<string>();
    let inFlight = 0;
    const ask = (kind: string) => async (names: readonly string[], window: { from: number; to: number }) => {
      inFlight += 1;
      expect(inFlight).toBe(1);
      calls.push([kind, ...names]);
      windows.add(span(window).join(" "));
      await Promise.resolve();
      inFlight -= 1;
      const error = names.map(fails).find((failure) => failure !== undefined);
      if (error) throw error;
      return new Map();
    };
    const analytics = analyticsWith({ trackingTotals: ask("ids"), streamTrackingTotals: ask("streams") });
    const next = await discoverNames({ tokenCache, analytics }, discoveredNames, NOW, position);
    return { calls, next, windows: [...windows] };
  }

  const numbered = (count: number, prefix: string) =>
    Array.from({ length: count }, (_, index) => `${prefix}${index}`.padEnd(6, "x"));

  it("reads the streams of tracking ids and the tracking ids of streams, up to ten names a call", async () => {
    const discoveredNames = createDiscoveredNames();
    discoveredNames.addStream("seen");
    discoveredNames.addTrackingId("seen id");
    const { calls, next } = await run(tokenCacheOf(["derby", "/cam.*/"], ["acme", "acme"]), 0, discoveredNames);
    expect(calls).toEqual([
      ["ids", "acme", "seen id"],
      ["streams", "derby", "seen"],
    ]);
    expect(next).toBe(2);
  });

  it("searches the 90 days that the platform's own list of streams covers, up to the newest usage", async () => {
    const { windows } = await run(tokenCacheOf(["derby"], ["acme"]));
    expect(windows).toEqual(["2025-12-19T00:00:00Z 2026-03-18T11:00:00Z"]);
  });

  it("leaves out names that analytics refuse", async () => {
    const { calls } = await run(tokenCacheOf(["box/1", "a--b", "star*"], []));
    expect(calls).toEqual([]);
  });

  it("makes up to forty calls, one at a time; the next run continues there, and then starts over", async () => {
    const tokenCache = tokenCacheOf(numbered(300, "s"), numbered(305, "t"));
    const runs = [await run(tokenCache)];
    for (let round = 0; round < 2; round += 1) runs.push(await run(tokenCache, runs.at(-1)?.next));
    expect(runs.map(({ calls }) => calls.length)).toEqual([40, 21, 40]);
    const all = runs.slice(0, 2).flatMap(({ calls }) => calls);
    expect(new Set(all.flatMap(([kind, ...names]) => names.map((name) => `${kind} ${name}`))).size).toBe(605);
    expect(runs[2]?.calls).toEqual(runs[0]?.calls);
  });

  it("starts over when fewer names are left than its position", async () => {
    expect((await run(tokenCacheOf(["derby"], []), 500)).calls).toEqual([["streams", "derby"]]);
  });

  it("continues after names that the platform refuses", async () => {
    const refused = new UpstreamError("UPSTREAM_REJECTED", "no", { operation: "x" });
    const { calls, next } = await run(tokenCacheOf([], numbered(25, "t")), 0, createDiscoveredNames(), (name) =>
      name === "t0xxxx" ? refused : undefined,
    );
    expect([calls.length, next]).toEqual([3, 3]);
  });

  it("throws when the platform is down", async () => {
    const down = new UpstreamError("UPSTREAM_UNAVAILABLE", "down", { operation: "x" });
    expect(await rejectionOf(run(tokenCacheOf(["derby"], ["acme"]), 0, createDiscoveredNames(), () => down))).toBe(
      down,
    );
  });
});
