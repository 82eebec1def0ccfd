import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HOUR_MS } from "../../src/model/usage/time.ts";
import { collectFor } from "../support/collected.ts";
import { createTestGateway, range, type TestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";
import { at } from "../support/time.ts";

/** When usage was collected first: from 2026-03-25T11:00Z on by the hour. The platform omits Tuesdays from 03:00Z to 05:00Z. */
const FIRST = "2026-04-01T10:20:00Z";
/** A week later. */
const NOW = "2026-04-08T10:20:00Z";
const FRESH_UNTIL = "2026-04-08T10:15:00Z";
const FEW_DAYS = range("2026-03-28T05:00:00Z", "2026-03-31T09:00:00Z");
const ACROSS = range("2026-03-30T05:00:00Z", "2026-04-08T11:00:00Z");

const SUBJECTS = [
  ["account", "account", "usage", {}],
  ["stream", `stream(by: { name: "derby-final" })`, "bandwidth", { stream: "derby-final" }],
  ["partner", `partner(by: { trackingId: "northwind-tv" })`, "usage", { trackingId: "northwind-tv" }],
] as const;

interface Usage {
  readonly origin: string | null;
  readonly total: { readonly bytesOut: string } | null;
  readonly coverage: { readonly state: string; readonly missing: readonly { readonly from: string }[] } | null;
  readonly series: {
    readonly origin: string;
    readonly points: readonly {
      readonly start: string;
      readonly end: string;
      readonly state: string;
      readonly origin: string | null;
      readonly bytesOut: string | null;
    }[];
  } | null;
}

const figures = (granularity: string, timeZone = "UTC") => `origin total { bytesOut }
  coverage { state missing { from } }
  series(granularity: ${granularity}, timeZone: "${timeZone}") { origin points { start end state origin bytesOut } }`;

async function usageOf(
  { ask }: Pick<TestGateway, "ask">,
  [, by, usage]: readonly [string, string, string, object],
  window: string,
  selection: string,
  timeZone = "UTC",
) {
  const { data, errors, extensions } = await ask<{ at: { usage: Usage | null } }>(
    `{ at: ${by} { usage: ${usage}(window: ${window}, timeZone: "${timeZone}") { ${selection} } } }`,
  );
  return { usage: data.at?.usage, codes: errors.map(({ extensions: { code } }) => code), extensions };
}

describe("bandwidth that the platform no longer retains", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await createTestGateway({ sandbox: { startAt: FIRST, lagMs: 5 * 60_000 } });
    await collectFor(gateway, 7 * 24);
    expect(gateway.sandbox.clock.now()).toBe(at(NOW));
  }, 600_000);
  afterAll(() => gateway[Symbol.asyncDispose]());

  const truth = (from: number | string, to: number | string, filter: object): bigint =>
    BigInt(gateway.sandbox.truth({ from, to: Math.min(at(FRESH_UNTIL), Number(new Date(to))), ...filter }).bytesOut);

  describe.each(SUBJECTS)("of one %s", (...subject) => {
    const [, , , filter] = subject;

    it.each([
      ["ARCHIVE", FEW_DAYS],
      ["MIXED", ACROSS],
    ])("is answered by the hour from the %s, and the total is the sum of the buckets", async (origin, window) => {
      const { usage, codes } = await usageOf(gateway, subject, window, figures("HOUR"));
      expect(codes).toEqual([]);
      const points = usage?.series?.points ?? [];
      const [from, to] = [points[0]?.start ?? "", points.at(-1)?.end ?? ""];
      expect([usage?.origin, usage?.series?.origin]).toEqual(["MIXED", origin]);
      expect(points).toHaveLength((at(to) - at(from)) / HOUR_MS);
      for (const point of points) {
        const bytes = truth(point.start, point.end, filter);
        if (point.state === "MISSING") expect([point.bytesOut, point.origin, bytes]).toEqual([null, null, 0n]);
        else expect([point.start, point.bytesOut]).toEqual([point.start, `${bytes}`]);
      }
      const missing = points.filter(({ state }) => state === "MISSING").map(({ start }) => start);
      expect(missing.length).toBeGreaterThan(0);
      expect(usage?.total?.bytesOut).toBe(`${truth(from, to, filter)}`);
    });

    it("has days of a time zone, of 23 hours as well, and months", async () => {
      const week = range("2026-03-27T23:00:00Z", "2026-03-30T22:00:00Z");
      const { usage, codes } = await usageOf(gateway, subject, week, figures("DAY", "Europe/Berlin"), "Europe/Berlin");
      expect(codes).toEqual([]);
      expect(usage?.series?.origin).toBe("ARCHIVE");
      const points = usage?.series?.points ?? [];
      expect(points.map(({ start, end }) => (at(end) - at(start)) / HOUR_MS)).toEqual([24, 23, 24]);
      for (const point of points) expect(point.bytesOut).toBe(`${truth(point.start, point.end, filter)}`);

      const month = await usageOf(
        gateway,
        subject,
        `{ month: "2026-03" }`,
        figures("MONTH", "Europe/Berlin"),
        "Europe/Berlin",
      );
      expect(month.codes).toEqual([]);
      expect(month.usage?.series?.origin).toBe("MIXED");
      expect(month.usage?.series?.points.map(({ state }) => state)).toEqual(["PARTIAL"]);
      const bytes = `${truth("2026-03-01T00:00:00Z", "2026-03-31T22:00:00Z", filter)}`;
      expect([month.usage?.total?.bytesOut, month.usage?.series?.points[0]?.bytesOut]).toEqual([bytes, bytes]);
      expect(month.usage?.coverage).toMatchObject({
        state: "PARTIAL",
        missing: [{ from: "2026-02-28T23:00:00.000Z" }, { from: "2026-03-31T03:00:00.000Z" }],
      });
    });

    it("is refused if the archive begins later", async () => {
      const window = range("2026-03-01T05:00:00Z", "2026-03-02T09:00:00Z");
      const { codes } = await usageOf(gateway, subject, window, "total { bytesOut } series { origin }");
      expect(new Set(codes)).toEqual(new Set(["WINDOW_NOT_RETAINED"]));
    });
  });

  it("has the countries of a stream and of the account", async () => {
    const selection = `byCountry { country traffic { bytesOut } viewSeconds }
      seriesByCountry(granularity: HOUR) { country origin traffic { bytesOut } points { start bytesOut } }`;
    for (const subject of SUBJECTS.slice(0, 2)) {
      const { data, errors } = await gateway.ask<{ at: { usage: Countries } }>(
        `{ at: ${subject[1]} { usage: ${subject[2]}(window: ${ACROSS}) { total { bytesOut } ${selection} } } }`,
      );
      expect(errors).toEqual([]);
      const { byCountry, seriesByCountry, total } = data.at.usage;
      const sum = byCountry.reduce((bytes, { traffic }) => bytes + BigInt(traffic.bytesOut), 0n);
      expect(byCountry.length).toBeGreaterThan(1);
      expect(sum).toBeLessThanOrEqual(BigInt(total.bytesOut));
      expect(seriesByCountry.map(({ country, traffic }) => [country, traffic.bytesOut])).toEqual(
        byCountry.map(({ country, traffic }) => [country, traffic.bytesOut]),
      );
      for (const { origin, traffic, points } of seriesByCountry) {
        expect(origin).toBe("MIXED");
        expect(`${points.reduce((bytes, { bytesOut }) => bytes + BigInt(bytesOut ?? 0), 0n)}`).toBe(traffic.bytesOut);
      }
    }
  });

  it("has a partner's streams, which add up to the partner", async () => {
    for (const window of [FEW_DAYS, ACROSS]) {
      const { data, errors } = await gateway.ask<{ partner: ByStream }>(
        `{ partner(by: { trackingId: "northwind-tv" }) { usage(window: ${window}) { total { bytesOut } }
          usageByStream(window: ${window}, first: 50) { nodes { stream { name }
            usage { origin total { bytesOut } series { points { bytesOut } } } } } } }`,
      );
      expect(errors).toEqual([]);
      const { usage, usageByStream } = data.partner;
      expect(usageByStream.nodes.length).toBeGreaterThan(1);
      let sum = 0n;
      for (const { usage: ofStream } of usageByStream.nodes) {
        const hours = ofStream.series.points.reduce((bytes, { bytesOut }) => bytes + BigInt(bytesOut ?? 0), 0n);
        expect([ofStream.origin, `${hours}`]).toEqual(["MIXED", ofStream.total.bytesOut]);
        sum += hours;
      }
      expect(`${sum}`).toBe(usage.total.bytesOut);
    }
  });

  it("is shown to a partner of its own tracking ids only", async () => {
    const { key } = await onboard(gateway, "acme");
    const { data, errors } = await gateway.as(key).ask<{ mine: object; foreign: object | null }>(
      `{ mine: partner(by: { trackingId: "acme" }) { usage(window: ${FEW_DAYS}) { total { bytesOut } } }
        foreign: partner(by: { trackingId: "northwind-tv" }) { usage(window: ${FEW_DAYS}) { total { bytesOut } } }
        stream(by: { name: "derby-final" }) { bandwidth(window: ${FEW_DAYS}) { total { bytesOut } } }
        account { usage(window: ${FEW_DAYS}) { total { bytesOut } } } }`,
    );
    expect(data).toEqual({ mine: { usage: { total: null } }, foreign: null, stream: null, account: null });
    expect(errors.map(({ extensions: { code } }) => code).sort()).toEqual([
      "FORBIDDEN",
      "NOT_FOUND",
      "NOT_FOUND",
      "WINDOW_NOT_RETAINED",
    ]);
  });

  it("costs no call of the platform for what is archived", async () => {
    gateway.analyticsCalls();
    await usageOf(gateway, SUBJECTS[1], range("2026-03-28T05:00:00Z", "2026-03-28T09:00:00Z"), figures("HOUR"));
    expect(gateway.analyticsCalls()).toEqual([]);
  });

  it("rejects more buckets than a response may have", async () => {
    const window = range("2024-01-01T00:00:00Z", "2026-04-01T00:00:00Z");
    const { codes } = await usageOf(gateway, SUBJECTS[2], window, "series { origin }");
    expect(codes).toEqual(["INVALID_WINDOW"]);
  });

  it("is served from the archive in an outage as far as that is settled, marked as stale", async () => {
    gateway.sandbox.fault({ path: "/api/analytics/*", status: 503 });
    try {
      const settled = range("2026-04-07T05:00:00Z", "2026-04-07T10:00:00Z");
      for (const subject of SUBJECTS) {
        const { usage, codes, extensions } = await usageOf(gateway, subject, settled, figures("HOUR"));
        expect([codes, usage?.origin, usage?.series?.origin]).toEqual([[], "ARCHIVE", "ARCHIVE"]);
        expect(extensions["stale"]).toEqual([{ source: "USAGE", asOf: expect.any(String) }]);
        expect(usage?.total?.bytesOut).toBe(`${truth("2026-04-07T05:00:00Z", "2026-04-07T10:00:00Z", subject[3])}`);
        const open = range("2026-04-07T05:00:00Z", "2026-04-07T11:00:00Z");
        const { codes: failures } = await usageOf(gateway, subject, open, "total { bytesOut }");
        expect(failures).toEqual(["UPSTREAM_UNAVAILABLE"]);
      }
    } finally {
      gateway.sandbox.clearFaults();
    }
  });
});

interface ByStream {
  readonly usage: { readonly total: { readonly bytesOut: string } };
  readonly usageByStream: {
    readonly nodes: readonly {
      readonly usage: {
        readonly origin: string;
        readonly total: { readonly bytesOut: string };
        readonly series: { readonly points: readonly { readonly bytesOut: string | null }[] };
      };
    }[];
  };
}

interface Countries {
  readonly total: { readonly bytesOut: string };
  readonly byCountry: readonly { readonly country: string; readonly traffic: { readonly bytesOut: string } }[];
  readonly seriesByCountry: readonly {
    readonly country: string;
    readonly origin: string;
    readonly traffic: { readonly bytesOut: string };
    readonly points: readonly { readonly start: string; readonly bytesOut: string | null }[];
  }[];
}

describe("bandwidth without its archive", () => {
  it("is answered as far as the platform retains it while the store is down", async () => {
    const gateway = await createTestGateway();
    const { store } = gateway;
    const week = await usageOf(gateway, SUBJECTS[0], `{ last: "P7D" }`, "total { bytesOut }");
    await store.close();
    const { usage, codes } = await usageOf(gateway, SUBJECTS[0], `{ last: "P3D" }`, figures("HOUR"));
    expect([codes, usage?.origin, usage?.series?.origin]).toEqual([[], "LIVE", "LIVE"]);
    expect(week.codes).toEqual([]);
    await gateway.gateway.close();
    await gateway.sandbox.close();
  });
});
