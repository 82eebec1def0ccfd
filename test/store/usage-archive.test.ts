import { fork } from "node:child_process";
import { once } from "node:events";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ArchivedPart, ArchiveSeries, UsageReading } from "../../src/model/usage/archive.ts";
import { DAY_MS, HOUR_MS } from "../../src/model/usage/time.ts";
import { LeaseLostError } from "../../src/store/leases.ts";
import type { Lease } from "../../src/store/records.ts";
import type { Store } from "../../src/store/store.ts";
import { bytesOf } from "../support/archive.ts";
import { createTestDatabase, databaseKinds, type TestDatabase } from "../support/databases.ts";
import { takeLease } from "../support/leases.ts";
import { rejectionOf } from "../support/refusal.ts";
import { at } from "../support/time.ts";

const LONG_MS = 600_000;
const HOUR = at("2026-03-18T10:00:00Z");
const WINDOW = { from: HOUR - 40 * DAY_MS, to: HOUR + DAY_MS };

for (const { kind, isReachable } of databaseKinds.filter(({ kind }) => kind !== "file")) {
  describe.skipIf(!isReachable)(`the usage archive over ${kind}`, () => {
    let database: TestDatabase;
    let store: Store;
    let lease: Lease;
    beforeAll(async () => {
      database = await createTestDatabase(kind);
      store = await database.open();
      lease = await takeLease(store);
    });
    afterAll(() => database[Symbol.asyncDispose]());

    let owners = 0;
    const newSeries = (of: Partial<ArchiveSeries> = {}): ArchiveSeries => {
      owners += 1;
      return { owner: `owner ${owners}`, kind: "TRACKING_STREAM", subject: "", granularity: "HOUR", ...of };
    };
    const write = (
      series: ArchiveSeries,
      readAt: number,
      buckets: Readonly<Record<number, readonly ArchivedPart[]>>,
      holder = lease,
    ) => store.usageArchive.write([reading(series, readAt, buckets)], holder);
    const reading = (
      series: ArchiveSeries,
      readAt: number,
      buckets: Readonly<Record<number, readonly ArchivedPart[]>>,
    ): UsageReading => ({
      ...series,
      readAt,
      buckets: new Map(Object.entries(buckets).map(([bucket, parts]) => [Number(bucket), parts])),
    });
    /** Returns part, bytes out and state of each row. */
    const rowsOf = async (series: ArchiveSeries) =>
      (await store.usageArchive.rows(series, WINDOW)).map(({ part, traffic, state }) => [
        part,
        traffic.bytesOut,
        state,
      ]);
    const correctionsOf = async (series: ArchiveSeries) =>
      (await store.usageArchive.corrections(series, WINDOW)).map(({ part, correctedAt, former }) => [
        part,
        correctedAt - HOUR,
        former?.traffic.bytesOut ?? null,
      ]);

    it("returns every count as it was given, beyond 2^53 as well", async () => {
      const big = 2n ** 63n - 1n;
      const part: ArchivedPart = {
        part: "",
        traffic: {
          bytesOut: big,
          bytesIn: 2n ** 53n + 1n,
          parts: {
            standard: { bytesOut: 2n ** 53n + 3n, bytesIn: 1n },
            restream: { bytesOut: 2n, bytesIn: 3n, secondsUsed: 4n },
            geoCascade: { bytesOut: 5n, bytesIn: 2n ** 62n + 1n },
          },
        },
        counts: { viewSeconds: 6, publishSeconds: 7, views: 8, publishes: 9 },
      };
      const series = newSeries({ kind: "ACCOUNT" });
      await write(series, HOUR, { [HOUR]: [part] });
      expect(await store.usageArchive.rows(series, WINDOW)).toEqual([
        { ...part, bucket: HOUR, changedAt: HOUR, state: "OPEN", lacking: null },
      ]);
    });

    it.each([40, 150])("has no half bucket after a write that ends at bucket %i", async (end) => {
      const series = newSeries();
      const parts = Array.from({ length: 30 }, (_, index) => bytesOf(1n, `stream ${index}`));
      const given = Array.from({ length: 200 }, (_, index): [number, readonly ArchivedPart[]] => [
        HOUR - index * HOUR_MS,
        parts,
      ]);
      class Ending extends Map<number, readonly ArchivedPart[]> {
        override *[Symbol.iterator](): Generator<[number, readonly ArchivedPart[]], undefined> {
          yield* given.slice(0, end);
          throw new Error("the collector has ended");
        }
      }
      const reading = { ...series, readAt: HOUR, buckets: new Ending(given) };
      await expect(store.usageArchive.write([reading], lease)).rejects.toThrow("the collector has ended");
      const buckets = await store.archiveReads.buckets(series, WINDOW);
      expect(buckets.size).toBeGreaterThan(0);
      expect(new Set([...buckets.values()].map(({ traffic }) => traffic.bytesOut))).toEqual(new Set([30n]));
    });

    it("has a row for a bucket without usage, and none for a bucket that was not read", async () => {
      const series = newSeries();
      await write(series, HOUR, { [HOUR]: [], [HOUR + 2 * HOUR_MS]: [bytesOf(5n, "derby")] });
      expect(await rowsOf(series)).toEqual([
        ["", 0n, "OPEN"],
        ["", 0n, "OPEN"],
        ["derby", 5n, "OPEN"],
      ]);
    });

    it("has read a bucket as a whole when it was over and published, also if nothing has changed since", async () => {
      const series = newSeries();
      const lagMs = 300_000;
      for (const minutes of [20, 50, 64]) {
        await write(series, HOUR + minutes * 60_000, { [HOUR]: [bytesOf(5n, "derby")] });
        expect(await store.usageArchive.readBuckets(series, WINDOW, lagMs)).toEqual([]);
      }
      await write(series, HOUR + 65 * 60_000, { [HOUR]: [bytesOf(5n, "derby")] });
      expect(await store.usageArchive.readBuckets(series, WINDOW, lagMs)).toEqual([HOUR]);
      expect(await store.usageArchive.readBuckets({ ...series, granularity: "DAY" }, WINDOW, lagMs)).toEqual([]);
    });

    it("adds parts of one name, and changes nothing when it is written again", async () => {
      const series = newSeries();
      const buckets = { [HOUR]: [bytesOf(5n, "derby"), bytesOf(7n), bytesOf(3n, "derby")] };
      for (let round = 0; round < 3; round += 1) await write(series, HOUR + round, buckets);
      expect(await rowsOf(series)).toEqual([
        ["", 7n, "OPEN"],
        ["derby", 8n, "OPEN"],
      ]);
      expect(await correctionsOf(series)).toEqual([]);
    });

    it("keeps texts apart that differ in a byte, and takes every text", async () => {
      const series = newSeries();
      const names = ["a", "A", "ä", '"', "\\", "'", "\u{1f600}", "1", "01", "null"];
      await write(series, HOUR, { [HOUR]: [...names, "nul\0", "half\ud800"].map((name) => bytesOf(1n, name)) });
      const written = (await rowsOf(series)).map(([part]) => part);
      expect(new Set(written)).toEqual(new Set(["", ...names, "nul\u{fffd}", "half\u{fffd}"]));
    });

    it("keeps owners, kinds, subjects and granularities apart", async () => {
      const series = newSeries({ kind: "STREAM", subject: "derby" });
      const others: ArchiveSeries[] = [
        { ...series, owner: `${series.owner}x` },
        { ...series, kind: "STREAM_COUNTRY" },
        { ...series, subject: "final" },
        { ...series, granularity: "DAY" },
      ];
      for (const [index, one] of [series, ...others].entries())
        await write(one, HOUR, { [HOUR]: [bytesOf(BigInt(index))] });
      for (const [index, one] of [series, ...others].entries()) {
        expect(await rowsOf(one)).toEqual([["", BigInt(index), "OPEN"]]);
      }
    });

    it("settles a row that was read without a change for 24 hours, and counts these from its last change", async () => {
      const series = newSeries();
      await write(series, HOUR, { [HOUR]: [bytesOf(1n)] });
      await write(series, HOUR + HOUR_MS, { [HOUR]: [bytesOf(2n)] });
      await write(series, HOUR + DAY_MS, { [HOUR]: [bytesOf(2n)] });
      expect(await rowsOf(series)).toEqual([["", 2n, "OPEN"]]);
      await write(series, HOUR + DAY_MS + HOUR_MS, { [HOUR]: [bytesOf(2n)] });
      expect(await rowsOf(series)).toEqual([["", 2n, "SETTLED"]]);
      expect(await correctionsOf(series)).toEqual([]);
    });

    it("does not settle a row that nobody has read in the meantime and that has changed since", async () => {
      const series = newSeries();
      await write(series, HOUR, { [HOUR]: [bytesOf(1n)] });
      await write(series, HOUR + 3 * DAY_MS, { [HOUR]: [bytesOf(2n)] });
      expect(await rowsOf(series)).toEqual([["", 2n, "OPEN"]]);
      expect(await correctionsOf(series)).toEqual([]);
    });

    it("records every change of a settled row with its time and the former value", async () => {
      const series = newSeries();
      await write(series, HOUR, { [HOUR]: [bytesOf(5n)] });
      await write(series, HOUR + DAY_MS, { [HOUR]: [bytesOf(5n)] });
      await write(series, HOUR + 2 * DAY_MS, { [HOUR]: [bytesOf(4n)] });
      await write(series, HOUR + 2 * DAY_MS + 1, { [HOUR]: [bytesOf(4n)] });
      await write(series, HOUR + 2 * DAY_MS + 2, { [HOUR]: [bytesOf(9n)] });
      expect(await rowsOf(series)).toEqual([["", 9n, "SETTLED"]]);
      expect(await correctionsOf(series)).toEqual([
        ["", 2 * DAY_MS, 5n],
        ["", 2 * DAY_MS + 2, 4n],
      ]);
    });

    it("sets a part to zero that a later reading does not have: by a correction if the row is settled", async () => {
      const series = newSeries();
      await write(series, HOUR, { [HOUR]: [bytesOf(5n, "derby")], [HOUR + HOUR_MS]: [bytesOf(6n, "final")] });
      await write(series, HOUR + 1, { [HOUR]: [] });
      expect(await rowsOf(series)).toEqual([
        ["", 0n, "OPEN"],
        ["derby", 0n, "OPEN"],
        ["", 0n, "OPEN"],
        ["final", 6n, "OPEN"],
      ]);
      expect(await correctionsOf(series)).toEqual([]);
      const next = HOUR + HOUR_MS;
      await write(series, HOUR + DAY_MS, { [next]: [bytesOf(6n, "final")] });
      for (let round = 1; round <= 2; round += 1) await write(series, HOUR + DAY_MS + round, { [next]: [] });
      expect((await rowsOf(series)).at(-1)).toEqual(["final", 0n, "SETTLED"]);
      expect(await correctionsOf(series)).toEqual([["final", DAY_MS + 1, 6n]]);
    });

    it("records a part that appears in a settled bucket as a correction of nothing", async () => {
      const series = newSeries();
      await write(series, HOUR, { [HOUR]: [] });
      await write(series, HOUR + DAY_MS, { [HOUR]: [] });
      await write(series, HOUR + DAY_MS + 1, { [HOUR]: [bytesOf(5n, "late")] });
      await write(series, HOUR + DAY_MS + 2, { [HOUR]: [bytesOf(6n, "late")] });
      expect((await rowsOf(series)).at(-1)).toEqual(["late", 6n, "SETTLED"]);
      expect(await correctionsOf(series)).toEqual([
        ["late", DAY_MS + 1, null],
        ["late", DAY_MS + 2, 5n],
      ]);
    });

    it("settles nothing while the clock runs backwards", async () => {
      const series = newSeries();
      await write(series, HOUR, { [HOUR]: [bytesOf(1n)] });
      await write(series, HOUR - 2 * DAY_MS, { [HOUR]: [bytesOf(1n)] });
      await write(series, HOUR + 1, { [HOUR]: [bytesOf(1n)] });
      expect(await rowsOf(series)).toEqual([["", 1n, "OPEN"]]);
    });

    it("takes more rows than a transaction has, of months that are far apart", async () => {
      const series = newSeries();
      const streams = Array.from({ length: 1_234 }, (_, index) => bytesOf(BigInt(index), `stream ${index}`));
      const earlier = HOUR - 35 * DAY_MS;
      await write(series, HOUR, { [earlier]: streams, [HOUR]: streams });
      const rows = await store.usageArchive.rows(series, WINDOW);
      expect(rows).toHaveLength(2 * 1_235);
      expect(rows.reduce((sum, { traffic }) => sum + traffic.bytesOut, 0n)).toBe(2n * ((1_233n * 1_234n) / 2n));
    });

    it("lets the event loop run between its transactions, when it clears parts as well", async () => {
      const series = newSeries();
      const streams = Array.from({ length: 5_000 }, (_, index) => bytesOf(1n, `stream ${index}`));
      const turnsOf = async (work: Promise<void>) => {
        let turns = 0;
        let isDone = false;
        const count = () => {
          turns += 1;
          if (!isDone) setImmediate(count);
        };
        setImmediate(count);
        await work;
        isDone = true;
        return turns;
      };
      expect(await turnsOf(write(series, HOUR, { [HOUR]: streams }))).toBeGreaterThanOrEqual(5);
      expect(await turnsOf(write(series, HOUR + 1, { [HOUR]: [] }))).toBeGreaterThanOrEqual(5);
      expect((await rowsOf(series)).filter(([, bytesOut]) => bytesOut !== 0n)).toEqual([]);
    });

    it("keeps every correction, in order, while the clock runs backwards or stands still", async () => {
      const series = newSeries();
      await write(series, HOUR, { [HOUR]: [bytesOf(5n)] });
      await write(series, HOUR + DAY_MS, { [HOUR]: [bytesOf(5n)] });
      for (const [readAt, bytesOut] of [
        [HOUR + 2 * DAY_MS, 4n],
        [HOUR + 2 * DAY_MS, 3n],
        [HOUR + DAY_MS, 2n],
      ] as const) {
        await write(series, readAt, { [HOUR]: [bytesOf(bytesOut)] });
      }
      expect(await rowsOf(series)).toEqual([["", 2n, "SETTLED"]]);
      expect(await correctionsOf(series)).toEqual([
        ["", 2 * DAY_MS, 5n],
        ["", 2 * DAY_MS + 1, 4n],
        ["", 2 * DAY_MS + 2, 3n],
      ]);
    });

    it("takes names that differ only in what a database cannot hold for one", async () => {
      const series = newSeries();
      await write(series, HOUR, { [HOUR]: [bytesOf(1n, "nul\0"), bytesOf(2n, "nul\u{fffd}")] });
      expect(await rowsOf(series)).toEqual([
        ["", 0n, "OPEN"],
        ["nul\u{fffd}", 3n, "OPEN"],
      ]);
    });

    it("refuses everything from a holder whose lease another gateway has taken", async () => {
      const paused = await takeLease(store, "paused", 0);
      await takeLease(store, "paused");
      const series = newSeries();
      const span = { kind: "STREAM", name: "derby", granularity: "HOUR", from: HOUR, until: HOUR } as const;
      const { usageArchive: archive } = store;
      expect(await rejectionOf(write(series, HOUR, { [HOUR]: [bytesOf(1n)] }, paused))).toBeInstanceOf(LeaseLostError);
      expect(await rejectionOf(archive.saveSources("a", [{ ...span, readUntil: HOUR }], paused))).toBeInstanceOf(
        LeaseLostError,
      );
      expect(await rejectionOf(archive.saveGaps("a", [span], paused))).toBeInstanceOf(LeaseLostError);
      expect(await rowsOf(series)).toEqual([]);
      expect(await archive.sources("a")).toEqual([]);
      expect(await archive.gaps("a", 10)).toEqual([]);
    });

    it("does not let such a holder correct or clear rows either", async () => {
      const series = newSeries();
      await write(series, HOUR, { [HOUR]: [bytesOf(5n, "derby")] });
      await write(series, HOUR + DAY_MS, { [HOUR]: [bytesOf(5n, "derby")] });
      const expired = await takeLease(store, "expired", 0);
      for (const parts of [[], [bytesOf(6n, "derby")]]) {
        await rejectionOf(write(series, HOUR + 2 * DAY_MS, { [HOUR]: parts }, expired));
      }
      expect((await rowsOf(series)).at(-1)).toEqual(["derby", 5n, "SETTLED"]);
      expect(await correctionsOf(series)).toEqual([]);
    });

    it("keeps the sources of an account and how far they were read, and its gaps", async () => {
      const { usageArchive: archive } = store;
      const span = { kind: "STREAM", name: "derby", granularity: "HOUR", from: HOUR, until: HOUR } as const;
      const stream = { ...span, readUntil: HOUR + 15 * 60_000 };
      const tracking = { ...stream, kind: "TRACKING_STREAM", granularity: "DAY" } as const;
      await archive.saveSources("account", [stream, tracking], lease);
      await archive.saveSources("account", [{ ...stream, until: HOUR + HOUR_MS }], lease);
      await archive.saveSources("other account", [stream], lease);
      expect(await archive.progress("account")).toEqual([
        { granularity: "HOUR", series: 1, incomplete: 0, from: HOUR, readUntil: stream.readUntil },
        { granularity: "DAY", series: 1, incomplete: 0, from: HOUR, readUntil: stream.readUntil },
      ]);
      await archive.saveSources("incomplete", [stream, { ...stream, name: "final", readUntil: HOUR + HOUR_MS }], lease);
      expect(await archive.progress("incomplete")).toMatchObject([
        { series: 2, incomplete: 1, readUntil: stream.readUntil },
      ]);
      expect(await archive.progress("nobody")).toEqual([]);
      const sources = await archive.sources("account");
      expect(sources).toHaveLength(2);
      expect(sources).toEqual(expect.arrayContaining([tracking, { ...stream, until: HOUR + HOUR_MS }]));
      const gap = { ...span, until: HOUR + HOUR_MS };
      const later = { ...gap, from: gap.until, until: gap.until + HOUR_MS };
      for (let round = 0; round < 2; round += 1) await archive.saveGaps("account", [gap, later], lease);
      expect(await archive.gaps("account", 10)).toEqual([later, gap]);
      expect(await archive.gaps("account", 1)).toEqual([later]);
    });
  });
}

const postgres = databaseKinds.find(({ kind }) => kind === "postgres");

describe.skipIf(!postgres?.isReachable)("the usage archive of several gateways", () => {
  it("takes the lease from a gateway only after the write of that one has been committed", async () => {
    await using database = await createTestDatabase("postgres");
    if (database.location.kind !== "postgres") throw new Error("no PostgreSQL");
    const store = await database.open();
    const lease = await store.leases.take("collector", "first", 300);
    const client = new pg.Client({ connectionString: database.location.url });
    await client.connect();
    try {
      // The transaction of a writing gateway that is paused between its statement and its commit.
      await client.query("begin");
      await client.query("select 1 from leases where name = 'collector' and epoch = $1 for share", [lease?.epoch]);
      await expect.poll(() => store.leases.isHeld("collector")).toBe(false);
      let taken = false;
      const taking = store.leases.take("collector", "second", LONG_MS).then((second) => {
        taken = true;
        return second;
      });
      await store.leases.isHeld("collector");
      expect(taken).toBe(false);
      await client.query("commit");
      expect(await taking).toEqual({ name: "collector", epoch: 2 });
    } finally {
      await client.end();
    }
  });

  it("lets another gateway take over from one that is paused in the middle of a write, and refuses that write", async () => {
    await using database = await createTestDatabase("postgres");
    if (database.location.kind !== "postgres") throw new Error("no PostgreSQL");
    const store = await database.open();
    const series = { owner: "account", kind: "ACCOUNT", subject: "", granularity: "HOUR" } as const;
    const writer = fork(new URL("../support/paused-writer.ts", import.meta.url), [database.location.url], {
      execArgv: ["--import", "tsx"],
    });
    try {
      // The writer has locked the lease in its transaction, and stops itself before its statement.
      await once(writer, "message");
      let lease: Lease | null = null;
      while (!lease) lease = await store.leases.take("collector", "successor", LONG_MS);
      expect(lease.epoch).toBe(2);
      await store.usageArchive.write([{ ...series, readAt: 0, buckets: new Map([[0, [bytesOf(2n)]]]) }], lease);
      const outcomes = once(writer, "message");
      writer.kill("SIGCONT");
      expect((await outcomes)[0]).toEqual({ transaction: "refused", write: "refused" });
      const rows = await store.usageArchive.rows(series, { from: 0, to: 1 });
      expect(rows.map(({ traffic }) => traffic.bytesOut)).toEqual([2n]);
    } finally {
      writer.kill("SIGKILL");
    }
  });
});
