import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTestGateway, range, type TestGateway } from "../support/gateway.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const iso = (instant: number) => new Date(instant).toISOString();

interface Told {
  readonly window: { readonly to: string };
  readonly freshUntil: string;
  readonly total: { readonly bytesOut: string };
  readonly series: {
    readonly window: { readonly to: string };
    readonly freshUntil: string;
    readonly points: readonly { readonly start: string; readonly state: string; readonly bytesOut: string | null }[];
  };
  readonly percentile: { readonly samples: number; readonly missing: number };
}

/** `freshUntil` and `window` stand first: they follow what is read for the fields behind them. */
const TOLD = (granularity: string) => `window { to } freshUntil total { bytesOut }
  series(granularity: ${granularity}) { window { to } freshUntil points { start state bytesOut } }
  percentile(p: 100, granularity: ${granularity}) { samples missing }`;

const askUsage = ({ ask }: TestGateway, window: string, granularity = "HOUR") =>
  ask<{ partner: { usage: Told } }>(
    `{ partner(by: { trackingId: "northwind-tv" }) { usage(window: ${window}) { ${TOLD(granularity)} } } }`,
  );

async function usageOf(...asked: Parameters<typeof askUsage>): Promise<Told> {
  const { data, errors } = await askUsage(...asked);
  expect(errors).toEqual([]);
  return data.partner.usage;
}

const gatewayAt = (startAt: string, lagMs?: number) =>
  createTestGateway({ sandbox: { startAt, ...(lagMs !== undefined && { lagMs }) } });

describe("a figure that was read before its hour was over", () => {
  const window = range("2026-03-18T08:00:00Z", "2026-03-18T11:00:00Z");

  it.each([20 * MINUTE_MS, 8 * HOUR_MS])(
    "is not complete %i ms later, when nothing newer can be read",
    async (later) => {
      await using gateway = await gatewayAt("2026-03-18T10:50:00Z");
      const before = await usageOf(gateway, window);
      expect(before).toMatchObject({ freshUntil: "2026-03-18T10:45:00.000Z", percentile: { samples: 2, missing: 1 } });
      expect(before.series.points.at(-1)?.state).toBe("PARTIAL");
      gateway.sandbox.fault({ path: "*", drop: "before" });
      gateway.sandbox.clock.advance(later);
      // All that is told is of the time when it was read: the window's end as well.
      expect(await usageOf(gateway, window)).toEqual(before);
    },
  );

  it("is complete with all of its bytes when it has been read again", async () => {
    await using gateway = await gatewayAt("2026-03-18T10:50:00Z");
    await usageOf(gateway, window);
    gateway.sandbox.clock.advance(20 * MINUTE_MS);
    const { series, percentile, freshUntil } = await usageOf(gateway, window);
    const truth = gateway.sandbox.truth({
      trackingId: "northwind-tv",
      from: "2026-03-18T10:00:00Z",
      to: "2026-03-18T11:00:00Z",
    });
    expect(series.points.at(-1)).toMatchObject({ state: "COMPLETE", bytesOut: `${truth.bytesOut}` });
    expect({ freshUntil, percentile }).toEqual({
      freshUntil: "2026-03-18T11:00:00.000Z",
      percentile: { samples: 3, missing: 0 },
    });
  });

  it.each(["DAY", "MONTH"])("is not complete as part of a %s that has ended since", async (granularity) => {
    await using gateway = await gatewayAt("2026-04-30T23:50:00Z");
    const last = range("2026-04-30T00:00:00Z", "2026-05-01T00:00:00Z");
    const before = await usageOf(gateway, last, granularity);
    expect(before.series.points).toMatchObject([{ state: "PARTIAL" }]);
    gateway.sandbox.fault({ path: "*", drop: "before" });
    gateway.sandbox.clock.advance(HOUR_MS);
    expect(await usageOf(gateway, last, granularity)).toEqual(before);
    gateway.sandbox.clearFaults();
    gateway.sandbox.clock.advance(MINUTE_MS);
    const after = await usageOf(gateway, last, granularity);
    expect(after.freshUntil).toBe("2026-05-01T00:45:00.000Z");
    expect(after.series.points[0]?.state).not.toBe("PARTIAL");
    expect(BigInt(after.total.bytesOut)).toBeGreaterThan(BigInt(before.total.bytesOut));
  });

  it("makes the reconciliation and the relayed traffic tell that time", async () => {
    await using gateway = await gatewayAt("2026-03-18T10:50:00Z");
    const document = `{
      account { reconciliation(window: ${window}) { freshUntil window { to } unexplainedBytesOut account { bytesOut } } }
      stream(by: { name: "derby-final" }) { geoCascadeTraffic(clusters: ["fra-1"], window: ${window}) { freshUntil window { to } } }
    }`;
    const before = await gateway.ask(document);
    expect(before.errors).toEqual([]);
    expect(before.data).toMatchObject({
      account: {
        reconciliation: { freshUntil: "2026-03-18T10:45:00.000Z", window: { to: "2026-03-18T10:45:00.000Z" } },
      },
      stream: { geoCascadeTraffic: { freshUntil: "2026-03-18T10:45:00.000Z" } },
    });
    gateway.sandbox.fault({ path: "/api/analytics/*", status: 503 });
    gateway.sandbox.clock.advance(20 * MINUTE_MS);
    const { data, errors } = await gateway.ask(document);
    expect({ data, errors }).toEqual({ data: before.data, errors: [] });
  });
});

describe("a percentile, a total or countries alone", () => {
  it.each(["percentile { samples }", "total { bytesOut }", "byCountry { country }", "series { points { state } }"])(
    "beside `freshUntil` decide of when it is: %s",
    async (figure) => {
      await using gateway = await gatewayAt("2026-03-18T10:50:00Z");
      const window = range("2026-03-18T08:00:00Z", "2026-03-18T11:00:00Z");
      const document = `{ stream(by: { name: "derby-final" }) { bandwidth(window: ${window}) { freshUntil ${figure} } } }`;
      await gateway.ask(document);
      gateway.sandbox.fault({ path: "/api/analytics/*", status: 503 });
      gateway.sandbox.clock.advance(20 * MINUTE_MS);
      const { data } = await gateway.ask(document);
      expect(data).toMatchObject({ stream: { bandwidth: { freshUntil: "2026-03-18T10:45:00.000Z" } } });
    },
  );
});

describe("a platform that lags behind the quarter hour", () => {
  const WINDOW = range("2026-03-18T08:00:00Z", "2026-03-18T13:00:00Z");

  /** An hour may only be called complete with all of its bytes. */
  const assertTrue = async (gateway: TestGateway) => assertTold(gateway, await usageOf(gateway, WINDOW));

  function assertTold(gateway: TestGateway, { series, percentile, freshUntil, total }: Told): void {
    expect(series.freshUntil).toBe(freshUntil);
    expect(series.points.filter(({ state }) => state === "COMPLETE")).toHaveLength(percentile.samples);
    for (const { start, state, bytesOut } of series.points) {
      const from = Date.parse(start);
      const truth = (to: number) => gateway.sandbox.truth({ trackingId: "northwind-tv", from, to }).bytesOut;
      if (state === "COMPLETE") expect([start, bytesOut]).toEqual([start, `${truth(from + HOUR_MS)}`]);
      // What is under way may hold more than is told, and never less.
      else expect(BigInt(bytesOut ?? 0)).toBeGreaterThanOrEqual(truth(Date.parse(freshUntil)));
    }
    const told = gateway.sandbox.truth({
      trackingId: "northwind-tv",
      from: "2026-03-18T08:00:00Z",
      to: Date.parse(freshUntil),
    });
    expect(BigInt(total.bytesOut)).toBeGreaterThanOrEqual(told.bytesOut);
  }

  it.each([0, 1_000, MINUTE_MS, 5 * MINUTE_MS])("by %i ms never makes an hour complete too early", async (lagMs) => {
    await using gateway = await gatewayAt("2026-03-18T10:40:00Z", lagMs);
    const steps = [0, 19 * MINUTE_MS + 59_900, 100, 1_000, 9_000, 50_000, MINUTE_MS, 3 * MINUTE_MS, 30_000, 30_000];
    for (const step of [...steps, 9 * MINUTE_MS, 60_000, HOUR_MS]) {
      gateway.sandbox.clock.advance(step);
      await assertTrue(gateway);
    }
  });

  it("never does, whenever it is asked and whether or not it can answer", async () => {
    const step = fc.record({
      advanceMs: fc.oneof(fc.integer({ min: 0, max: 2 * MINUTE_MS }), fc.integer({ min: 0, max: 30 * MINUTE_MS })),
      isDown: fc.boolean(),
    });
    const lag = fc.constantFrom(0, 500, MINUTE_MS, 2 * MINUTE_MS, 5 * MINUTE_MS);
    await fc.assert(
      fc.asyncProperty(lag, fc.array(step, { minLength: 1, maxLength: 8 }), async (lagMs, steps) => {
        await using gateway = await gatewayAt("2026-03-18T10:40:00Z", lagMs);
        await assertTrue(gateway);
        for (const { advanceMs, isDown } of steps) {
          gateway.sandbox.clearFaults();
          if (isDown) gateway.sandbox.fault({ path: "/api/analytics/*", status: 503 });
          gateway.sandbox.clock.advance(advanceMs);
          const { data, errors } = await askUsage(gateway, WINDOW);
          // What was never read of a new hour is null in an outage, and for a moment after it.
          for (const { extensions } of errors) expect(extensions.code).toBe("UPSTREAM_UNAVAILABLE");
          if (errors.length === 0) assertTold(gateway, data.partner.usage);
        }
      }),
      { numRuns: 6, endOnFailure: true },
    );
  });

  it("by less than it is taken to is told up to the quarter hour that it has surely published", async () => {
    await using gateway = await gatewayAt("2026-03-18T11:04:59.999Z");
    const window = '{ last: "PT3H" }';
    expect((await usageOf(gateway, window)).freshUntil).toBe("2026-03-18T10:45:00.000Z");
    gateway.sandbox.clock.advance(1);
    expect((await usageOf(gateway, window)).freshUntil).toBe("2026-03-18T11:00:00.000Z");
  });

  it("is taken to lag no longer than is configured", async () => {
    await using gateway = await createTestGateway({
      sandbox: { startAt: "2026-03-18T11:00:00Z", lagMs: 0 },
      gateway: { usageLagMs: 0 },
    });
    const { freshUntil, series } = await usageOf(gateway, '{ last: "PT3H" }');
    expect(freshUntil).toBe("2026-03-18T11:00:00.000Z");
    expect(series.points.at(-1)).toMatchObject({ start: "2026-03-18T10:00:00.000Z", state: "COMPLETE" });
    expect(series.window.to).toBe(iso(Date.parse("2026-03-18T11:00:00Z")));
  });
});
