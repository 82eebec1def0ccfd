import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createUsageCache } from "../../src/cache/usage-cache.ts";
import { createBatchScheduler } from "../../src/loaders/batch-scheduler.ts";
import type { NamedSeriesKey } from "../../src/loaders/usage.ts";
import type { Measured } from "../../src/model/usage/measured.ts";
import { DAY_MS, HOUR_MS, type TimeWindow } from "../../src/model/usage/time.ts";
import { isPromise, type MaybePromise } from "../../src/primitives/maybe-promise.ts";
import type { Analytics } from "../../src/upstream/analytics.ts";
import { bytesOut } from "../support/traffic.ts";
import { createTestUsageLoaders } from "../support/usage-loaders.ts";

const TODAY: TimeWindow = { from: 0, to: DAY_MS };
const NOON: TimeWindow = { from: 0, to: 12 * HOUR_MS };

/** Analytics that keep what they are asked, and answer each name with itself. */
function createAnalytics(fails: (names: readonly string[]) => unknown = () => undefined) {
  const calls: { readonly operation: string; readonly names: readonly string[]; readonly rest: readonly unknown[] }[] =
    [];
  const named =
    (operation: string) =>
    async (names: readonly string[], ...rest: unknown[]) => {
      calls.push({ operation, names, rest });
      const error = fails(names);
      if (error !== undefined) throw error;
      return new Map(
        names
          .filter((name) => name !== "left out")
          .map((name) => [name, `${operation} ${name} ${JSON.stringify(rest.slice(0, -1))}`]),
      );
    };
  const ofAccount =
    (operation: string) =>
    async (...rest: unknown[]) => {
      calls.push({ operation, names: [], rest });
      return bytesOut(BigInt(calls.length));
    };
  const operations = [
    "streamTotals",
    "streamSeries",
    "streamCountries",
    "streamCountrySeries",
    "trackingTotals",
    "trackingSeries",
    "streamTrackingTotals",
    "streamTrackingSeries",
  ];
  const analytics = Object.fromEntries([
    ...operations.map((operation) => [operation, named(operation)]),
    ...["accountTotal", "accountSeries", "accountCountries", "accountCountrySeries"].map((operation) => [
      operation,
      ofAccount(operation),
    ]),
  ]) as unknown as Analytics;
  const client = new AbortController();
  const batchScheduler = createBatchScheduler();
  return {
    calls,
    client,
    batchScheduler,
    analytics,
    loaders: createTestUsageLoaders(analytics, client.signal, batchScheduler),
  };
}

const valuesOf = async <Value>(usage: readonly MaybePromise<Measured<Value>>[]) =>
  (await Promise.all(usage)).map(({ value }) => value);
const names = (count: number) => Array.from({ length: count }, (_, index) => `s${index}`);

describe("usage loaders: usage of names", () => {
  it("is read by one call for ten names, each name once", async () => {
    const { loaders, calls } = createAnalytics();
    const asked = [...names(25), ...names(25)];
    const answers = await valuesOf(asked.map((name) => loaders.streamTotal.load({ name, window: TODAY })));
    expect(calls.map((call) => call.names)).toEqual([
      names(25).slice(0, 10),
      names(25).slice(10, 20),
      names(25).slice(20),
    ]);
    expect(answers).toEqual(asked.map((name) => `streamTotals ${name} [${JSON.stringify(TODAY)}]`));
  });

  it("is cached after a prefetch, by the same calls, and a failed one fails where it is loaded", async () => {
    const { loaders, calls, batchScheduler } = createAnalytics((asked) =>
      asked.includes("s12") ? new Error("down") : undefined,
    );
    const key = (name: string) => ({ name, window: TODAY });
    expect(names(25).map((name) => loaders.streamTotal.prefetch(key(name)))).not.toContain(false);
    await batchScheduler.idle();
    expect(names(25).map((name) => loaders.streamTotal.prefetch(key(name)))).not.toContain(true);
    const loaded = names(25).map((name) => loaders.streamTotal.load(key(name)));
    expect(loaded.filter((each) => !isPromise(each))).toHaveLength(15);
    await expect(loaded[12]).rejects.toThrow("down");
    expect((await Promise.allSettled(loaded)).filter(({ status }) => status === "rejected")).toHaveLength(10);
    expect(calls).toHaveLength(3);
  });

  it("is read once for two concurrent requests, also with a cache of size 0", async () => {
    const { analytics, calls } = createAnalytics();
    const cache = createUsageCache({ maxBytes: 0, now: () => 0, lagMs: 0 });
    const requests = [createBatchScheduler(), createBatchScheduler()].map((batchScheduler) => ({
      batchScheduler,
      loader: createTestUsageLoaders(analytics, undefined, batchScheduler, cache).streamTotal,
    }));
    const key = { name: "a", window: TODAY };
    for (const { loader } of requests) {
      expect(loader.prefetch(key)).toBe(true);
      // The call of the first has begun when the second asks.
      await new Promise(process.nextTick);
    }
    for (const { batchScheduler, loader } of requests) {
      await batchScheduler.idle();
      expect(loader.load(key)).toMatchObject({ value: `streamTotals a [${JSON.stringify(TODAY)}]` });
    }
    expect(calls).toHaveLength(1);
  });

  it("is read once in a request", async () => {
    const { loaders, calls } = createAnalytics();
    await loaders.streamTotal.load({ name: "a", window: TODAY });
    await Promise.all([
      loaders.streamTotal.load({ name: "a", window: { ...TODAY } }),
      loaders.streamTotal.load({ name: "b", window: TODAY }),
    ]);
    expect(calls.map((call) => call.names)).toEqual([["a"], ["b"]]);
  });

  it("costs a call for each window and resolution", async () => {
    const { loaders, calls } = createAnalytics();
    const keys: NamedSeriesKey[] = [
      { name: "a", window: TODAY, resolution: "HOUR" },
      { name: "a", window: TODAY, resolution: "DAY" },
      { name: "a", window: NOON, resolution: "HOUR" },
      { name: "b", window: TODAY, resolution: "HOUR" },
    ];
    const answers = await valuesOf(keys.map((key) => loaders.streamSeries.load(key)));
    expect(calls.map((call) => [call.names, ...call.rest.slice(0, 2)])).toEqual([
      [["a", "b"], TODAY, "HOUR"],
      [["a"], TODAY, "DAY"],
      [["a"], NOON, "HOUR"],
    ]);
    expect(new Set(answers).size).toBe(4);
  });

  it("costs the fewest possible calls and reaches the right key, whatever is loaded", async () => {
    const keys = fc.record({
      name: fc.integer({ min: 0, max: 30 }).map((number) => `s${number}`),
      window: fc.constantFrom(TODAY, NOON, { from: HOUR_MS, to: DAY_MS }),
      resolution: fc.constantFrom("HOUR" as const, "DAY" as const),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(keys, { maxLength: 80 }), async (all) => {
        const { loaders, calls } = createAnalytics();
        const answers = await valuesOf(all.map((key) => loaders.rowSeriesByTrackingId.load(key)));
        expect(answers).toEqual(
          all.map(({ name, window, resolution }) => `trackingSeries ${name} ${JSON.stringify([window, resolution])}`),
        );
        const groups = new Map<string, Set<string>>();
        for (const { name, window, resolution } of all) {
          const group = JSON.stringify([window, resolution]);
          groups.set(group, (groups.get(group) ?? new Set()).add(name));
        }
        const fewest = [...groups.values()].reduce((sum, group) => sum + Math.ceil(group.size / 10), 0);
        expect(calls).toHaveLength(fewest);
      }),
      { numRuns: 50 },
    );
  });

  it("fails for the names of a failed call alone", async () => {
    const down = new Error("down");
    const { loaders } = createAnalytics((asked) => (asked.includes("s12") ? down : undefined));
    const outcomes = await Promise.allSettled(
      names(25).map((name) => loaders.trackingRowsByStream.load({ name, window: TODAY })),
    );
    const failed = outcomes.flatMap((outcome, index) =>
      outcome.status === "rejected" ? [[index, outcome.reason]] : [],
    );
    expect(failed).toEqual(names(10).map((_, index) => [index + 10, down]));
  });

  it("fails with an Error, whatever was thrown, and when a response omits a name", async () => {
    const { loaders } = createAnalytics((asked) => (asked.includes("odd") ? "thrown text" : undefined));
    await expect(loaders.streamTotal.load({ name: "odd", window: TODAY })).rejects.toThrow(new Error("thrown text"));
    await expect(loaders.streamTotal.load({ name: "left out", window: TODAY })).rejects.toThrow(
      "the platform returned no usage for left out",
    );
  });

  it.each(["__proto__", "constructor", "a|b", ""])("are those of a name like %j too", async (name) => {
    const { loaders } = createAnalytics();
    const [answer] = await Promise.all([
      loaders.streamTotal.load({ name, window: TODAY }),
      loaders.streamTotal.load({ name: "b", window: TODAY }),
    ]);
    expect(answer?.value).toBe(`streamTotals ${name} [${JSON.stringify(TODAY)}]`);
  });

  it("is read by one operation of the platform, cancelled when the client disconnects", async () => {
    const { loaders, calls, client } = createAnalytics();
    const key = { name: "a", window: TODAY };
    const series = { ...key, resolution: "DAY" as const };
    await Promise.all([
      loaders.streamTotal.load(key),
      loaders.streamSeries.load(series),
      loaders.streamCountries.load(key),
      loaders.streamCountrySeries.load(series),
      loaders.rowsByTrackingId.load(key),
      loaders.rowSeriesByTrackingId.load(series),
      loaders.trackingRowsByStream.load(key),
      loaders.trackingRowSeriesByStream.load(series),
      loaders.accountTotal.load(key),
      loaders.accountSeries.load(series),
      loaders.accountCountries.load(key),
      loaders.accountCountrySeries.load(series),
    ]);
    expect(calls.map(({ operation }) => operation).sort()).toEqual([
      "accountCountries",
      "accountCountrySeries",
      "accountSeries",
      "accountTotal",
      "streamCountries",
      "streamCountrySeries",
      "streamSeries",
      "streamTotals",
      "streamTrackingSeries",
      "streamTrackingTotals",
      "trackingSeries",
      "trackingTotals",
    ]);
    client.abort();
    for (const { rest } of calls) expect(rest.at(-1)).toMatchObject({ aborted: true });
  });
});

describe("usage loaders: usage of the account", () => {
  it("costs one call for each window and resolution", async () => {
    const { loaders, calls } = createAnalytics();
    const months = { window: TODAY, resolution: "MONTH" as const };
    await Promise.all([
      loaders.accountTotal.load({ window: TODAY }),
      loaders.accountTotal.load({ window: { ...TODAY } }),
      loaders.accountTotal.load({ window: NOON }),
      loaders.accountSeries.load(months),
      loaders.accountSeries.load({ ...months, resolution: "DAY" }),
    ]);
    expect(calls.map(({ operation, rest }) => [operation, ...rest.slice(0, -1)])).toEqual([
      ["accountTotal", TODAY],
      ["accountTotal", NOON],
      ["accountSeries", TODAY, "MONTH"],
      ["accountSeries", TODAY, "DAY"],
    ]);
  });
});
