import type { ViewerRecord } from "../upstream/viewer-records.ts";

/** Position of a record in a list, which is sorted by start and then by id. */
export interface RecordPosition {
  readonly startedAt: number;
  readonly recordId: string;
}

/**
 * Returns the first records after a position, sorted.
 *
 * The platform sends all records of a query in one response, up to millions in no documented order. All of them are read
 * one at a time, and only `count` are held in memory.
 *
 * @param onRecord called with every record of the response
 */
export async function takeRecords(
  records: AsyncIterable<ViewerRecord>,
  after: RecordPosition | null,
  count: number,
  matches: (record: ViewerRecord) => boolean = () => true,
  onRecord?: (record: ViewerRecord) => void,
): Promise<ViewerRecord[]> {
  const first: ViewerRecord[] = [];
  for await (const record of records) {
    onRecord?.(record);
    const last = first.length === count ? first.at(-1) : undefined;
    if (last && comparePositions(record, last) >= 0) continue;
    if ((after && comparePositions(record, after) <= 0) || !matches(record)) continue;
    insert(first, record);
    if (first.length > count) first.pop();
  }
  return first;
}

/**
 * Compares by start, then by id.
 *
 * Ids are decimal numbers beyond 2^53 without leading zeros: the longer one is larger.
 */
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
