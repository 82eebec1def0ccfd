import { setImmediate as nextTurn } from "node:timers/promises";
import { type RawBuilder, sql } from "kysely";
import { ApplicationError } from "../model/errors.ts";
import {
  type ArchivedPart,
  type ArchiveGranularity,
  type ArchiveKind,
  type ArchiveSeries,
  completeParts,
  SETTLED_AFTER_MS,
  type UsageReading,
} from "../model/usage/archive.ts";
import { DAY_MS, HOUR_MS, type TimeWindow } from "../model/usage/time.ts";
import type { TrafficParts } from "../model/usage/traffic.ts";
import type { Db } from "./database.ts";
import { heldLease } from "./leases.ts";
import type { Lease } from "./records.ts";
import type { SqlDialect } from "./sql-dialect.ts";
import { isUniqueViolation } from "./store-error.ts";

/** Another gateway has taken the lease; nothing was written. */
export class LeaseLostError extends ApplicationError {
  constructor({ name }: Lease) {
    super("CONFLICT", `The lease ${name} is held by another gateway, or has expired.`);
  }
}

/** Archived usage of one part of a bucket. */
export interface ArchivedRow extends ArchivedPart {
  readonly bucket: number;
  /** When the values were last seen to change, in milliseconds. */
  readonly changedAt: number;
  /** OPEN until nothing has changed for 24 hours. A row that is SETTLED is changed by corrections only. */
  readonly state: "OPEN" | "SETTLED";
}

/** Correction of a settled row. */
export interface ArchiveCorrection {
  readonly bucket: number;
  readonly part: string;
  readonly correctedAt: number;
  /** Former values; null if there was no row. */
  readonly former: ArchivedPart | null;
}

/** Series that is collected, and how far. */
export interface ArchiveSource {
  readonly kind: ArchiveKind;
  /** Stream or tracking id; empty for the account. */
  readonly name: string;
  readonly granularity: ArchiveGranularity;
  /** Start of the first bucket, in milliseconds. */
  readonly from: number;
  /** End of the last bucket before the first that is still to be read, in milliseconds. */
  readonly until: number;
  /** Time up to which the platform had published usage when the series was last read, in milliseconds. */
  readonly readUntil: number;
}

/** Span that was not read while the platform had it. */
export type ArchiveGap = Omit<ArchiveSource, "readUntil">;

/** How far the series of one granularity have been read. */
export interface ArchiveProgress {
  readonly granularity: ArchiveGranularity;
  readonly series: number;
  /** Series in which the platform left out a bucket that it may still give. */
  readonly incomplete: number;
  /** Start of the oldest bucket of any series, in milliseconds. */
  readonly from: number;
  /** Time up to which every series was read, in milliseconds. */
  readonly readUntil: number;
}

/** Usage that outlives the platform's memory. See docs/decisions/0029-usage-archive.md. */
export interface UsageArchive {
  /**
   * Writes what was read, in short transactions between which the event loop runs. Writing a reading again changes nothing.
   *
   * Parts of a bucket that the reading does not have become zero.
   *
   * @throws LeaseLostError if the lease is not held; earlier transactions of the call are kept
   */
  write(readings: readonly UsageReading[], lease: Lease): Promise<void>;
  /** Returns the rows of a window, by bucket and part. */
  rows(series: ArchiveSeries, window: TimeWindow): Promise<ArchivedRow[]>;
  /** Returns the corrections of a window, by bucket, part and time. */
  corrections(series: ArchiveSeries, window: TimeWindow): Promise<ArchiveCorrection[]>;
  /** Returns the starts of the buckets that were read, in order. */
  readBuckets(series: ArchiveSeries, window: TimeWindow): Promise<number[]>;
  /** Returns how far an account's series have been read, by granularity; empty before the first. */
  progress(owner: string): Promise<ArchiveProgress[]>;
  /** Returns what an account's collector collects. */
  sources(owner: string): Promise<ArchiveSource[]>;
  /** Inserts or replaces sources. @throws LeaseLostError */
  saveSources(owner: string, sources: readonly ArchiveSource[], lease: Lease): Promise<void>;
  /** Returns up to `limit` gaps, newest first. */
  gaps(owner: string, limit: number): Promise<ArchiveGap[]>;
  /** Inserts gaps. @throws LeaseLostError */
  saveGaps(owner: string, gaps: readonly ArchiveGap[], lease: Lease): Promise<void>;
}

/** Rows in one transaction on PostgreSQL, and of spans on both. */
const MAX_ROWS_PER_BATCH = 1_000;
/** Rows in the first transaction on SQLite, and the fewest in any. */
const ROWS_PER_BATCH_ON_SQLITE = { first: 50, fewest: 10 };
/** Longest time that a transaction on PostgreSQL may wait for its gateway, in milliseconds. */
const MAX_IDLE_MS = 3_000;
/** Longest intended transaction on SQLite, which runs on the thread of the requests, in milliseconds. */
const BATCH_MS = 8;

const kindCodes: Record<ArchiveKind, number> = {
  ACCOUNT: 1,
  STREAM: 2,
  ACCOUNT_COUNTRY: 3,
  STREAM_COUNTRY: 4,
  TRACKING_STREAM: 5,
};
const granularityCodes: Record<ArchiveGranularity, number> = { HOUR: 1, DAY: 2 };
const keyColumns = ["owner", "kind", "subject", "granularity", "bucket", "part"] as const;
const counterColumns = [
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
const textColumns: readonly string[] = ["owner", "subject", "part"];

/** Values of a row of the batch in the order of its columns, as JSON. */
type BatchRow = readonly (string | number | bigint | null)[];

/** Creates the archive. */
export function createUsageArchive(db: Db, dialect: SqlDialect): UsageArchive {
  const plain = db.withoutPlugins();
  const ensurePartitions = dialect === "postgres" ? createPartitions(plain) : async () => undefined;

  const batchSize = createBatchSize(dialect);

  /**
   * Runs work that holds a lease.
   *
   * PostgreSQL ends the transaction of a gateway that is paused in it: otherwise its lock on the lease would let nobody take over.
   */
  const fencedTransaction = <Result>(work: (transaction: Db) => Promise<Result>): Promise<Result> =>
    plain.transaction().execute(async (transaction) => {
      if (dialect === "postgres")
        await sql`set local idle_in_transaction_session_timeout = ${sql.lit(MAX_IDLE_MS)}`.execute(transaction);
      return work(transaction);
    });

  /** Writes rows of readings with the same time. */
  const writeBatch = async (batch: readonly BatchRow[], readAt: number, lease: Lease) => {
    const given = batchRows(batch, dialect);
    const written = await fencedTransaction(async (transaction) => {
      await sql`
        insert into usage_corrections (${columns()}, corrected_at)
        with held as materialized (${heldLease(lease, dialect)}), given as materialized (${given})
        select ${columnsOf("given", keyColumns)}, ${columnsOf("former", counterColumns)}, ${bigint(readAt, dialect)}
        from held cross join given
          left join usage_rows former on ${sameKey("former", sql.ref("given.part"))}
          left join usage_rows whole on ${sameKey("whole", sql.lit(""))}
        where coalesce(former.settled_at, whole.settled_at) is not null and not (${sameCounters("former", "given")})
        on conflict do nothing`.execute(transaction);
      const { numAffectedRows } = await sql`
        insert into usage_rows (${columns()}, changed_at, read_at, settled_at)
        with held as materialized (${heldLease(lease, dialect)}), given as materialized (${given})
        select ${columnsOf("given", [...keyColumns, ...counterColumns])},
          ${bigint(readAt, dialect)}, ${bigint(readAt, dialect)}, whole.settled_at
        from held cross join given left join usage_rows whole on ${sameKey("whole", sql.lit(""))}
        where true
        on conflict (${list(keyColumns)}) do update set
          settled_at = case
            when usage_rows.settled_at is null and ${sameCounters("usage_rows", "excluded")}
              and excluded.read_at - usage_rows.changed_at >= ${sql.lit(SETTLED_AFTER_MS)}
            then excluded.read_at else usage_rows.settled_at end,
          changed_at = case
            when ${sameCounters("usage_rows", "excluded")} then usage_rows.changed_at else excluded.read_at end,
          read_at = excluded.read_at,
          ${sql.join(counterColumns.map((name) => sql`${sql.ref(name)} = ${sql.ref(`excluded.${name}`)}`))}`.execute(
        transaction,
      );
      return numAffectedRows ?? 0n;
    });
    if (written === 0n && batch.length > 0) throw new LeaseLostError(lease);
  };

  /** Sets to zero the parts of read buckets that the reading does not have. */
  const clearAbsent = async (reading: UsageReading, lease: Lease) => {
    const buckets = [...reading.buckets.keys()];
    const { readAt } = reading;
    const isAbsent = sql`${ofSeries(reading)} and part <> '' and read_at <> ${bigint(readAt, dialect)}
      and bucket in (${numbers(buckets, dialect)})
      and not (bytes_out = 0 and bytes_in = 0 and coalesce(view_seconds, 0) = 0 and coalesce(publish_seconds, 0) = 0
        and coalesce(views, 0) = 0 and coalesce(publishes, 0) = 0)`;
    await fencedTransaction(async (transaction) => {
      await sql`
        insert into usage_corrections (${columns()}, corrected_at)
        with held as materialized (${heldLease(lease, dialect)})
        select ${columnsOf("usage_rows", [...keyColumns, ...counterColumns])}, ${bigint(readAt, dialect)}
        from held cross join usage_rows where ${isAbsent} and settled_at is not null
        on conflict do nothing`.execute(transaction);
      await sql`
        update usage_rows set changed_at = ${readAt}, read_at = ${readAt},
          ${sql.join(counterColumns.map((name) => sql`${sql.ref(name)} = ${zeroed(name)}`))}
        where ${isAbsent} and exists (${heldLease(lease, dialect)})`.execute(transaction);
    });
  };

  const saveSpans = async (
    owner: string,
    spans: readonly (ArchiveGap & Partial<ArchiveSource>)[],
    lease: Lease,
    statement: SpanStatement,
  ) => {
    for (const part of chunks(spans, MAX_ROWS_PER_BATCH)) {
      const json = jsonOf(
        part.map(({ kind, name, granularity, from, until, readUntil }) => [
          clean(owner),
          kindCodes[kind],
          clean(name),
          granularityCodes[granularity],
          from,
          until,
          ...(readUntil === undefined ? [] : [readUntil]),
        ]),
      );
      const columnsOfSpan = part[0]?.readUntil === undefined ? spanColumns : [...spanColumns, "read_until"];
      const given = fromJson(json, columnsOfSpan, ["owner", "name"], dialect);
      const { numAffectedRows } = await fencedTransaction((transaction) =>
        statement(sql`with held as materialized (${heldLease(lease, dialect)}), given as materialized (${given})
          select ${columnsOf("given", columnsOfSpan)} from held cross join given where true`).execute(transaction),
      );
      if ((numAffectedRows ?? 0n) === 0n) throw new LeaseLostError(lease);
      await nextTurn();
    }
  };

  return {
    write: async (readings, lease) => {
      await ensurePartitions(readings.flatMap(({ buckets }) => [...buckets.keys()]));
      for (const readAt of new Set(readings.map((reading) => reading.readAt))) {
        const simultaneous = readings.filter((reading) => reading.readAt === readAt);
        const rows = rowsOf(simultaneous);
        const next = () => take(rows, batchSize.rows());
        for (let batch = next(); batch.length > 0; batch = next()) {
          await batchSize.measure(() => writeBatch(batch, readAt, lease));
          await nextTurn();
        }
      }
      for (const reading of readings) {
        if (reading.kind === "ACCOUNT" || reading.kind === "STREAM" || reading.buckets.size === 0) continue;
        await clearAbsent(reading, lease);
        await nextTurn();
      }
    },
    rows: async (series, { from, to }) => {
      const { rows } = await sql<RowFromDatabase>`
        select bucket, part, changed_at, settled_at, ${texts()} from usage_rows
        where ${ofSeries(series)} and bucket >= ${from} and bucket < ${to} order by bucket, part`.execute(plain);
      return rows.map((row) => ({
        ...partOf(row),
        bucket: row.bucket,
        changedAt: row.changed_at,
        state: row.settled_at === null ? "OPEN" : "SETTLED",
      }));
    },
    corrections: async (series, { from, to }) => {
      const { rows } = await sql<RowFromDatabase & { corrected_at: number }>`
        select bucket, part, corrected_at, ${texts()} from usage_corrections
        where ${ofSeries(series)} and bucket >= ${from} and bucket < ${to}
        order by bucket, part, corrected_at`.execute(plain);
      return rows.map((row) => ({
        bucket: row.bucket,
        part: row.part,
        correctedAt: row.corrected_at,
        former: row.bytes_out === null ? null : partOf(row),
      }));
    },
    readBuckets: async (series, { from, to }) => {
      const { rows } = await sql<{ bucket: number }>`select bucket from usage_rows
        where ${ofSeries(series)} and bucket >= ${from} and bucket < ${to} and part = '' order by bucket`.execute(
        plain,
      );
      return rows.map(({ bucket }) => bucket);
    },
    progress: async (owner) => {
      const { rows } = await sql<Omit<ArchiveProgress, "granularity"> & { granularity: number }>`
        select granularity, count(*) as series, min(collected_from) as "from", min(read_until) as "readUntil",
          count(case when collected_until + case granularity
            when ${sql.lit(granularityCodes.HOUR)} then ${sql.lit(HOUR_MS)} else ${sql.lit(DAY_MS)} end <= read_until
            then 1 end) as incomplete
        from usage_sources where owner = ${clean(owner)} group by granularity order by granularity`.execute(plain);
      return rows.map((row) => ({ ...row, granularity: nameOf(granularityCodes, row.granularity) }));
    },
    sources: async (owner) => {
      const { rows } = await sql<SpanRow & { readUntil: number }>`select kind, name, granularity,
        collected_from as "from", collected_until as until, read_until as "readUntil"
        from usage_sources where owner = ${clean(owner)}`.execute(plain);
      return rows.map((row) => ({ ...spanOf(row), readUntil: row.readUntil }));
    },
    saveSources: (owner, sources, lease) =>
      saveSpans(
        owner,
        sources,
        lease,
        (given) => sql`insert into usage_sources
            (owner, kind, name, granularity, collected_from, collected_until, read_until) ${given}
          on conflict (owner, kind, name, granularity) do update
            set collected_from = excluded.collected_from, collected_until = excluded.collected_until,
              read_until = excluded.read_until`,
      ),
    gaps: async (owner, limit) => {
      const { rows } = await sql<SpanRow>`select kind, name, granularity, gap_from as "from", gap_until as until
        from usage_gaps where owner = ${clean(owner)}
        order by gap_from desc, kind, name, granularity limit ${limit}`.execute(plain);
      return rows.map(spanOf);
    },
    saveGaps: (owner, gaps, lease) =>
      saveSpans(
        owner,
        gaps,
        lease,
        (given) => sql`insert into usage_gaps (owner, kind, name, granularity, gap_from, gap_until) ${given}
          on conflict (owner, kind, name, granularity, gap_from) do update set gap_until = excluded.gap_until`,
      ),
  };
}

const spanColumns = ["owner", "kind", "name", "granularity", "span_from", "span_until"] as const;
type SpanStatement = (given: RawBuilder<unknown>) => RawBuilder<unknown>;

interface SpanRow {
  readonly kind: number;
  readonly name: string;
  readonly granularity: number;
  readonly from: number;
  readonly until: number;
}

function spanOf({ kind, name, granularity, from, until }: SpanRow): ArchiveGap {
  return { kind: nameOf(kindCodes, kind), name, granularity: nameOf(granularityCodes, granularity), from, until };
}

/** @throws RangeError for a code that a newer version has written */
function nameOf<Name extends string>(codes: Readonly<Record<Name, number>>, code: number): Name {
  const name = (Object.keys(codes) as Name[]).find((candidate) => codes[candidate] === code);
  if (name === undefined) throw new RangeError(`the usage archive has no code ${code}`);
  return name;
}

/** Row of the database; counts are text, since they may exceed 2^53. */
type RowFromDatabase = Readonly<Record<(typeof counterColumns)[number], string | null>> & {
  readonly bucket: number;
  readonly part: string;
  readonly changed_at: number;
  readonly settled_at: number | null;
};

function partOf(row: RowFromDatabase): ArchivedPart {
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
function* rowsOf(readings: readonly UsageReading[]): Generator<BatchRow, void> {
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

/** Returns the next items, up to `count`; none at the end. */
function take<Item>(items: Iterator<Item, void>, count: number): Item[] {
  const taken: Item[] = [];
  while (taken.length < count) {
    const { done, value } = items.next();
    if (done || value === undefined) break;
    taken.push(value);
  }
  return taken;
}

/** Returns a text that both databases accept within JSON. */
function clean(text: string): string {
  return Buffer.from(text.replaceAll("\0", "\u{fffd}")).toString();
}

/** Bigints are written as JSON numbers, which both databases read exactly up to 2^63. */
function jsonOf(rows: readonly BatchRow[]): string {
  const value = (cell: string | number | bigint | null) =>
    typeof cell === "bigint" ? `${cell}` : JSON.stringify(cell);
  return `[${rows.map((row) => `[${row.map(value).join()}]`).join()}]`;
}

function batchRows(batch: readonly BatchRow[], dialect: SqlDialect): RawBuilder<unknown> {
  return fromJson(jsonOf(batch), [...keyColumns, ...counterColumns], textColumns, dialect);
}

/** Returns a query of the rows in a JSON list of lists; all columns are integers, except those of texts. */
function fromJson(
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
function numbers(values: readonly number[], dialect: SqlDialect): RawBuilder<unknown> {
  const json = JSON.stringify(values);
  return dialect === "sqlite"
    ? sql`select value from json_each(${json})`
    : sql`select cast(value as bigint) from jsonb_array_elements_text(cast(${json} as jsonb)) as t(value)`;
}

/** PostgreSQL takes a parameter in a list of results for text unless it is cast. */
function bigint(value: number, dialect: SqlDialect): RawBuilder<unknown> {
  return dialect === "sqlite" ? sql`${value}` : sql`cast(${value} as bigint)`;
}

function list(names: readonly string[]): RawBuilder<unknown> {
  return sql.join(names.map((name) => sql.ref(name)));
}

function columns(): RawBuilder<unknown> {
  return list([...keyColumns, ...counterColumns]);
}

function columnsOf(table: string, names: readonly string[]): RawBuilder<unknown> {
  return list(names.map((name) => `${table}.${name}`));
}

function texts(): RawBuilder<unknown> {
  return sql.join(counterColumns.map((name) => sql`cast(${sql.ref(name)} as text) as ${sql.ref(name)}`));
}

function ofSeries({ owner, kind, subject, granularity }: ArchiveSeries): RawBuilder<unknown> {
  return sql`owner = ${clean(owner)} and kind = ${sql.lit(kindCodes[kind])} and subject = ${clean(subject)}
    and granularity = ${sql.lit(granularityCodes[granularity])}`;
}

/** Returns the condition that a row has the key of the given one, with this part. */
function sameKey(table: string, part: RawBuilder<unknown>): RawBuilder<unknown> {
  const same = keyColumns
    .filter((name) => name !== "part")
    .map((name) => sql`${sql.ref(`${table}.${name}`)} = ${sql.ref(`given.${name}`)}`);
  return sql.join([...same, sql`${sql.ref(`${table}.part`)} = ${part}`], sql` and `);
}

function sameCounters(a: string, b: string): RawBuilder<unknown> {
  return sql`(${columnsOf(a, counterColumns)}) is not distinct from (${columnsOf(b, counterColumns)})`;
}

/** Keeps columns that are null: a part without a breakdown has none when it is zero either. */
function zeroed(name: string): RawBuilder<unknown> {
  return sql`case when ${sql.ref(name)} is null then null else 0 end`;
}

function* chunks<Item>(items: readonly Item[], size: number): Generator<Item[], void> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

/** Creates the size of batches, which on SQLite follows from how long the previous ones took. */
function createBatchSize(dialect: SqlDialect) {
  let rows = dialect === "sqlite" ? ROWS_PER_BATCH_ON_SQLITE.first : MAX_ROWS_PER_BATCH;
  return {
    rows: () => rows,
    measure: async (write: () => Promise<void>) => {
      const begun = performance.now();
      await write();
      if (dialect !== "sqlite") return;
      const tookMs = performance.now() - begun;
      if (tookMs > BATCH_MS) rows = Math.max(ROWS_PER_BATCH_ON_SQLITE.fewest, rows >> 1);
      else if (tookMs < BATCH_MS / 2) rows = Math.min(MAX_ROWS_PER_BATCH, rows + ROWS_PER_BATCH_ON_SQLITE.fewest);
    },
  };
}

/** Creates a function that creates the partitions of the months of buckets, each once. */
function createPartitions(db: Db): (buckets: readonly number[]) => Promise<void> {
  const known = new Set<string>();
  return async (buckets) => {
    for (const month of new Set(buckets.map((bucket) => new Date(bucket).toISOString().slice(0, 7)))) {
      if (known.has(month)) continue;
      const [year = 0, number = 1] = month.split("-").map(Number);
      const name = `usage_rows_${month.replace("-", "_")}`;
      const { rows } = await sql<{ exists: boolean }>`select to_regclass(${name}) is not null as exists`.execute(db);
      if (!rows[0]?.exists) {
        const [from, until] = [Date.UTC(year, number - 1), Date.UTC(year, number)];
        const statement = `create table if not exists ${name} partition of usage_rows for values from (${from}) to (${until})`;
        // Another gateway may create it at the same time.
        await sql
          .raw(statement)
          .execute(db)
          .catch((error: unknown) => {
            if (!isUniqueViolation(error)) throw error;
          });
      }
      known.add(month);
    }
  };
}
