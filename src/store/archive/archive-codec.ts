import { type RawBuilder, sql } from "kysely";
import {
  type ArchivedPart,
  type ArchiveGranularity,
  type ArchiveKind,
  type ArchiveSeries,
  completeParts as partsByName,
  type UsageReading,
} from "../../model/usage/archive.ts";
import { counterColumns } from "../../model/usage/archive-tables.ts";
import { MAX_LAG_MS } from "../../model/usage/retention.ts";
import { DAY_MS, HOUR_MS } from "../../model/usage/time.ts";
import { hasBytes, noTraffic, type TrafficParts } from "../../model/usage/traffic.ts";
import type { SqlDialect } from "../sql-dialect.ts";

export const kindCodes: Record<ArchiveKind, number> = {
  ACCOUNT: 1,
  STREAM: 2,
  ACCOUNT_COUNTRY: 3,
  STREAM_COUNTRY: 4,
  TRACKING_STREAM: 5,
};
export const granularityCodes: Record<ArchiveGranularity, number> = { HOUR: 1, DAY: 2 };
export const keyColumns = ["owner", "kind", "subject", "granularity", "bucket", "part"] as const;
const textColumns: readonly string[] = ["owner", "subject", "part", "name"];

/** Values of a row in the order of its columns. */
export type BatchRow = readonly (string | number | bigint | null)[];

/** @throws RangeError for a code that a newer version has written */
export function nameOf<Name extends string>(codes: Readonly<Record<Name, number>>, code: number): Name {
  const name = (Object.keys(codes) as Name[]).find((candidate) => codes[candidate] === code);
  if (name === undefined) throw new RangeError(`the usage archive has no code ${code}`);
  return name;
}

/** Row of the database; counts are text, since they may exceed 2^53. */
export type RowFromDatabase = Readonly<Record<(typeof counterColumns)[number], string | null>> & {
  readonly bucket: number;
  readonly part: string;
  readonly changed_at: number;
  readonly settled_at: number | null;
};

export function partOf(row: RowFromDatabase): ArchivedPart {
  const count = (text: string | null) => BigInt(text ?? 0);
  const parts: TrafficParts | null =
    row.standard_bytes_out === null
      ? null
      : {
          standard: { bytesOut: count(row.standard_bytes_out), bytesIn: count(row.standard_bytes_in) },
          restream: {
            bytesOut: count(row.restream_bytes_out),
            bytesIn: count(row.restream_bytes_in),
            secondsUsed: count(row.restream_seconds),
          },
          geoCascade: { bytesOut: count(row.geo_cascade_bytes_out), bytesIn: count(row.geo_cascade_bytes_in) },
        };
  const counts =
    row.views === null
      ? null
      : {
          viewSeconds: Number(row.view_seconds),
          publishSeconds: Number(row.publish_seconds),
          views: Number(row.views),
          publishes: Number(row.publishes),
        };
  return {
    part: row.part,
    traffic: { bytesOut: count(row.bytes_out), bytesIn: count(row.bytes_in), parts },
    counts,
  };
}

/**
 * Yields the rows of one bucket after the other, so that a large reading does not block the event loop. The last row of each is
 * the one that marks it as read.
 */
export function* bucketRowsOf(readings: readonly UsageReading[]): Generator<BatchRow[], void> {
  for (const reading of readings) {
    const series = seriesOf(reading);
    for (const [bucket, parts] of reading.buckets) {
      const [whole, ...others] = completeParts(parts);
      yield [...others, ...(whole ? [whole] : [])].map((part) => rowOf([...series, bucket], part));
    }
  }
}

/** Returns a row without usage in place of the given part; what is null stays so. */
export function zeroRow(series: ArchiveSeries, bucket: number, { part, traffic, counts }: ArchivedPart): BatchRow {
  const none = {
    part,
    traffic: { ...noTraffic, parts: traffic.parts && noParts },
    counts: counts && { viewSeconds: 0, publishSeconds: 0, views: 0, publishes: 0 },
  };
  return rowOf([...seriesOf(series), bucket], none);
}

/** Returns the parts by the name that the archive gives them, each once; the one that marks the bucket as read is the first. */
export function completeParts(parts: readonly ArchivedPart[]): ArchivedPart[] {
  return partsByName(parts.map((part) => ({ ...part, part: clean(part.part) })));
}

const noParts: TrafficParts = {
  standard: { bytesOut: 0n, bytesIn: 0n },
  restream: { bytesOut: 0n, bytesIn: 0n, secondsUsed: 0n },
  geoCascade: { bytesOut: 0n, bytesIn: 0n },
};

function seriesOf({ owner, kind, subject, granularity }: ArchiveSeries): BatchRow {
  return [clean(owner), kindCodes[kind], clean(subject), granularityCodes[granularity]];
}

function rowOf(bucket: BatchRow, { part, traffic, counts }: ArchivedPart): BatchRow {
  const { bytesOut, bytesIn, parts: breakdown } = traffic;
  return [
    ...bucket,
    part,
    bytesOut,
    bytesIn,
    breakdown?.standard.bytesOut ?? null,
    breakdown?.standard.bytesIn ?? null,
    breakdown?.restream.bytesOut ?? null,
    breakdown?.restream.bytesIn ?? null,
    breakdown?.restream.secondsUsed ?? null,
    breakdown?.geoCascade.bytesOut ?? null,
    breakdown?.geoCascade.bytesIn ?? null,
    counts?.viewSeconds ?? null,
    counts?.publishSeconds ?? null,
    counts?.views ?? null,
    counts?.publishes ?? null,
  ];
}

/** Returns a text that both databases accept within JSON. */
export function clean(text: string): string {
  return Buffer.from(text.replaceAll("\0", "\u{fffd}")).toString();
}

/** Returns a query of rows; all columns are integers, except those of texts. */
export function rowsFrom(
  rows: readonly BatchRow[],
  names: readonly string[],
  dialect: SqlDialect,
): RawBuilder<unknown> {
  if (dialect === "sqlite") {
    const cells = names.map((name, index) => sql`value ->> ${sql.lit(index)} as ${sql.ref(name)}`);
    return sql`select ${sql.join(cells)} from json_each(${jsonOf(rows)})`;
  }
  const lists = names.map((name, index) => {
    const values = rows.map((row) => row[index] ?? null);
    return textColumns.includes(name) ? sql`cast(${values} as text[])` : sql`cast(${integersOf(values)} as bigint[])`;
  });
  return sql`select * from unnest(${sql.join(lists)}) as rows(${list(names)})`;
}

/** Bigints are written as JSON numbers, which SQLite reads exactly up to 2^63. */
function jsonOf(rows: readonly BatchRow[]): string {
  const value = (cell: string | number | bigint | null) =>
    typeof cell === "string" ? JSON.stringify(cell) : `${cell}`;
  return `[${rows.map((row) => `[${row.map(value).join()}]`).join()}]`;
}

/** Returns an array of PostgreSQL as text. */
function integersOf(values: BatchRow): string {
  return `{${values.map((value) => value ?? "NULL").join()}}`;
}

/** PostgreSQL takes a parameter in a list of results for text unless it is cast. */
export function bigint(value: number, dialect: SqlDialect): RawBuilder<unknown> {
  return dialect === "sqlite" ? sql`${value}` : sql`cast(${value} as bigint)`;
}

export function list(names: readonly string[]): RawBuilder<unknown> {
  return sql.join(names.map((name) => sql.ref(name)));
}

export function columns(): RawBuilder<unknown> {
  return list([...keyColumns, ...counterColumns]);
}

export function columnsOf(table: string, names: readonly string[]): RawBuilder<unknown> {
  return list(names.map((name) => `${table}.${name}`));
}

export function texts(): RawBuilder<unknown> {
  return sql.join(counterColumns.map((name) => sql`cast(${sql.ref(name)} as text) as ${sql.ref(name)}`));
}

/** Returns the high and the low 32 bits of a count: their sums are exact where that of the counts exceeds 64 bits. */
export function halvesOf(count: RawBuilder<unknown>): { high: RawBuilder<unknown>; low: RawBuilder<unknown> } {
  return { high: sql`((${count}) >> 32)`, low: sql`((${count}) & 4294967295)` };
}

export function ofSeries({ owner, kind, subject, granularity }: ArchiveSeries): RawBuilder<unknown> {
  return sql`owner = ${clean(owner)} and kind = ${sql.lit(kindCodes[kind])} and subject = ${clean(subject)}
    and granularity = ${sql.lit(granularityCodes[granularity])}`;
}

/**
 * Returns the time at which a bucket is surely published as a whole, in milliseconds.
 *
 * @param lagMs longest time that the platform needs to publish a quarter hour; by default, the longest that is possible
 */
export function overAt(table: string, lagMs: number = MAX_LAG_MS): RawBuilder<unknown> {
  return sql`${sql.ref(`${table}.bucket`)} + case ${sql.ref(`${table}.granularity`)}
    when ${sql.lit(granularityCodes.HOUR)} then ${sql.lit(HOUR_MS)} else ${sql.lit(DAY_MS)} end + ${sql.lit(lagMs)}`;
}

/** Condition that a row counts nothing. */
export const withoutUsage = sql`(bytes_out = 0 and bytes_in = 0 and coalesce(view_seconds, 0) = 0
  and coalesce(publish_seconds, 0) = 0 and coalesce(views, 0) = 0 and coalesce(publishes, 0) = 0)`;

/** Returns whether a part counts nothing. */
export function isWithoutUsage({ traffic, counts }: ArchivedPart): boolean {
  if (hasBytes(traffic)) return false;
  return !counts || counts.viewSeconds + counts.publishSeconds + counts.views + counts.publishes === 0;
}
