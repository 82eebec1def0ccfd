import { setImmediate as nextTurn } from "node:timers/promises";
import { pino } from "pino";
import { Temporal } from "temporal-polyfill";
import { describe, expect, it } from "vitest";
import { createUsageRollUp } from "../../src/jobs/roll-up-usage.ts";
import type { ArchivedPart, ArchiveSeries } from "../../src/model/usage/archive.ts";
import { DAY_MS, floorTo, HOUR_MS } from "../../src/model/usage/time.ts";
import type { Lease } from "../../src/store/records.ts";
import { createTestDatabase, databaseKinds } from "../support/databases.ts";
import { takeLease } from "../support/leases.ts";
import { at } from "../support/time.ts";

const ACCOUNT: Omit<ArchiveSeries, "granularity"> = { owner: "acc", kind: "ACCOUNT", subject: "" };
const FROM = at("2025-11-25T00:00:00Z");
const UNTIL = at("2026-01-05T00:00:00Z");
const NOW = at("2026-05-01T10:20:00Z");

/** Returns the usage of an hour: no two sums of neighbouring hours are equal. */
const usageOf = (hour: number): ArchivedPart => {
  const bytesOut = BigInt(hour / HOUR_MS) ** 2n;
  return { part: "", traffic: { bytesOut, bytesIn: 0n, parts: null }, counts: null };
};

/** Archive with settled hours of six weeks, and a roll-up whose clock and lease are set. */
async function createWorld(kind: "memory" | "postgres", missing: readonly number[] = []) {
  const database = await createTestDatabase(kind);
  const store = await database.open();
  const lease = await takeLease(store);
  const buckets = new Map<number, readonly ArchivedPart[]>();
  for (let hour = FROM; hour < UNTIL; hour += HOUR_MS) if (!missing.includes(hour)) buckets.set(hour, [usageOf(hour)]);
  for (const readAt of [UNTIL, UNTIL + 2 * DAY_MS])
    await store.usageArchive.write([{ ...ACCOUNT, granularity: "HOUR", readAt, buckets }], lease);
  const source = {
    kind: "ACCOUNT",
    name: "",
    granularity: "HOUR",
    from: FROM,
    until: UNTIL,
    readUntil: UNTIL,
  } as const;
  await store.usageArchive.saveSources("acc", [source], lease);
  const lines: string[] = [];
  const createRollUp = (options: { hoursKeptDays: number | null; now?: number; by?: Lease | null }) =>
    createUsageRollUp({
      store,
      account: { id: async () => "acc" },
      collector: { lease: () => (options.by === undefined ? lease : options.by) },
      hoursKeptDays: options.hoursKeptDays,
      platformClock: () => options.now ?? NOW,
      logger: pino({ level: "debug" }, { write: (line: string) => void lines.push(line) }),
    });
  const rowsOf = (granularity: "HOUR" | "DAY") =>
    store.usageArchive.rows({ ...ACCOUNT, granularity }, { from: 0, to: NOW });
  /** Returns the total of a window: whole UTC days by the day where it is archived, all else by the hour. */
  const totalOf = async (from: number, to: number) => {
    const days = (await rowsOf("DAY")).filter(({ bucket }) => bucket >= from && bucket + DAY_MS <= to);
    const isOfDay = (hour: number) => days.some(({ bucket }) => bucket === floorTo(hour, DAY_MS));
    const hours = (await rowsOf("HOUR")).filter(({ bucket }) => bucket >= from && bucket < to && !isOfDay(bucket));
    return [...days, ...hours].reduce((sum, { traffic }) => sum + traffic.bytesOut, 0n);
  };
  return {
    store,
    lease,
    source,
    createRollUp,
    rowsOf,
    totalOf,
    logged: () => lines.join(""),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

async function rollUp(job: ReturnType<typeof createUsageRollUp>): Promise<void> {
  await job.tick();
  await job.idle();
}

for (const { kind, isReachable } of databaseKinds) {
  if (kind === "file") continue;
  describe.skipIf(!isReachable)(`the roll-up of usage over ${kind}`, () => {
    it("deletes nothing without a limit, without the lease, or before the limit is reached", async () => {
      await using world = await createWorld(kind);
      const before = (await world.rowsOf("HOUR")).length;
      await rollUp(world.createRollUp({ hoursKeptDays: null }));
      await rollUp(world.createRollUp({ hoursKeptDays: 62, by: null }));
      await rollUp(world.createRollUp({ hoursKeptDays: 400 }));
      expect((await world.rowsOf("HOUR")).length).toBe(before);
      expect(await world.rowsOf("DAY")).toEqual([]);
    });

    it("lets the event loop run between series, also where nothing is to be rolled up", async () => {
      await using world = await createWorld(kind);
      const { source, store, lease } = world;
      const others = Array.from(
        { length: 200 },
        (_, index) => ({ ...source, kind: "STREAM", name: `${index}` }) as const,
      );
      await store.usageArchive.saveSources("acc", others, lease);
      let turns = 0;
      const isOver = new AbortController();
      const turning = (async () => {
        for (; !isOver.signal.aborted; turns += 1) await nextTurn();
      })();
      await rollUp(world.createRollUp({ hoursKeptDays: 62, now: FROM }));
      isOver.abort();
      await turning;
      expect(turns).toBeGreaterThan(others.length);
    });

    it("keeps the total of a month in every time zone, to the byte", async () => {
      await using world = await createWorld(kind);
      const zones = ["UTC", "Europe/Berlin", "America/Los_Angeles", "Pacific/Auckland", "Pacific/Kiritimati"];
      const december = zones.map((timeZone) =>
        ["2025-12-01", "2026-01-01"].map(
          (day) => Temporal.PlainDate.from(day).toZonedDateTime({ timeZone }).epochMilliseconds,
        ),
      ) as [number, number][];
      const totals = () => Promise.all(december.map(([from, to]) => world.totalOf(from, to)));
      const before = await totals();
      await rollUp(world.createRollUp({ hoursKeptDays: 62 }));
      expect(await totals()).toEqual(before);
      const days = (await world.rowsOf("DAY")).map(({ bucket }) => new Date(bucket).toISOString().slice(0, 10));
      expect(days).toContain("2025-12-02");
      for (const day of ["2025-11-30", "2025-12-01", "2025-12-31", "2026-01-01"]) expect(days).not.toContain(day);
      expect(days).toHaveLength((UNTIL - FROM) / DAY_MS - 4);
      expect((await world.rowsOf("HOUR")).length).toBe(4 * 24);
    });

    it("marks a day with a missing hour, and the hours of it", async () => {
      const missing = at("2025-12-09T03:00:00Z");
      await using world = await createWorld(kind, [missing]);
      await rollUp(world.createRollUp({ hoursKeptDays: 62 }));
      const partial = (await world.rowsOf("DAY")).filter(({ lacking }) => lacking === null || lacking.length > 0);
      expect(partial.map(({ bucket, lacking }) => ({ bucket, lacking }))).toEqual([
        { bucket: floorTo(missing, DAY_MS), lacking: [missing] },
      ]);
    });

    it("rolls up a day when it becomes too old, once a day, and counts what it leaves", async () => {
      await using world = await createWorld(kind);
      const now = FROM + 64 * DAY_MS + HOUR_MS;
      const first = world.createRollUp({ hoursKeptDays: 62, now });
      await rollUp(first);
      await rollUp(first);
      expect(first.stats()).toEqual({ rolledUp: 2, open: 0, different: 0 });
      // A day of the platform that contradicts its hours, and one that is not settled.
      const day = (start: number) => ({
        ...ACCOUNT,
        granularity: "DAY" as const,
        readAt: NOW,
        buckets: new Map([[start, [usageOf(HOUR_MS)]]]),
      });
      const [different, open] = [FROM + 2 * DAY_MS, FROM + 3 * DAY_MS];
      const { usageArchive } = world.store;
      await usageArchive.write([day(different), day(open)], world.lease);
      await usageArchive.write([{ ...day(different), readAt: NOW + 2 * DAY_MS }], world.lease);
      const second = world.createRollUp({ hoursKeptDays: 62, now: now + 3 * DAY_MS });
      await rollUp(second);
      expect(second.stats()).toEqual({ rolledUp: 1, open: 1, different: 1 });
      expect(world.logged()).toContain("contradict their day");
      expect(await usageArchive.oldestHour(ACCOUNT, { from: 0, to: NOW })).toBe(different);
    });

    it("rolls up the other series if the sum of the hours of one exceeds 64 bits", async () => {
      await using world = await createWorld(kind);
      const { store, lease, source } = world;
      const large = { ...source, kind: "ACCOUNT_COUNTRY" } as const;
      const usage = { ...usageOf(HOUR_MS), traffic: { bytesOut: 2n ** 62n, bytesIn: 0n, parts: null } };
      const day = at("2025-12-09T00:00:00Z");
      const buckets = new Map(Array.from({ length: 24 }, (_, hour) => [day + hour * HOUR_MS, [usage]] as const));
      for (const readAt of [UNTIL, UNTIL + 2 * DAY_MS])
        await store.usageArchive.write([{ ...ACCOUNT, ...large, granularity: "HOUR", readAt, buckets }], lease);
      await store.usageArchive.saveSources("acc", [large], lease);
      const job = world.createRollUp({ hoursKeptDays: 62 });
      await rollUp(job);
      expect(job.stats()).toEqual({ rolledUp: (UNTIL - FROM) / DAY_MS - 4, open: 0, different: 1 });
    });

    it("waits for the collector, which may still find that an hour is missing", async () => {
      await using world = await createWorld(kind);
      const until = FROM + 3 * DAY_MS + HOUR_MS;
      await world.store.usageArchive.saveSources("acc", [{ ...world.source, until }], world.lease);
      await rollUp(world.createRollUp({ hoursKeptDays: 62 }));
      expect((await world.rowsOf("DAY")).map(({ bucket }) => bucket)).toEqual(
        [0, 1, 2].map((day) => FROM + day * DAY_MS),
      );
    });

    it("ends when another gateway has taken the lease, and the next one completes it", async () => {
      await using world = await createWorld(kind);
      const before = await world.totalOf(FROM, UNTIL);
      const former = world.createRollUp({ hoursKeptDays: 62 });
      await former.tick();
      await world.store.leases.release(world.lease);
      const taken = await takeLease(world.store);
      await former.idle();
      const left = (await world.rowsOf("HOUR")).length;
      expect(left).toBeGreaterThan(4 * 24);
      expect(await world.totalOf(FROM, UNTIL)).toBe(before);
      await rollUp(world.createRollUp({ hoursKeptDays: 62, by: taken }));
      expect((await world.rowsOf("HOUR")).length).toBe(4 * 24);
      expect(await world.totalOf(FROM, UNTIL)).toBe(before);
    });
  });
}
