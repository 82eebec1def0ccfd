import type { ArchivedPart, ArchiveSeries } from "../../src/model/usage/archive.ts";
import type { Lease } from "../../src/store/records.ts";
import type { Store } from "../../src/store/store.ts";

/** Traffic of one part of a bucket, without a breakdown. */
export const bytesOf = (bytesOut: bigint, part = "", bytesIn = 0n): ArchivedPart => ({
  part,
  traffic: { bytesOut, bytesIn, parts: null },
  counts: null,
});

/** Archives usage as the collector does. @param buckets parts by the start of their bucket, in RFC 3339 */
export async function archive(
  store: Pick<Store, "usageArchive">,
  lease: Lease,
  series: ArchiveSeries,
  readAt: number,
  buckets: Readonly<Record<string, readonly ArchivedPart[]>>,
): Promise<void> {
  const byStart = new Map(Object.entries(buckets).map(([start, parts]) => [Date.parse(start), parts]));
  await store.usageArchive.write([{ ...series, readAt, buckets: byStart }], lease);
}
