import { describe, expect, it } from "vitest";
import { createTestGateway, range, type TestGateway } from "../support/gateway.ts";

const HOUR_MS = 3_600_000;
const START = "2026-03-18T10:50:00Z";
const READ_UNTIL = "2026-03-18T10:45:00.000Z";
const AS_OF = { source: "USAGE", asOf: "2026-03-18T10:50:00.000Z" };

const MONTH = `{ month: "2026-03" }`;
const DAY = `{ last: "PT24H" }, includeCurrent: true`;
const TODAY = range("2026-03-18T00:00:00Z", "2026-03-19T00:00:00Z");

interface Usage {
  readonly window: { readonly from: string; readonly to: string };
  readonly freshUntil: string;
  readonly total?: { readonly bytesOut: string } | null;
  readonly coverage?: { readonly state: string; readonly missing: readonly object[] } | null;
  readonly series?: {
    readonly freshUntil: string;
    readonly points: readonly { readonly start: string; readonly state: string; readonly bytesOut: string }[];
  } | null;
}

const SUBJECTS = [
  ["partner", `partner(by: { trackingId: "northwind-tv" })`, "usage"],
  ["stream", `stream(by: { name: "derby-final" })`, "bandwidth"],
  ["account", "account", "usage"],
] as const;
type Subject = readonly [name: string, by: string, usage: string];

async function ask({ ask: query }: TestGateway, [, by, usage]: Subject, window: string, figures: string) {
  const document = `{ answer: ${by} { figures: ${usage}(window: ${window}) { window { from to } freshUntil ${figures} } } }`;
  const { data, errors, extensions } = await query<{ answer: { figures: Usage } }>(document);
  return { usage: data.answer.figures, codes: errors.map(({ extensions: { code } }) => code), extensions };
}

/** The gateway has read what was asked for; then the platform is down, and time passes. */
async function beginOutage(gateway: TestGateway, laterMs: number): Promise<void> {
  gateway.sandbox.fault({ path: "/api/analytics/*", status: 503 });
  gateway.sandbox.clock.advance(laterMs);
}

const TOTAL = "total { bytesOut }";
const HOURS = "series { freshUntil points { start state bytesOut } }";
const DAYS = "series(granularity: DAY) { freshUntil points { start state bytesOut } }";
const COVERAGE = "coverage { state missing { from to } }";

describe.each(SUBJECTS)("in an outage, figures of one %s", (...subject) => {
  it.each([
    ["this month", MONTH, HOUR_MS],
    ["this month", MONTH, 20 * HOUR_MS],
    ["today", TODAY, HOUR_MS],
    ["today", TODAY, 23 * HOUR_MS],
  ])("of %s are those that were read last (%s, %i ms later)", async (_name, window, laterMs) => {
    await using gateway = await createTestGateway({ sandbox: { startAt: START } });
    const before = await ask(gateway, subject, window, TOTAL);
    expect(before).toMatchObject({ codes: [], usage: { freshUntil: READ_UNTIL } });
    await beginOutage(gateway, laterMs);
    const { usage, codes, extensions } = await ask(gateway, subject, window, TOTAL);
    expect(usage).toEqual(before.usage);
    expect({ codes, stale: extensions?.["stale"] }).toEqual({ codes: [], stale: [AS_OF] });
  });

  it("keep the states of the time when they were read", async () => {
    await using gateway = await createTestGateway({ sandbox: { startAt: START } });
    const figures = `${COVERAGE} ${HOURS}`;
    const before = await ask(gateway, subject, TODAY, figures);
    expect(before.usage.series?.points.at(-1)).toMatchObject({ state: "PARTIAL" });
    await beginOutage(gateway, 5 * HOUR_MS);
    const { usage, codes } = await ask(gateway, subject, TODAY, figures);
    expect(codes).toEqual([]);
    expect(usage.series).toEqual(before.usage.series);
    // The hours that are over since then lack, which the coverage says.
    const since = { from: READ_UNTIL, to: "2026-03-18T15:45:00.000Z" };
    expect(usage.coverage).toEqual({ state: "PARTIAL", missing: [since] });
  });

  it("of the last day are its hours that were read, from its own start on", async () => {
    await using gateway = await createTestGateway({ sandbox: { startAt: START } });
    const before = await ask(gateway, subject, DAY, HOURS);
    await beginOutage(gateway, 3 * HOUR_MS);
    const { usage, codes } = await ask(gateway, subject, DAY, `${TOTAL} ${HOURS} ${COVERAGE}`);
    expect(codes).toEqual([]);
    expect(usage).toMatchObject({
      window: { from: "2026-03-17T13:00:00.000Z", to: READ_UNTIL },
      freshUntil: READ_UNTIL,
    });
    const hours = before.usage.series?.points.slice(3) ?? [];
    expect(hours[0]?.start).toBe("2026-03-17T13:00:00.000Z");
    expect(usage.series).toEqual({ freshUntil: READ_UNTIL, points: hours });
    // The total is the sum of the hours that are left, and says up to when it is whole.
    const sum = hours.reduce((bytes, { bytesOut }) => bytes + BigInt(bytesOut), 0n);
    expect(usage.total?.bytesOut).toBe(`${sum}`);
    expect(usage.coverage?.missing).toEqual([{ from: READ_UNTIL, to: "2026-03-18T13:45:00.000Z" }]);
  });

  it("are null with the code where a total of the last day is all that was read", async () => {
    await using gateway = await createTestGateway({ sandbox: { startAt: START } });
    await ask(gateway, subject, DAY, TOTAL);
    await beginOutage(gateway, HOUR_MS);
    const { usage, codes } = await ask(gateway, subject, DAY, TOTAL);
    expect({ total: usage.total, codes }).toEqual({ total: null, codes: ["UPSTREAM_UNAVAILABLE"] });
  });

  it("are null after a day, and newer as soon as the platform answers", async () => {
    await using gateway = await createTestGateway({ sandbox: { startAt: START } });
    const before = await ask(gateway, subject, MONTH, TOTAL);
    await beginOutage(gateway, 24 * HOUR_MS + 1);
    const after = await ask(gateway, subject, MONTH, TOTAL);
    expect({ total: after.usage.total, codes: after.codes }).toEqual({ total: null, codes: ["UPSTREAM_UNAVAILABLE"] });
    gateway.sandbox.clearFaults();
    gateway.sandbox.clock.advance(60_000);
    const { usage, extensions } = await ask(gateway, subject, MONTH, TOTAL);
    expect(BigInt(usage.total?.bytesOut ?? 0)).toBeGreaterThan(BigInt(before.usage.total?.bytesOut ?? 0));
    expect({ freshUntil: usage.freshUntil, stale: extensions?.["stale"] }).toEqual({
      freshUntil: "2026-03-19T10:45:00.000Z",
      stale: undefined,
    });
  });

  it("of a window that was over are never told as those of a longer one", async () => {
    await using gateway = await createTestGateway({ sandbox: { startAt: START } });
    await ask(gateway, subject, range("2026-03-18T00:00:00Z", "2026-03-18T08:00:00Z"), `${TOTAL} ${HOURS}`);
    await beginOutage(gateway, HOUR_MS);
    const { usage, codes } = await ask(gateway, subject, TODAY, `${TOTAL} ${HOURS}`);
    expect({ total: usage.total, series: usage.series, codes }).toEqual({
      total: null,
      series: null,
      codes: ["UPSTREAM_UNAVAILABLE", "UPSTREAM_UNAVAILABLE"],
    });
  });

  it("by days of this month are those that were read until the UTC day is over", async () => {
    await using gateway = await createTestGateway({ sandbox: { startAt: START } });
    const before = await ask(gateway, subject, MONTH, DAYS);
    await beginOutage(gateway, 13 * HOUR_MS);
    const { usage } = await ask(gateway, subject, MONTH, DAYS);
    expect(usage.series).toEqual(before.usage.series);
    gateway.sandbox.clock.advance(HOUR_MS);
    const after = await ask(gateway, subject, MONTH, DAYS);
    expect({ series: after.usage.series, codes: after.codes }).toEqual({
      series: null,
      codes: ["UPSTREAM_UNAVAILABLE"],
    });
  });
});

describe("figures by country in an outage", () => {
  it("are those of this month that were read last", async () => {
    await using gateway = await createTestGateway({ sandbox: { startAt: START } });
    const document = `{ account { usage(window: ${MONTH}) { freshUntil byCountry { country traffic { bytesOut } } } } }`;
    const before = await gateway.ask(document);
    await beginOutage(gateway, 4 * HOUR_MS);
    const after = await gateway.ask(document);
    expect({ data: after.data, errors: after.errors }).toEqual({ data: before.data, errors: [] });
  });
});
