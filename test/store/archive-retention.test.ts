import { join } from "node:path";
import { Kysely, sql } from "kysely";
import Libsql from "libsql";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ArchivedPart, ArchiveSeries } from "../../src/model/usage/archive.ts";
import { DAY_MS, HOUR_MS } from "../../src/model/usage/time.ts";
import { type Partition, partitionOf } from "../../src/store/archive/archive-partitions.ts";
import { LeaseLostError } from "../../src/store/leases.ts";
import { up as createArchive } from "../../src/store/migrations/0010-usage-archive.ts";
import { up as addRetention } from "../../src/store/migrations/0012-usage-retention.ts";
import { createPostgresDialect } from "../../src/store/postgres.ts";
import type { Lease } from "../../src/store/records.ts";
import type { Store } from "../../src/store/store.ts";
import { bytesOf } from "../support/archive.ts";
import { createTestDatabase, databaseKinds, type TestDatabase } from "../support/databases.ts";
import { takeLease } from "../support/leases.ts";
import { rejectionOf } from "../support/refusal.ts";
import { at } from "../support/time.ts";

const DAY = at("2026-03-17T00:00:00Z");
const WINDOW = { from: DAY - 400 * DAY_MS, to: DAY + 400 * DAY_MS };

for (const { kind, isReachable } of databaseKinds.filter((database) => database.kind !== "file")) {
  describe.skipIf(!isReachable)(`the retention of the archive over ${kind}`, () => {
    let database: TestDatabase;
    let store: Store;
    let lease: Lease;
    let count = 0;
    beforeAll(async () => {
      database = await createTestDatabase(kind);
      store = await database.open();
      lease = await takeLease(store);
    });
    afterAll(() => database[Symbol.asyncDispose]());

    const newSeries = (): ArchiveSeries => {
      count += 1;
      return { owner: `owner ${count}`, kind: "TRACKING_STREAM", subject: "", granularity: "HOUR" };
    };
    const daily = (series: ArchiveSeries): ArchiveSeries => ({ ...series, granularity: "DAY" });

    /** Writes buckets, and again a day later, so that they are settled. */
    const settle = async (series: ArchiveSeries, buckets: ReadonlyMap<number, readonly ArchivedPart[]>) => {
      for (const readAt of [DAY + 3 * DAY_MS, DAY + 5 * DAY_MS])
        await store.usageArchive.write([{ ...series, readAt, buckets }], lease);
    };
    const hours = (of: (hour: number) => readonly ArchivedPart[] | null, day = DAY) =>
      new Map(
        Array.from({ length: 24 }, (_, hour) => [day + hour * HOUR_MS, of(hour)] as const).flatMap(([start, parts]) =>
          parts ? [[start, parts] as const] : [],
        ),
      );
    const rowsOf = async (series: ArchiveSeries) =>
      (await store.usageArchive.rows(series, WINDOW)).map(({ bucket, part, traffic, state, lacking }) => ({
        bucket,
        part,
        bytesOut: traffic.bytesOut,
        state,
        lacking,
      }));
    const rollUp = (series: ArchiveSeries, by = lease) => store.usageArchive.rollUpDay(series, DAY, by);
    const row = { bucket: DAY, state: "SETTLED" } as const;

    it("replaces hours by their day, whose figures stay what they were", async () => {
      const series = newSeries();
      await settle(
        series,
        hours((hour) => [bytesOf(BigInt(hour), "derby"), bytesOf(1n, "final")]),
      );
      await settle(daily(series), new Map([[DAY, [bytesOf(276n, "derby"), bytesOf(24n, "final")]]]));
      expect(await rollUp(series)).toBe("ROLLED_UP");
      expect(await rowsOf(series)).toEqual([]);
      const after = await rowsOf(daily(series));
      expect(after).toEqual([
        { ...row, part: "", bytesOut: 0n, lacking: [] },
        { ...row, part: "derby", bytesOut: 276n, lacking: null },
        { ...row, part: "final", bytesOut: 24n, lacking: null },
      ]);
      expect(await rollUp(series)).toBe("ROLLED_UP");
      expect(await rowsOf(daily(series))).toEqual(after);
    });

    it("sums the hours of a day that the platform did not give, exactly beyond 2^53", async () => {
      const series = newSeries();
      await settle(
        series,
        hours((hour) => [bytesOf(2n ** 55n + BigInt(hour), "derby")]),
      );
      expect(await rollUp(series)).toBe("ROLLED_UP");
      expect(await rowsOf(series)).toEqual([]);
      expect(await rowsOf(daily(series))).toEqual([
        { ...row, part: "", bytesOut: 0n, lacking: [] },
        { ...row, part: "derby", bytesOut: 24n * 2n ** 55n + 276n, lacking: null },
      ]);
    });

    it("keeps hours whose sum no day can hold, with and without a day of the platform", async () => {
      for (const hasDay of [true, false]) {
        const series = newSeries();
        await settle(
          series,
          hours(() => [bytesOf(2n ** 62n, "derby")]),
        );
        if (hasDay) await settle(daily(series), new Map([[DAY, [bytesOf(2n ** 63n - 1n, "derby")]]]));
        expect(await rollUp(series)).toBe("DIFFERENT");
        expect(await rowsOf(series)).toHaveLength(48);
        expect(await rowsOf(daily(series))).toHaveLength(hasDay ? 2 : 0);
      }
    });

    it("sums the hours of a day exactly up to 2^63", async () => {
      const series = newSeries();
      await settle(
        series,
        hours((hour) => (hour < 2 ? [bytesOf(2n ** 62n - BigInt(hour), "derby")] : [])),
      );
      expect(await rollUp(series)).toBe("ROLLED_UP");
      expect((await rowsOf(daily(series)))[1]).toMatchObject({ part: "derby", bytesOut: 2n ** 63n - 1n });
    });

    it("names the hours that a day lacks, with and without a day of the platform", async () => {
      for (const hasDay of [true, false]) {
        const series = newSeries();
        await settle(
          series,
          hours((hour) => (hour === 3 || hour === 4 ? null : [bytesOf(1n, "derby")])),
        );
        if (hasDay) await settle(daily(series), new Map([[DAY, [bytesOf(22n, "derby")]]]));
        expect(await rollUp(series)).toBe("ROLLED_UP");
        expect((await rowsOf(daily(series)))[0]).toEqual({
          ...row,
          part: "",
          bytesOut: 0n,
          lacking: [DAY + 3 * HOUR_MS, DAY + 4 * HOUR_MS],
        });
      }
    });

    it("says nothing about the hours that were not read if the day has usage of them", async () => {
      const series = newSeries();
      await settle(
        series,
        hours((hour) => (hour < 3 ? null : [bytesOf(1n, "derby")])),
      );
      await settle(daily(series), new Map([[DAY, [bytesOf(22n, "derby")]]]));
      expect(await rollUp(series)).toBe("ROLLED_UP");
      expect(await rowsOf(series)).toEqual([]);
      expect((await rowsOf(daily(series)))[1]).toEqual({ ...row, part: "derby", bytesOut: 22n, lacking: null });
    });

    it("keeps hours and day as they are if they contradict each other", async () => {
      for (const ofDay of [23n, 25n]) {
        const series = newSeries();
        await settle(
          series,
          hours(() => [bytesOf(1n, "derby")]),
        );
        await settle(daily(series), new Map([[DAY, [bytesOf(ofDay, "derby")]]]));
        const before = [await rowsOf(series), await rowsOf(daily(series))];
        expect(await rollUp(series)).toBe("DIFFERENT");
        expect([await rowsOf(series), await rowsOf(daily(series))]).toEqual(before);
      }
    });

    it("keeps what is not settled: an hour, a part of an hour, or the day", async () => {
      const all = hours(() => [bytesOf(1n, "derby")]);
      const once = async (series: ArchiveSeries, buckets: ReadonlyMap<number, readonly ArchivedPart[]>) =>
        store.usageArchive.write([{ ...series, readAt: DAY + 6 * DAY_MS, buckets }], lease);
      const openHour = newSeries();
      await settle(
        openHour,
        hours((hour) => (hour === 7 ? null : [bytesOf(1n, "derby")])),
      );
      await once(
        openHour,
        hours((hour) => (hour === 7 ? [bytesOf(1n, "derby")] : null)),
      );
      const openDay = newSeries();
      await settle(openDay, all);
      await once(daily(openDay), new Map([[DAY, [bytesOf(24n, "derby")]]]));
      for (const series of [openHour, openDay]) {
        expect(await rollUp(series)).toBe("OPEN");
        expect(await rowsOf(series)).toHaveLength(48);
      }
    });

    it("completes a roll-up that was interrupted, and never takes what is left for the whole", async () => {
      const series = newSeries();
      await settle(
        series,
        hours((hour) => [bytesOf(BigInt(hour), "derby")]),
      );
      expect(await rollUp(series)).toBe("ROLLED_UP");
      const [, day] = await rowsOf(daily(series));
      // Hours that were there when the gateway ended.
      await settle(
        series,
        hours((hour) => (hour > 20 ? [bytesOf(BigInt(hour), "derby")] : null)),
      );
      expect(await rollUp(series)).toBe("ROLLED_UP");
      expect(await rowsOf(series)).toEqual([]);
      expect((await rowsOf(daily(series)))[1]).toEqual(day);
    });

    it("keeps an hour that comes later to a day that lacks it", async () => {
      const series = newSeries();
      await settle(
        series,
        hours((hour) => (hour === 3 ? null : [bytesOf(1n, "derby")])),
      );
      expect(await rollUp(series)).toBe("ROLLED_UP");
      await settle(
        series,
        hours((hour) => (hour === 3 ? [bytesOf(1n, "derby")] : null)),
      );
      expect(await rollUp(series)).toBe("ROLLED_UP");
      expect(await rowsOf(series)).toHaveLength(2);
    });

    it("takes days with more rows than a transaction has", async () => {
      const series = newSeries();
      const streams = Array.from({ length: 150 }, (_, index) => bytesOf(BigInt(index), `stream ${index}`));
      await settle(
        series,
        hours(() => streams),
      );
      expect(await rollUp(series)).toBe("ROLLED_UP");
      expect(await rowsOf(series)).toEqual([]);
      const days = await rowsOf(daily(series));
      expect(days).toHaveLength(151);
      expect(days.reduce((sum, { bytesOut }) => sum + bytesOut, 0n)).toBe(24n * ((149n * 150n) / 2n));
    });

    it("touches neither other days nor other series", async () => {
      const series = newSeries();
      const other = newSeries();
      const all = hours(() => [bytesOf(1n, "derby")]);
      const next = hours(() => [bytesOf(1n, "derby")], DAY + DAY_MS);
      await settle(series, new Map([...all, ...next]));
      await settle(other, all);
      expect(await rollUp(series)).toBe("ROLLED_UP");
      expect(await rowsOf(series)).toHaveLength(48);
      expect(await rowsOf(other)).toHaveLength(48);
      expect(await store.usageArchive.oldestHour(series, WINDOW)).toBe(DAY + DAY_MS);
      expect(await store.usageArchive.oldestHour(series, { from: 0, to: DAY })).toBeNull();
    });

    it("refuses a holder whose lease another gateway has taken, and changes nothing", async () => {
      const paused = await takeLease(store, "paused", 0);
      await takeLease(store, "paused");
      const series = newSeries();
      await settle(
        series,
        hours(() => [bytesOf(1n, "derby")]),
      );
      expect(await rejectionOf(rollUp(series, paused))).toBeInstanceOf(LeaseLostError);
      expect(await rowsOf(series)).toHaveLength(48);
      expect(await rowsOf(daily(series))).toEqual([]);
    });
  });
}

/** Returns the columns of each unique index of the archive's tables. */
async function uniqueIndexes(database: TestDatabase): Promise<ReadonlyMap<string, readonly string[]>> {
  const { location } = database;
  if (location.kind === "postgres") {
    const client = new pg.Client({ connectionString: location.url });
    await client.connect();
    try {
      const { rows } = await client.query<{ name: string; columns: string[] }>(
        `select indexrelid::regclass::text as name, array_agg(attname::text order by position) as columns
          from pg_index join pg_class on pg_class.oid = indrelid,
            unnest(indkey) with ordinality as key (number, position)
            join pg_attribute on attnum = number
          where indisunique and attrelid = indrelid and relname like 'usage\\_%'
          group by indexrelid`,
      );
      return new Map(rows.map(({ name, columns }) => [name, columns]));
    } finally {
      await client.end();
    }
  }
  if (location.kind !== "file") throw new Error("a database in memory has nobody else");
  const sqlite = new Libsql(join(location.folder, "syndigraph.db"));
  try {
    const indexes = sqlite
      .prepare(
        `select l.name, group_concat(i.name) as columns
          from sqlite_master t, pragma_index_list(t.name) l, pragma_index_info(l.name) i
          where t.type = 'table' and t.name like 'usage\\_%' escape '\\' and l."unique" group by l.name`,
      )
      .all() as { name: string; columns: string }[];
    return new Map(indexes.map(({ name, columns }) => [name, columns.split(",")]));
  } finally {
    sqlite.close();
  }
}

for (const { kind, isReachable } of databaseKinds.filter((database) => database.kind !== "memory")) {
  describe.skipIf(!isReachable)(`the tables of the archive over ${kind}`, () => {
    it("have unique keys that begin with the owner, so that they can be distributed by it", async () => {
      await using database = await createTestDatabase(kind);
      const store = await database.open();
      const lease = await takeLease(store);
      const series = { owner: "owner", kind: "ACCOUNT", subject: "" } as const;
      const buckets = new Map([[DAY, [bytesOf(1n)]]]);
      for (const granularity of ["HOUR", "DAY"] as const)
        await store.usageArchive.write([{ ...series, granularity, readAt: DAY, buckets }], lease);
      const indexes = await uniqueIndexes(database);
      expect(indexes.size).toBeGreaterThanOrEqual(4);
      for (const [name, columns] of indexes) expect.soft(columns[0], name).toBe("owner");
    });
  });
}

const postgres = databaseKinds.find(({ kind }) => kind === "postgres");

describe.skipIf(!postgres?.isReachable)("the partitions of the archive", () => {
  it("hold each bucket in one that has its granularity alone, without overlap", () => {
    const all = new Map<string, Partition>();
    for (let hour = at("2023-12-20T00:00:00Z"); hour < at("2025-03-10T00:00:00Z"); hour += HOUR_MS) {
      for (const granularity of ["HOUR", "DAY"] as const) {
        const partition = partitionOf(granularity, hour);
        expect(hour >= partition.from && hour < partition.until).toBe(true);
        const known = all.get(partition.name);
        if (known) expect(partition).toEqual(known);
        else all.set(partition.name, partition);
      }
    }
    for (const granularity of ["HOUR", "DAY"] as const) {
      const sorted = [...all.values()]
        .filter((each) => each.granularity === granularity)
        .sort((a, b) => a.from - b.from);
      for (const [index, { from }] of sorted.entries()) if (index > 0) expect(sorted[index - 1]?.until).toBe(from);
    }
  });

  it("are dropped when their hours have become days, except around the turn of a month", async () => {
    await using database = await createTestDatabase("postgres");
    const store = await database.open();
    const lease = await takeLease(store);
    const series = { owner: "owner", kind: "ACCOUNT", subject: "", granularity: "HOUR" } as const;
    const days = ["2026-03-01", "2026-03-17", "2026-04-17"].map((day) => at(`${day}T00:00:00Z`));
    for (const readAt of [DAY + 60 * DAY_MS, DAY + 62 * DAY_MS]) {
      const buckets = new Map(days.map((day) => [day, [bytesOf(1n)]]));
      await store.usageArchive.write([{ ...series, readAt, buckets }], lease);
    }
    const names = () => partitionsOf(database);
    expect(await names()).toEqual(["usage_hours_2026_03", "usage_hours_2026_04", "usage_hours_turn_2026_03"]);
    const drop = (before: string) => store.usageArchive.dropEmptyPartitions(at(before), lease);
    await drop("2026-07-01T00:00:00Z");
    expect(await names()).toHaveLength(3);
    for (const day of days.slice(1)) expect(await store.usageArchive.rollUpDay(series, day, lease)).toBe("ROLLED_UP");
    await drop("2026-03-31T00:00:00Z");
    expect(await names()).toEqual([
      "usage_days_2026_03",
      "usage_days_2026_04",
      "usage_hours_2026_04",
      "usage_hours_turn_2026_03",
    ]);
    // An hour that comes later, as by an import, is taken all the same.
    const buckets = new Map([[DAY + 5 * DAY_MS, [bytesOf(1n)]]]);
    await store.usageArchive.write([{ ...series, readAt: DAY, buckets }], lease);
    expect(await names()).toContain("usage_hours_2026_03");
    const expired = await takeLease(store, "expired", 0);
    await expect(store.usageArchive.dropEmptyPartitions(at("2026-07-01T00:00:00Z"), expired)).rejects.toThrow(
      LeaseLostError,
    );
  });

  it("are made for the rows that a former version has written, of which none is lost", async () => {
    await using database = await createTestDatabase("postgres");
    if (database.location.kind !== "postgres") throw new Error("no PostgreSQL");
    const db = new Kysely<never>({ dialect: createPostgresDialect(database.location.url) });
    try {
      await createArchive(db, "postgres");
      const run = (text: string) => sql.raw(text).execute(db);
      await run(
        `create table usage_rows_2026_02 partition of usage_rows for values from (${at("2026-02-01T00:00:00Z")}) to (${at("2026-03-01T00:00:00Z")})`,
      );
      await run(
        `create table usage_rows_2026_03 partition of usage_rows for values from (${at("2026-03-01T00:00:00Z")}) to (${at("2026-04-01T00:00:00Z")})`,
      );
      const starts = [
        "2026-02-01T00",
        "2026-02-28T23",
        "2026-03-01T00",
        "2026-03-01T23",
        "2026-03-17T05",
        "2026-03-31T23",
      ];
      for (const [index, start] of starts.entries()) {
        for (const granularity of [1, 2]) {
          await run(
            `insert into usage_rows (owner, kind, subject, granularity, bucket, part, bytes_out, bytes_in, changed_at, read_at)
              values ('owner', 1, '', ${granularity}, ${at(`${start}:00:00Z`)}, '', ${index}, 0, 1, 1)`,
          );
        }
      }
      await addRetention(db, "postgres");
      const { rows } = await sql<{ table: string; name: string }>`select tableoid::regclass::text as table,
        bytes_out || '/' || granularity as name from usage_rows order by bytes_out, granularity`.execute(db);
      expect(rows.map(({ name }) => name)).toEqual(starts.flatMap((_, index) => [`${index}/1`, `${index}/2`]));
      for (const [index, { table }] of rows.entries()) {
        const granularity = index % 2 === 0 ? "HOUR" : "DAY";
        expect(table).toBe(partitionOf(granularity, at(`${starts[index >> 1]}:00:00Z`)).name);
      }
    } finally {
      await db.destroy();
    }
  });
});

async function partitionsOf(database: TestDatabase): Promise<string[]> {
  if (database.location.kind !== "postgres") throw new Error("no PostgreSQL");
  const client = new pg.Client({ connectionString: database.location.url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      "select relname as name from pg_inherits join pg_class on oid = inhrelid where inhparent = 'usage_rows'::regclass order by 1",
    );
    return rows.map(({ name }) => name);
  } finally {
    await client.end();
  }
}
