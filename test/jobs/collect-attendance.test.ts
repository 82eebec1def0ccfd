import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAttendanceCollector } from "../../src/jobs/collect-attendance.ts";
import { DAY_MS, HOUR_MS, iso } from "../../src/model/usage/time.ts";
import { sumAttendance } from "../../src/model/viewing/attendance.ts";
import { createServices } from "../../src/services.ts";
import { ATTENDANCE_LEASE } from "../../src/store/leases.ts";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";
import { takeLease, withLongLeases } from "../support/leases.ts";
import { at } from "../support/time.ts";

/** The oldest day whose records the platform has, at the start of a test. */
const OLDEST = at("2025-03-19T00:00:00Z");
const YEAR = { from: at("2025-03-01T00:00:00Z"), to: at("2026-04-01T00:00:00Z") };

let gateway: TestGateway;
let closing: (() => Promise<unknown>)[];
let logged: string[];
beforeEach(async () => {
  gateway = await createTestGateway();
  [closing, logged] = [[], []];
});
afterEach(async () => {
  for (const close of closing) await close();
  await gateway[Symbol.asyncDispose]();
});

function createCollector(gatewayId = "one") {
  const services = createServices(gateway.options);
  const collector = createAttendanceCollector({
    ...services,
    store: { ...services.store, leases: withLongLeases(services.store.leases) },
    viewerRecords: services.upstream.viewerRecords,
    gatewayId,
    logger: pino({ level: "debug" }, { write: (line: string) => void logged.push(line) }),
  });
  closing.push(async () => {
    await collector.stop();
    await services.auth.close();
    await services.upstream.close();
  });
  return collector;
}

/** Lets a collector count its next day. */
async function count(collector: ReturnType<typeof createCollector>): Promise<void> {
  await collector.tick();
  await collector.idle();
  gateway.sandbox.clock.advance(30_000);
}

const daysCounted = async () =>
  (await gateway.store.attendance.days(gateway.sandbox.accountId, YEAR)).map(({ day }) => iso(day).slice(0, 10));

/** Marks the days from the second oldest up to one as counted, so that a test need not read a year. */
async function skipTo(day: string): Promise<void> {
  const { store, sandbox } = gateway;
  const lease = await takeLease(store, ATTENDANCE_LEASE);
  for (let each = OLDEST; each < at(`${day}T00:00:00Z`); each += DAY_MS) {
    await store.attendance.write(sandbox.accountId, { day: each, readAt: each + 3 * DAY_MS, ongoing: 0 }, [], lease);
  }
  await store.leases.release(lease);
}

describe("the collector of attendance", () => {
  it("counts the days that the platform has, the one first that is deleted first, one at a time", async () => {
    const collector = createCollector();
    await count(collector);
    expect(await daysCounted()).toEqual(["2025-03-19"]);
    await collector.tick();
    await collector.idle();
    await collector.tick();
    await collector.idle();
    expect(await daysCounted()).toEqual(["2025-03-19", "2025-03-20"]);
  });

  it("counts a day when it is over for an hour, and again when its records are complete", async () => {
    await skipTo("2026-03-18");
    const collector = createCollector();
    gateway.sandbox.clock.advance(at("2026-03-19T00:30:00Z") - gateway.sandbox.clock.now());
    await count(collector);
    expect(await daysCounted()).not.toContain("2026-03-18");
    gateway.sandbox.clock.advance(HOUR_MS);
    await count(collector);
    const dayOf = async () =>
      (await gateway.store.attendance.days(gateway.sandbox.accountId, YEAR)).find(
        ({ day }) => day === at("2026-03-18T00:00:00Z"),
      );
    const first = await dayOf();
    expect(first?.readAt).toBeGreaterThan(at("2026-03-19T01:00:00Z"));
    gateway.sandbox.clock.advance(at("2026-03-20T00:30:00Z") - gateway.sandbox.clock.now());
    // The day after is not over for an hour.
    await count(collector);
    const second = await dayOf();
    expect(second?.readAt).toBeGreaterThan(at("2026-03-20T00:00:00Z"));
    await count(collector);
    expect(await dayOf()).toEqual(second);
  });

  it("keeps what the records add up to, without anything of a viewer", async () => {
    const { sandbox, store } = gateway;
    await count(createCollector());
    const window = { from: OLDEST, to: OLDEST + DAY_MS };
    const rows = await store.attendance.rows(sandbox.accountId, window, {});
    const truth = await sessionsOf(window);
    expect(truth.sessions).toBeGreaterThan(100);
    expect(sumAttendance(rows)).toMatchObject(truth);
    expect(new Set(rows.map(({ streamName }) => streamName)).size).toBeGreaterThan(5);
    expect(Object.keys(rows[0] ?? {}).sort()).toEqual(
      ["connections", "country", "sessions", "streamName", "trackingId", "viewerDays", "watchSeconds"].sort(),
    );
    expect(logged.join("")).not.toMatch(/198\.1[89]\.|user=/);
  });

  it("runs on one gateway of a store", async () => {
    const [one, two] = [createCollector("one"), createCollector("two")];
    await Promise.all([count(one), count(two)]);
    expect(await daysCounted()).toEqual(["2025-03-19"]);
    await one.stop();
    await count(two);
    expect(await daysCounted()).toEqual(["2025-03-19", "2025-03-20"]);
  });

  it("waits after a failure, and loses nothing by it", async () => {
    const collector = createCollector();
    gateway.sandbox.fault({ path: "/api/v2/records/viewers", status: 400 });
    await count(collector);
    expect(await daysCounted()).toEqual([]);
    expect(logged.join("")).toContain("attendance could not be counted");
    gateway.sandbox.clearFaults();
    await count(collector);
    expect(await daysCounted()).toEqual([]);
    gateway.sandbox.clock.advance(DAY_MS);
    await count(collector);
    expect(await daysCounted()).toEqual(["2025-03-20"]);
  });
});

/** Asks the platform's first version of records, which has one row for a viewer's session. */
async function sessionsOf({ from, to }: { from: number; to: number }) {
  const { sandbox } = gateway;
  const response = await fetch(`${sandbox.origin}/api/records/viewers`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${sandbox.secret}`,
      accept: "application/x-jsonl",
      "content-type": "application/json",
    },
    body: JSON.stringify({ startTime: iso(from), endTime: iso(to + DAY_MS) }),
  });
  const all = (await response.text())
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { startTime: string; duration: number });
  const rows = all.filter(({ startTime }) => Date.parse(startTime) < to);
  return { sessions: rows.length, watchSeconds: rows.reduce((sum, { duration }) => sum + duration, 0) };
}
