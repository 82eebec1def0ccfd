import type { ViewerRecord } from "../upstream/viewer-records.ts";

/** Where a record stands in a list of records: by start, then by id. */
export interface RecordPosition {
  readonly startedAt: number;
  readonly recordId: string;
}

/**
 * The first records behind a position, sorted. The platform sends all records of a query in one answer, in an order that
 * it does not document, by the million; so all are looked at, one at a time, and only as many kept as are asked for.
 */
export async function takeRecords(
  records: AsyncIterable<ViewerRecord>,
  after: RecordPosition | null,
  count: number,
  isWanted: (record: ViewerRecord) => boolean = () => true,
): Promise<ViewerRecord[]> {
  const kept: ViewerRecord[] = [];
  for await (const record of records) {
    const last = kept.length === count ? kept.at(-1) : undefined;
    if (last && comparePositions(record, last) >= 0) continue;
    if ((after && comparePositions(record, after) <= 0) || !isWanted(record)) continue;
    insert(kept, record);
    if (kept.length > count) kept.pop();
  }
  return kept;
}

/** Ids are numbers that may pass 2^53, written without leading zeros: the longer is the larger. */
export function comparePositions(a: RecordPosition, b: RecordPosition): number {
  if (a.startedAt !== b.startedAt) return a.startedAt - b.startedAt;
  if (a.recordId.length !== b.recordId.length) return a.recordId.length - b.recordId.length;
  return a.recordId < b.recordId ? -1 : a.recordId > b.recordId ? 1 : 0;
}

function insert(sorted: ViewerRecord[], record: ViewerRecord): void {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = sorted[middle];
    if (other && comparePositions(other, record) <= 0) low = middle + 1;
    else high = middle;
  }
  sorted.splice(low, 0, record);
}
