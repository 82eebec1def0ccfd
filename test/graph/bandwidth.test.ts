import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAlteringProxy } from "../support/altering-proxy.ts";
import { createConformantSandbox } from "../support/conformance.ts";
import { createTestGateway, FRESH_UNTIL, range, START } from "../support/gateway.ts";

const HOUR = 3_600_000;
const YESTERDAY = range("2026-03-17T00:00:00Z", "2026-03-18T00:00:00Z");

interface Point {
  start: string;
  end: string;
  state: string;
  bytesOut: string | null;
  bytesIn: string | null;
}
interface Total {
  bytesOut: string;
  bytesIn: string;
}

describe("Bandwidth.total", () => {
  it("counts every byte that flowed", async () => {
    await using gateway = await createTestGateway();
    const { data, errors } = await gateway.ask<{ stream: { bandwidth: { total: Total } } }>(
      `{ stream(by: { name: "derby-final" }) { bandwidth(window: ${YESTERDAY}) { total { bytesOut bytesIn } } } }`,
    );
    const truth = gateway.sandbox.truth({ stream: "derby-final", from: "2026-03-17", to: "2026-03-18" });
    expect(errors).toEqual([]);
    expect(data.stream.bandwidth.total).toEqual({ bytesOut: `${truth.bytesOut}`, bytesIn: `${truth.bytesIn}` });
    expect(truth.bytesOut).toBeGreaterThan(0n);
  });

  it("passes 2^53 without losing a digit", async () => {
    await using gateway = await createTestGateway();
    const { sandbox } = gateway;
    const token = sandbox.tokens.subscribe().find(({ label }) => label === "northwind-tv-world-feed")?.token ?? "";
    const viewer = { token, streamName: "world-feed", bitsPerSecond: 8n * 9_007_199_254_740_993n, seconds: 1 };
    expect(await sandbox.attachViewers(viewer)).toMatchObject({ ok: true });
    sandbox.clock.advance(3_600_000);
    const { data } = await gateway.ask<{ stream: { bandwidth: { total: Total & { gigabytesOut: string } } } }>(
      `{ stream(by: { name: "world-feed" }) { bandwidth(window: ${range("2026-03-18T10:00:00Z", "2026-03-18T11:00:00Z")}) {
           total { bytesOut gigabytesOut } } } }`,
    );
    const truth = sandbox.truth({ stream: "world-feed", from: "2026-03-18T10:00:00Z", to: "2026-03-18T11:00:00Z" });
    expect(truth.bytesOut).toBeGreaterThan(2n ** 53n);
    expect(data.stream.bandwidth.total.bytesOut).toBe(`${truth.bytesOut}`);
    expect(data.stream.bandwidth.total.gigabytesOut.replace(".", "").padEnd(17, "0")).toContain(
      `${truth.bytesOut}`.slice(0, 15),
    );
  });

  it("breaks down into standard, re-stream and geo-cascade where the platform does, and not per tracking id", async () => {
    await using gateway = await createTestGateway();
    const total = "total { bytesOut standard { bytesOut } restream { bytesOut secondsUsed } geoCascade { bytesOut } }";
    const { data } = await gateway.ask(
      `{ stream(by: { name: "derby-final" }) { bandwidth(window: ${YESTERDAY}) { ${total} } }
         partner(by: { trackingId: "northwind-tv" }) { usage(window: ${YESTERDAY}) { ${total} } } }`,
    );
    const truth = gateway.sandbox.truth({ stream: "derby-final", from: "2026-03-17", to: "2026-03-18" });
    expect(data).toMatchObject({
      stream: {
        bandwidth: {
          total: {
            bytesOut: `${truth.standard.bytesOut + truth.restream.bytesOut + truth.geoCascade.bytesOut}`,
            standard: { bytesOut: `${truth.standard.bytesOut}` },
            restream: { bytesOut: `${truth.restream.bytesOut}`, secondsUsed: `${truth.restream.secondsUsed}` },
            geoCascade: { bytesOut: `${truth.geoCascade.bytesOut}` },
          },
        },
      },
      partner: { usage: { total: { standard: null, restream: null, geoCascade: null } } },
    });
  });

  it("of a partner sums only the partner's viewers over its streams", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask<{ partner: { usage: { total: Total } } }>(
      `{ partner(by: { trackingId: "northwind-tv" }) { usage(window: ${YESTERDAY}) { total { bytesOut bytesIn } } } }`,
    );
    const truth = gateway.sandbox.truth({ trackingId: "northwind-tv", from: "2026-03-17", to: "2026-03-18" });
    expect(data.partner.usage.total).toEqual({ bytesOut: `${truth.bytesOut}`, bytesIn: "0" });
  });

  it("of the account reaches back over years, in whole months", async () => {
    await using gateway = await createTestGateway();
    const { data, errors } = await gateway.ask<{ account: { usage: { total: Total } } }>(
      `{ account { usage(window: ${range("2025-03-01T00:00:00Z", "2026-03-18T00:00:00Z")}) { total { bytesOut } } } }`,
    );
    const truth = gateway.sandbox.truth({ from: "2025-03-01", to: "2026-03-18" });
    expect(errors).toEqual([]);
    expect(data.account.usage.total.bytesOut).toBe(`${truth.bytesOut}`);
  });
});

describe("Bandwidth.series", () => {
  const series = async (window: string, granularity: string, extra = "") => {
    await using gateway = await createTestGateway();
    const { data, errors } = await gateway.ask<{
      stream: { bandwidth: { total: Total; series: { freshUntil: string; points: Point[] } } };
    }>(
      `{ stream(by: { name: "derby-final" }) { bandwidth(window: ${window} ${extra}) {
           total { bytesOut bytesIn } series(granularity: ${granularity}) { freshUntil points { start end state bytesOut bytesIn } } } } }`,
    );
    expect(errors).toEqual([]);
    const { bandwidth } = data.stream;
    return { ...bandwidth.series, total: bandwidth.total, truth: gateway.sandbox.truth };
  };

  it("has every hour of its window in order, each exact, and adds up to the total", async () => {
    const { points, total, truth } = await series(range("2026-03-18T00:00:00Z", "2026-03-18T10:00:00Z"), "HOUR");
    expect(points.map(({ start }) => start)).toEqual(
      Array.from({ length: 10 }, (_, hour) => `2026-03-18T0${hour}:00:00.000Z`),
    );
    for (const { start, bytesOut, state } of points) {
      const from = Date.parse(start);
      expect({ bytesOut, state }).toEqual({
        bytesOut: `${truth({ stream: "derby-final", from, to: from + HOUR }).bytesOut}`,
        state: "COMPLETE",
      });
    }
    expect(points.reduce((sum, { bytesOut }) => sum + BigInt(bytesOut ?? 0), 0n).toString()).toBe(total.bytesOut);
  });

  it("marks the hour that is not over yet as PARTIAL, with what is in so far", async () => {
    const { points, freshUntil, truth } = await series('{ last: "PT2H" }', "HOUR", ", includeCurrent: true");
    expect(freshUntil).toBe("2026-03-18T10:15:00.000Z");
    expect(points.at(-1)).toMatchObject({
      start: "2026-03-18T10:00:00.000Z",
      end: "2026-03-18T11:00:00.000Z",
      state: "PARTIAL",
      bytesOut: `${truth({ stream: "derby-final", from: "2026-03-18T10:00:00Z", to: FRESH_UNTIL }).bytesOut}`,
    });
  });

  it("marks hours that the platform did not meter as MISSING, with null and not zero", async () => {
    const { points, total } = await series(YESTERDAY, "HOUR");
    expect(points).toHaveLength(24);
    expect(points.filter(({ state }) => state === "MISSING")).toEqual(
      ["03", "04"].map((hour) => ({
        start: `2026-03-17T${hour}:00:00.000Z`,
        end: `2026-03-17T0${Number(hour) + 1}:00:00.000Z`,
        state: "MISSING",
        bytesOut: null,
        bytesIn: null,
      })),
    );
    expect(points.reduce((sum, { bytesOut }) => sum + BigInt(bytesOut ?? 0), 0n).toString()).toBe(total.bytesOut);
  });

  it("by days reaches back a year", async () => {
    const { points, total } = await series(range("2025-04-01T00:00:00Z", "2026-03-01T00:00:00Z"), "DAY");
    expect(points).toHaveLength(334);
    // Their hours are kept no more, so nobody can tell whether some lack.
    expect(points.every(({ state }) => state === "UNVERIFIED")).toBe(true);
    expect(points.reduce((sum, { bytesOut }) => sum + BigInt(bytesOut ?? 0), 0n).toString()).toBe(total.bytesOut);
  });

  it.each([
    "account { usage",
    'stream(by: { name: "derby-final" }) { bandwidth',
    'partner(by: { trackingId: "northwind-tv" }) { usage',
  ])(
    "marks a UTC day that lacks hours as incomplete, with the missing hours, as the total does: %s",
    async (subject) => {
      await using gateway = await createTestGateway();
      const field = `${subject}(window: ${YESTERDAY}) {
        total { bytesOut } coverage { state freshUntil missing { from to } }
        day: series(granularity: DAY) { points { state bytesOut bitsPerSecondOut missing { from to } } }
        hour: series(granularity: HOUR) { points { state bytesOut } }
        percentile(p: 100, granularity: DAY) { samples missing } } }`;
      const { data, errors } = await gateway.ask<Record<string, Record<string, never>>>(`{ ${field} }`);
      expect(errors).toEqual([]);
      const [usage] = Object.values(Object.values(data)[0] ?? {}) as unknown as {
        total: { bytesOut: string };
        hour: { points: Point[] };
      }[];
      const gap = [{ from: "2026-03-17T03:00:00.000Z", to: "2026-03-17T05:00:00.000Z" }];
      expect(usage).toMatchObject({
        coverage: { state: "PARTIAL", missing: gap, freshUntil: FRESH_UNTIL.replace("Z", ".000Z") },
        day: { points: [{ state: "PARTIAL", missing: gap, bytesOut: usage?.total.bytesOut, bitsPerSecondOut: null }] },
        percentile: { samples: 0, missing: 1 },
      });
      expect(usage?.hour.points.filter(({ state }) => state === "MISSING")).toHaveLength(2);
      // One call for the total, one for hours and days alike, and one for the subject's coverage at most.
      expect(gateway.analyticsCalls()).toHaveLength(2);
    },
  );

  it("marks no day and no month as COMPLETE that lacks hours", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask<{
      account: { usage: { day: { points: Point[] }; month: { points: Point[] } } };
    }>(
      `{ account { usage(window: ${range("2025-10-01T00:00:00Z", "2026-03-18T00:00:00Z")}) {
           day: series(granularity: DAY) { points { start state } } month: series(granularity: MONTH) { points { start state } } } } }`,
    );
    const { day, month } = data.account.usage;
    const tuesdays = day.points.filter(({ start }) => new Date(start).getUTCDay() === 2);
    expect(tuesdays).toHaveLength(24);
    expect(tuesdays.filter(({ state }) => state === "COMPLETE")).toEqual([]);
    expect(month.points.filter(({ state }) => state === "COMPLETE")).toEqual([]);
    // The other days of the last week are known hour by hour.
    expect(day.points.slice(-6).map(({ state }) => state)).toEqual([
      ...Array.from({ length: 5 }, () => "COMPLETE"),
      "PARTIAL",
    ]);
  });

  it("over two years marks the time that was never metered", async () => {
    await using gateway = await createTestGateway();
    const { data, errors } = await gateway.ask<{
      account: { usage: { coverage: { state: string; missing: { from: string; to: string }[] } } };
    }>(
      `{ account { usage(window: ${range("2024-03-01T00:00:00Z", "2026-03-18T10:00:00Z")}) {
           total { bytesOut } coverage { state missing { from to } } }
         reconciliation(window: ${YESTERDAY}) { coverage { state missing { from } } } } }`,
    );
    expect(errors).toEqual([]);
    // The sandbox has metered for 400 days; the last Tuesday's hours are still known to lack.
    expect(data.account).toMatchObject({
      usage: {
        coverage: {
          state: "PARTIAL",
          missing: [
            { from: "2024-03-01T00:00:00.000Z", to: "2025-02-01T00:00:00.000Z" },
            { from: "2026-03-17T03:00:00.000Z", to: "2026-03-17T05:00:00.000Z" },
          ],
        },
      },
      reconciliation: { coverage: { state: "PARTIAL", missing: [{ from: "2026-03-17T03:00:00.000Z" }] } },
    });
  });

  it("begins days at midnight of the time zone", async () => {
    const { points, truth } = await series(
      range("2026-03-15T23:00:00Z", "2026-03-17T23:00:00Z"),
      "DAY",
      ', timeZone: "Europe/Berlin"',
    );
    expect(points.map(({ start, end }) => [start, end])).toEqual([
      ["2026-03-15T23:00:00.000Z", "2026-03-16T23:00:00.000Z"],
      ["2026-03-16T23:00:00.000Z", "2026-03-17T23:00:00.000Z"],
    ]);
    const truthOfDay = truth({ stream: "derby-final", from: "2026-03-15T23:00:00Z", to: "2026-03-16T23:00:00Z" });
    expect(points[0]?.bytesOut).toBe(`${truthOfDay.bytesOut}`);
    // The second day holds the hours that were not metered, so it is not all of it.
    expect(points.map(({ state }) => state)).toEqual(["COMPLETE", "PARTIAL"]);
  });

  it("counts 23 hours on the day that summer time begins", async () => {
    await using gateway = await createTestGateway({ sandbox: { startAt: "2026-03-30T12:05:00Z" } });
    const { data } = await gateway.ask<{ account: { usage: { series: { points: Point[] } } } }>(
      `{ account { usage(window: ${range("2026-03-27T23:00:00Z", "2026-03-29T22:00:00Z")}, timeZone: "Europe/Berlin") {
           series(granularity: DAY) { points { start end state } } } } }`,
    );
    expect(
      data.account.usage.series.points.map(({ start, end }) => (Date.parse(end) - Date.parse(start)) / HOUR),
    ).toEqual([24, 23]);
  });

  it("reads days whole and the hours at its edges singly", async () => {
    const { points, total } = await series(range("2026-03-15T18:00:00Z", "2026-03-18T06:00:00Z"), "DAY");
    expect(points.map(({ start, end }) => [start.slice(5, 16), end.slice(5, 16)])).toEqual([
      ["03-15T18:00", "03-16T00:00"],
      ["03-16T00:00", "03-17T00:00"],
      ["03-17T00:00", "03-18T00:00"],
      ["03-18T00:00", "03-18T06:00"],
    ]);
    expect(points.reduce((sum, { bytesOut }) => sum + BigInt(bytesOut ?? 0), 0n).toString()).toBe(total.bytesOut);
  });

  it("returns the same points as columns", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask<{
      account: {
        usage: { series: { points: Point[]; columns: { start: string[]; bytesOut: string[]; state: string[] } } };
      };
    }>(
      `{ account { usage(window: { last: "P1D" }) { series { points { start state bytesOut } columns { start state bytesOut } } } } }`,
    );
    const { points, columns } = data.account.usage.series;
    expect(columns).toEqual({
      start: points.map(({ start }) => start),
      state: points.map(({ state }) => state),
      bytesOut: points.map(({ bytesOut }) => bytesOut),
    });
  });
});

describe("Bandwidth.series by months", () => {
  it("reaches back without limit for the account", async () => {
    await using gateway = await createTestGateway();
    const { data, errors } = await gateway.ask<{ account: { usage: { series: { points: Point[] } } } }>(
      `{ account { usage(window: ${range("2025-03-01T00:00:00Z", "2026-04-01T00:00:00Z")}) {
           window { from to } series(granularity: MONTH) { points { start end state bytesOut } } } } }`,
    );
    expect(errors).toEqual([]);
    const { points } = data.account.usage.series;
    expect(points).toHaveLength(13);
    expect(points[0]?.bytesOut).toBe(`${gateway.sandbox.truth({ from: "2025-03-01", to: "2025-04-01" }).bytesOut}`);
    expect(points.at(-1)).toMatchObject({ start: "2026-03-01T00:00:00.000Z", state: "PARTIAL" });
  });

  it("sums days for a partner", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask<{ partner: { usage: { series: { points: Point[] } } } }>(
      `{ partner(by: { trackingId: "kestrel-media" }) { usage(window: ${range("2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z")}) {
           series(granularity: MONTH) { points { start state bytesOut } } } } }`,
    );
    expect(data.partner.usage.series.points).toEqual(
      ["2026-01", "2026-02"].map((month, index) => ({
        start: `${month}-01T00:00:00.000Z`,
        state: "UNVERIFIED",
        bytesOut: `${gateway.sandbox.truth({ trackingId: "kestrel-media", from: `${month}-01`, to: `2026-0${index + 2}-01` }).bytesOut}`,
      })),
    );
  });

  it("ends a month that is not over at the newest usage", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask(
      `{ account { usage(window: { month: "2026-03" }) { window { from to timeZone } } } }`,
    );
    expect(data).toEqual({
      account: {
        usage: { window: { from: "2026-03-01T00:00:00.000Z", to: "2026-03-18T10:15:00.000Z", timeZone: "UTC" } },
      },
    });
  });
});

describe("Bandwidth.percentile", () => {
  it("is the nearest rank over complete hours, with the number of samples", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask<{
      stream: { bandwidth: { series: { points: Point[] }; percentile: { bitsPerSecond: number } } };
    }>(
      `{ stream(by: { name: "derby-final" }) { bandwidth(window: ${YESTERDAY}) {
           series { points { state bytesOut } }
           percentile(p: 95) { p bitsPerSecond sampleInterval samples discarded missing } } } }`,
    );
    const { series, percentile } = data.stream.bandwidth;
    const rates = series.points
      .flatMap(({ bytesOut }) => (bytesOut === null ? [] : (Number(bytesOut) * 8) / 3600))
      .sort((a, b) => a - b);
    // 22 of 24 hours were metered; 95 % of 22 is 20.9, so the 21st smallest holds.
    expect(percentile).toEqual({
      p: 95,
      bitsPerSecond: rates[20],
      sampleInterval: "PT1H",
      samples: 22,
      discarded: 1,
      missing: 2,
    });
  });

  it.each([0, -1, 100.1])("of %s is refused, and the total beside it is served", async (p) => {
    await using gateway = await createTestGateway();
    const { data, errors } = await gateway.ask(
      `{ account { usage(window: ${YESTERDAY}) { total { bytesIn } percentile(p: ${p}) { samples } } } }`,
    );
    expect(data).toMatchObject({ account: { usage: { total: {}, percentile: null } } });
    expect(errors.map(({ extensions }) => extensions)).toEqual([{ code: "INVALID_INPUT", argument: "p" }]);
  });
});

interface CountryPoint {
  start: string;
  end: string;
  state: string;
  bytesOut: string | null;
  bytesIn: string | null;
  viewSeconds: number | null;
  publishSeconds: number | null;
  views: number | null;
  publishes: number | null;
}

describe("Bandwidth.seriesByCountry", () => {
  const COUNTS = "bytesOut bytesIn viewSeconds publishSeconds views publishes";
  const SERIES = `country traffic { bytesOut bytesIn } viewSeconds publishSeconds views publishes points { start end state ${COUNTS} }`;

  it.each([
    ["a stream", 'stream(by: { name: "derby-final" }) { usage: bandwidth', { stream: "derby-final" }],
    ["the account", "account { usage", {}],
  ])("has every bucket of each country, exact, with what the platform counts: %s", async (_name, field, subject) => {
    await using gateway = await createTestGateway();
    const { data, errors } = await gateway.ask<
      Record<
        string,
        {
          usage: {
            total: Total;
            byCountry: { country: string; traffic: Total; viewSeconds: number; publishSeconds: number }[];
            seriesByCountry: (CountryPoint & { country: string; traffic: Total; points: CountryPoint[] })[];
          };
        }
      >
    >(
      `{ answer: ${field}(window: ${YESTERDAY}) { total { bytesOut bytesIn }
           byCountry(first: 100) { country traffic { bytesOut bytesIn } viewSeconds publishSeconds }
           seriesByCountry(granularity: HOUR, first: 100) { ${SERIES} } } } }`,
    );
    expect(errors).toEqual([]);
    const { byCountry, seriesByCountry } = data["answer"]?.usage ?? { byCountry: [], seriesByCountry: [] };
    expect(seriesByCountry.length).toBeGreaterThan(5);
    expect(
      seriesByCountry.map(({ country, traffic, viewSeconds, publishSeconds }) => ({
        country,
        traffic,
        viewSeconds,
        publishSeconds,
      })),
    ).toEqual(byCountry);
    for (const { country, points, ...sums } of seriesByCountry) {
      expect(points).toHaveLength(24);
      for (const { start, end, state, bytesOut } of points) {
        const truth = gateway.sandbox.truth({ ...subject, country, from: start, to: end });
        const isMissing = /T0[34]:/.test(start);
        expect([start, state, bytesOut]).toEqual([
          start,
          isMissing ? "MISSING" : "COMPLETE",
          isMissing ? null : `${truth.bytesOut}`,
        ]);
      }
      for (const count of ["viewSeconds", "publishSeconds", "views", "publishes"] as const) {
        expect([country, count, points.reduce((sum, point) => sum + (point[count] ?? 0), 0)]).toEqual([
          country,
          count,
          sums[count],
        ]);
      }
    }
    expect(seriesByCountry.some(({ views }) => Number(views) > 0)).toBe(true);
    if (!("stream" in subject)) expect(seriesByCountry.some(({ publishes }) => Number(publishes) > 0)).toBe(true);
  });

  it("follows the days of a time zone, and costs one call for ten streams", async () => {
    await using gateway = await createTestGateway();
    await gateway.ask("{ streams(first: 10) { nodes { name } } }");
    gateway.analyticsCalls();
    const { data, errors } = await gateway.ask<{
      streams: { nodes: { bandwidth: { seriesByCountry: { points: { start: string }[] }[] } }[] };
    }>(
      `{ streams(first: 10) { nodes { bandwidth(window: { last: "P2D" }, timeZone: "Europe/Berlin") {
           seriesByCountry(first: 1) { points { start } } } } } }`,
    );
    expect(errors).toEqual([]);
    expect(gateway.analyticsCalls().map(({ path }) => path)).toEqual(["/api/analytics/streams/geo_series"]);
    const [series] = data.streams.nodes.flatMap(({ bandwidth }) => bandwidth.seriesByCountry);
    expect(series?.points.map(({ start }) => start)).toEqual(["2026-03-15T23:00:00.000Z", "2026-03-16T23:00:00.000Z"]);
  });

  it("is null with its code for a partner, whose tracking ids the platform does not break down", async () => {
    await using gateway = await createTestGateway();
    const { data, errors } = await gateway.ask(
      `{ partner(by: { trackingId: "northwind-tv" }) { name usage(window: ${YESTERDAY}) { seriesByCountry { country } } } }`,
    );
    expect(data).toEqual({ partner: { name: "northwind-tv", usage: { seriesByCountry: null } } });
    expect(errors).toMatchObject([{ extensions: { code: "NOT_METERED" } }]);
  });

  it("that the platform can't give is null alone", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ path: "/api/analytics/account/geo_series", status: 503 });
    const { data, errors } = await gateway.ask(
      `{ account { usage(window: ${YESTERDAY}) { byCountry(first: 1) { country } seriesByCountry { country } } } }`,
    );
    expect(data).toMatchObject({ account: { usage: { byCountry: [{}], seriesByCountry: null } } });
    expect(errors).toMatchObject([{ extensions: { code: "UPSTREAM_UNAVAILABLE" } }]);
  });
});

describe("Bandwidth.byCountry", () => {
  it("adds up to the total, the largest country first", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask<{
      stream: { bandwidth: { total: Total; byCountry: { country: string; traffic: Total }[] } };
    }>(
      `{ stream(by: { name: "derby-final" }) { bandwidth(window: ${YESTERDAY}) {
           total { bytesOut bytesIn } byCountry { country traffic { bytesOut bytesIn } } } } }`,
    );
    const { total, byCountry } = data.stream.bandwidth;
    expect(byCountry.reduce((sum, { traffic }) => sum + BigInt(traffic.bytesOut), 0n).toString()).toBe(total.bytesOut);
    const sizes = byCountry.map(({ traffic }) => BigInt(traffic.bytesOut) + BigInt(traffic.bytesIn));
    expect(sizes).toEqual(sizes.toSorted((a, b) => (a < b ? 1 : -1)));
  });

  it("is null with NOT_METERED for a partner", async () => {
    await using gateway = await createTestGateway();
    const { data, errors } = await gateway.ask(
      `{ partner(by: { trackingId: "northwind-tv" }) { name usage(window: ${YESTERDAY}) { byCountry { country } } } }`,
    );
    expect(data).toEqual({ partner: { name: "northwind-tv", usage: { byCountry: null } } });
    expect(errors[0]?.extensions.code).toBe("NOT_METERED");
  });
});

describe("Bandwidth", () => {
  it("equals the simulated traffic for any stream, partner and window of the last week", async () => {
    await using gateway = await createTestGateway();
    const now = gateway.sandbox.clock.now();
    const firstHour = Math.ceil((now - 7 * 24 * HOUR) / HOUR);
    const lastHour = Math.floor(now / HOUR);
    const hours = fc.tuple(fc.integer({ min: firstHour, max: lastHour }), fc.integer({ min: 1, max: 100 }));
    await fc.assert(
      fc.asyncProperty(
        hours,
        fc.constantFrom("derby-final", "arena-main", "city-council", "opera-night", "popup-kiosk", "world-feed"),
        fc.constantFrom("northwind-tv", "polar-sports", "orchid-stream", "freelance-desk"),
        async ([begin, length], stream, trackingId) => {
          const [from, to] = [begin * HOUR, Math.min(begin + length, lastHour + 1) * HOUR];
          const window = range(new Date(from).toISOString(), new Date(Math.max(to, from + HOUR)).toISOString());
          const figures = `total { bytesOut bytesIn } series { points { bytesOut } }`;
          const { data, errors } = await gateway.ask<
            Record<"stream" | "partner", { bandwidth: { total: Total; series: { points: Point[] } } }>
          >(
            `{ stream(by: { name: "${stream}" }) { bandwidth(window: ${window}) { ${figures} } }
               partner(by: { trackingId: "${trackingId}" }) { bandwidth: usage(window: ${window}) { ${figures} } } }`,
          );
          expect(errors).toEqual([]);
          const span = { from, to: Math.min(Math.max(to, from + HOUR), Date.parse(FRESH_UNTIL)) };
          for (const [subject, filter] of [
            ["stream", { stream }],
            ["partner", { trackingId }],
          ] as const) {
            const truth = gateway.sandbox.truth({ ...filter, ...span });
            const { total, series } = data[subject].bandwidth;
            expect(total).toEqual({ bytesOut: `${truth.bytesOut}`, bytesIn: `${truth.bytesIn}` });
            const sum = series.points.reduce((bytes, { bytesOut }) => bytes + BigInt(bytesOut ?? 0), 0n);
            expect(sum).toBe(truth.bytesOut);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("rows of usage that the platform splits", () => {
  it("are one entry of bandwidthByTrackingId for each tracking id, with the sum of all", async () => {
    await using sandbox = await createConformantSandbox({ startAt: START, frozen: true });
    await using proxy = await createAlteringProxy(sandbox.origin);
    await using gateway = await createTestGateway({ over: sandbox, platform: proxy.origin });
    interface Usage {
      readonly stream: {
        readonly bandwidthByTrackingId: readonly {
          readonly trackingId: string | null;
          readonly bandwidth: { readonly total: { readonly bytesOut: string } };
        }[];
      };
    }
    const rows = [
      { bytesIn: 0, bytesOut: 10 },
      { trackingId: "acme", bytesIn: 0, bytesOut: 1 },
      { trackingId: "", bytesIn: 0, bytesOut: 7 },
      { trackingId: null, bytesIn: 0, bytesOut: 5 },
      { trackingId: "acme", bytesIn: 0, bytesOut: 2 },
    ];
    proxy.alter((answer, path) =>
      path.endsWith("/tracking/streams/total")
        ? { ...answer, body: JSON.stringify({ status: "success", data: { "derby-final": rows } }) }
        : answer,
    );
    const { data, errors } = await gateway.ask<Usage>(
      `{ stream(by: { name: "derby-final" }) { bandwidthByTrackingId(window: ${YESTERDAY}) {
           trackingId bandwidth { total { bytesOut } } } } }`,
    );
    expect(errors).toEqual([]);
    expect(data.stream.bandwidthByTrackingId).toEqual([
      { trackingId: "acme", bandwidth: { total: { bytesOut: "3" } } },
      { trackingId: null, bandwidth: { total: { bytesOut: "22" } } },
    ]);
    const found = await gateway.ask<{ findings: { nodes: { code: string; stream: { name: string } | null }[] } }>(
      "{ findings(first: 100) { nodes { code stream { name } } } }",
    );
    const untracked = found.data.findings.nodes.filter(({ code }) => code === "UNTRACKED_VIEWERS");
    expect(untracked.filter(({ stream }) => stream?.name === "derby-final")).toHaveLength(1);
  });
});
