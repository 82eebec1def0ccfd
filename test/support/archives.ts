import type { ArchivedPart, UsageReading } from "../../src/model/usage/archive.ts";
import { DAY_MS, HOUR_MS } from "../../src/model/usage/time.ts";
import type { ArchivePage } from "../../src/store/archive/archive-transfer.ts";
import { ATTENDANCE_LEASE } from "../../src/store/leases.ts";
import type { Store } from "../../src/store/store.ts";
import { bytesOf } from "./archive.ts";
import { takeLease } from "./leases.ts";
import { at } from "./time.ts";

/** Newest hour of {@link fillArchive}. */
export const ARCHIVED_HOUR = at("2026-03-18T10:00:00Z");
const HOUR = ARCHIVED_HOUR;

const buckets = (count: number, parts: number, value: bigint) =>
  new Map(
    Array.from({ length: count }, (_, index) => [
      HOUR - index * HOUR_MS,
      Array.from({ length: parts }, (_, part) => bytesOf(value + BigInt(part), `stream ${part} "ä" \u{1f600}`)),
    ]),
  );

const readingOf = (readAt: number, of: Map<number, ArchivedPart[]>, owner = "northwind"): UsageReading => ({
  ...{ owner, kind: "TRACKING_STREAM", subject: "", granularity: "HOUR" },
  ...{ readAt, buckets: of },
});

/** Writes as a collector what {@link fillArchive} wrote last, read an hour later. */
export async function writeNewest({ leases, usageArchive }: Store): Promise<void> {
  const lease = await takeLease({ leases });
  const newest = new Map([...buckets(60, 30, 2n ** 58n), ...buckets(2, 31, 7n)]);
  await usageArchive.write([readingOf(HOUR + 27 * HOUR_MS, newest)], lease);
  await leases.release(lease);
}

/** Number of rows of each table that {@link fillArchive} writes, in the order of an export. */
export const ARCHIVED_ROWS = [60 * 31 + 2 + 701, 2 * 31, 1, 1, 2, 1] as const;

/**
 * Fills an archive by the collector's own statements, with counts beyond 2^53: 60 buckets of 31 rows that are settled, of which two are
 * corrected and have one part more; one bucket of 701 rows; a source, a gap, and a day of attendance.
 */
export async function fillArchive({ leases, usageArchive, attendance }: Store, account: string): Promise<void> {
  const lease = await takeLease({ leases });
  const write = (readAt: number, of: Map<number, ArchivedPart[]>, owner?: string) =>
    usageArchive.write([readingOf(readAt, of, owner)], lease);
  await write(HOUR, buckets(60, 30, 2n ** 58n));
  await write(HOUR + 25 * HOUR_MS, buckets(60, 30, 2n ** 58n));
  await write(HOUR + 26 * HOUR_MS, buckets(2, 31, 7n));
  await write(HOUR, buckets(1, 700, 1n), "kestrel");
  const of = { kind: "TRACKING_STREAM", name: "northwind", granularity: "HOUR" } as const;
  const source = { ...of, from: HOUR - 59 * HOUR_MS, until: HOUR, readUntil: HOUR };
  await usageArchive.saveSources(account, [source], lease);
  await usageArchive.saveGaps(account, [{ ...of, from: HOUR - 80 * HOUR_MS, until: HOUR - 70 * HOUR_MS }], lease);
  await leases.release(lease);
  const counting = await takeLease({ leases }, ATTENDANCE_LEASE);
  const counted = (trackingId: string | null) => ({
    ...{ trackingId, streamName: "derby", country: "DE", sessions: 3 },
    ...{ connections: 5, watchSeconds: 2 ** 40, viewerDays: trackingId === null ? null : 2 },
  });
  const day = { day: HOUR - (HOUR % DAY_MS), readAt: HOUR, ongoing: 1 };
  await attendance.write(account, day, [counted("northwind"), counted(null)], counting);
  await leases.release(counting);
}

/** Returns all pages of an export. */
export async function archivePages({ archiveTransfer }: Pick<Store, "archiveTransfer">): Promise<ArchivePage[]> {
  const pages = [await archiveTransfer.page(null)];
  for (let next = pages[0]?.next ?? null; next; next = pages.at(-1)?.next ?? null) {
    pages.push(await archiveTransfer.page(next));
  }
  return pages;
}

/** Returns all rows of an archive in one order, which databases do not share. */
export async function archiveContents(store: Pick<Store, "archiveTransfer">): Promise<string[]> {
  const pages = await archivePages(store);
  return pages.flatMap(({ table, rows }) => rows.map((row) => `${table} ${JSON.stringify(row)}`)).sort();
}
