import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ArchiveSeries } from "../../src/model/usage/archive.ts";
import { HOUR_MS } from "../../src/model/usage/time.ts";
import { type RowOfPage, rowCounts } from "../../src/store/archive/archive-pages.ts";
import type { Store } from "../../src/store/store.ts";
import { archive, bytesOf } from "../support/archive.ts";
import { createTestDatabase, databaseKinds, type TestDatabase } from "../support/databases.ts";
import { takeLease } from "../support/leases.ts";
import { at } from "../support/time.ts";

const FROM = at("2026-03-10T00:00:00Z");
const BUCKETS = 60;
const PARTS = 45;
const series: ArchiveSeries = { owner: "acme", kind: "TRACKING_STREAM", subject: "", granularity: "HOUR" };

for (const { kind, isReachable } of databaseKinds.filter(({ kind }) => kind !== "file")) {
  describe.skipIf(!isReachable)(`pages of the archive over ${kind}`, () => {
    let database: TestDatabase;
    let store: Store;
    beforeAll(async () => {
      database = await createTestDatabase(kind);
      store = await database.open();
      const lease = await takeLease(store);
      const starts = Array.from({ length: BUCKETS }, (_, index) => new Date(FROM + index * HOUR_MS).toISOString());
      const parts = Array.from({ length: PARTS }, (_, index) =>
        bytesOf(9_007_199_254_740_993n + BigInt(index), `s${index}`),
      );
      const buckets = Object.fromEntries(starts.map((start) => [start, parts]));
      await archive(store, lease, series, FROM + BUCKETS * HOUR_MS, buckets);
      await archive(store, lease, { ...series, owner: "acme2" }, FROM, buckets);
    });
    afterAll(() => database[Symbol.asyncDispose]());

    const readAll = async (from: number, to: number) => {
      const pages: RowOfPage[][] = [];
      for (let after: RowOfPage | null = null; ; after = pages.at(-1)?.at(-1) ?? null) {
        const page = await store.usageArchive.page(series, { from, to }, after);
        if (page.length === 0) return pages;
        pages.push(page);
      }
    };

    it("have every row of the window once, in order, with exact counts", async () => {
      const [from, to] = [FROM + HOUR_MS, FROM + (BUCKETS - 1) * HOUR_MS];
      const pages = await readAll(from, to);
      expect(pages.length).toBeGreaterThan(2);
      const rows = pages.flat();
      const whole = await store.usageArchive.rows(series, { from, to });
      expect(rows.map(({ bucket, part }) => [bucket, part])).toEqual(whole.map(({ bucket, part }) => [bucket, part]));
      expect(rows).toHaveLength((BUCKETS - 2) * (PARTS + 1));
      const [marker, first] = rows;
      expect(marker).toEqual({
        bucket: from,
        part: "",
        counts: rowCounts.map((name) => (name.startsWith("bytes") ? "0" : "")),
        changedAt: FROM + BUCKETS * HOUR_MS,
        state: "OPEN",
        lacksHours: false,
      });
      expect(BigInt(first?.counts[0] ?? 0)).toBe(9_007_199_254_740_993n + BigInt(first?.part.slice(1) ?? 0));
    });

    it("end between buckets as well as within one", async () => {
      const last = { bucket: FROM, part: "s9" };
      const rest = await store.usageArchive.page(series, { from: FROM, to: FROM + HOUR_MS }, { ...last, part: "s44" });
      expect(rest.every(({ part }) => part > "s44")).toBe(true);
      const next = await store.usageArchive.page(series, { from: FROM, to: FROM + 2 * HOUR_MS }, last);
      expect(next[0]).toMatchObject({ bucket: FROM + HOUR_MS, part: "" });
      expect(await store.usageArchive.page(series, { from: FROM, to: FROM + HOUR_MS }, last)).toEqual([]);
    });
  });
}
