import { type RawBuilder, sql } from "kysely";
import {
  type ArchivedPart,
  type ArchiveGranularity,
  type ArchiveKind,
  type ArchiveSeries,
  completeParts,
  type UsageReading,
} from "../../model/usage/archive.ts";
import type { TrafficParts } from "../../model/usage/traffic.ts";
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
export const counterColumns = [
  "bytes_out",
  "bytes_in",
  "standard_bytes_out",
  "standard_bytes_in",
  "restream_bytes_out",
  "restream_bytes_in",
  "restream_seconds",
  "geo_cascade_bytes_out",
  "geo_cascade_bytes_in",
  "view_seconds",
  "publish_seconds",
  "views",
  "publishes",
] as const;
export const textColumns: readonly string[] = ["owner", "subject", "part"];

/** Values of a row of the batch in the order of its columns, as JSON. */
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

/** Yields the rows one by one, so that a large reading does not block the event loop. */
export function* rowsOf(readings: readonly UsageReading[]): Generator<BatchRow, void> {
  for (const { owner, kind, subject, granularity, buckets } of readings) {
    const series = [clean(owner), kindCodes[kind], clean(subject), granularityCodes[granularity]];
    for (const [bucket, parts] of buckets) {
      for (const part of completeParts(parts)) yield rowOf([...series, bucket], part);
    }
  }
}

function rowOf(bucket: BatchRow, { part, traffic, counts }: ArchivedPart): BatchRow {
  const { bytesOut, bytesIn, parts: breakdown } = traffic;
  return [
    ...bucket,
    clean(part),
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

/** Bigints are written as JSON numbers, which both databases read exactly up to 2^63. */
export function jsonOf(rows: readonly BatchRow[]): string {
  const value = (cell: string | number | bigint | null) =>
    typeof cell === "bigint" ? `${cell}` : JSON.stringify(cell);
  return `[${rows.map((row) => `[${row.map(value).join()}]`).join()}]`;
}

/** Returns a query of the rows in a JSON list of lists; all columns are integers, except those of texts. */
export function fromJson(
  json: string,
  names: readonly string[],
  texts: readonly string[],
  dialect: SqlDialect,
): RawBuilder<unknown> {
  const cells = names.map((name, index) => {
    const cell = sql`value ->> ${sql.lit(index)}`;
    const column = dialect === "sqlite" || texts.includes(name) ? cell : sql`cast(${cell} as bigint)`;
    return sql`${column} as ${sql.ref(name)}`;
  });
  const source =
    dialect === "sqlite" ? sql`json_each(${json})` : sql`jsonb_array_elements(cast(${json} as jsonb)) as t(value)`;
  return sql`select ${sql.join(cells)} from ${source}`;
}

/** Returns a query of the numbers. */
export function numbers(values: readonly number[], dialect: SqlDialect): RawBuilder<unknown> {
  const json = JSON.stringify(values);
  return dialect === "sqlite"
    ? sql`select value from json_each(${json})`
    : sql`select cast(value as bigint) from jsonb_array_elements_text(cast(${json} as jsonb)) as t(value)`;
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

export function ofSeries({ owner, kind, subject, granularity }: ArchiveSeries): RawBuilder<unknown> {
  return sql`owner = ${clean(owner)} and kind = ${sql.lit(kindCodes[kind])} and subject = ${clean(subject)}
    and granularity = ${sql.lit(granularityCodes[granularity])}`;
}
