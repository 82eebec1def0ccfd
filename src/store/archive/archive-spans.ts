import { setImmediate as nextTurn } from "node:timers/promises";
import { type RawBuilder, sql } from "kysely";
import { DAY_MS, HOUR_MS } from "../../model/usage/time.ts";
import type { Db } from "../database.ts";
import { fencedTransaction, heldLease, LeaseLostError } from "../leases.ts";
import type { Lease } from "../records.ts";
import type { SqlDialect } from "../sql-dialect.ts";
import { clean, columnsOf, granularityCodes, kindCodes, nameOf, rowsFrom } from "./archive-codec.ts";
import type { ArchiveGap, ArchiveProgress, ArchiveSource } from "./archive-records.ts";

/** Spans of series: what is collected, how far, and what is missing. */
export interface ArchiveSpans {
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

/** Spans in one transaction. */
const MAX_SPANS_PER_BATCH = 1_000;

/** Creates the spans of an archive. */
export function createArchiveSpans(db: Db, dialect: SqlDialect): ArchiveSpans {
  const saveSpans = async (
    owner: string,
    spans: readonly (ArchiveGap & Partial<ArchiveSource>)[],
    lease: Lease,
    statement: SpanStatement,
  ) => {
    for (const part of chunks(spans, MAX_SPANS_PER_BATCH)) {
      const rows = part.map(({ kind, name, granularity, from, until, readUntil }) => [
        clean(owner),
        kindCodes[kind],
        clean(name),
        granularityCodes[granularity],
        from,
        until,
        ...(readUntil === undefined ? [] : [readUntil]),
      ]);
      const columnsOfSpan = part[0]?.readUntil === undefined ? spanColumns : [...spanColumns, "read_until"];
      const given = rowsFrom(rows, columnsOfSpan, dialect);
      const { numAffectedRows } = await fencedTransaction(db, dialect, (transaction) =>
        statement(sql`with held as materialized (${heldLease(lease, dialect)}), given as materialized (${given})
          select ${columnsOf("given", columnsOfSpan)} from held cross join given where true`).execute(transaction),
      );
      if ((numAffectedRows ?? 0n) === 0n) throw new LeaseLostError(lease);
      await nextTurn();
    }
  };

  return {
    progress: async (owner) => {
      const { rows } = await sql<Omit<ArchiveProgress, "granularity"> & { granularity: number }>`
        select granularity, count(*) as series, min(collected_from) as "from", min(read_until) as "readUntil",
          count(case when collected_until + case granularity
            when ${sql.lit(granularityCodes.HOUR)} then ${sql.lit(HOUR_MS)} else ${sql.lit(DAY_MS)} end <= read_until
            then 1 end) as incomplete
        from usage_sources where owner = ${clean(owner)} group by granularity order by granularity`.execute(db);
      return rows.map((row) => ({ ...row, granularity: nameOf(granularityCodes, row.granularity) }));
    },
    sources: async (owner) => {
      const { rows } = await sql<SpanRow & { readUntil: number }>`select kind, name, granularity,
        collected_from as "from", collected_until as until, read_until as "readUntil"
        from usage_sources where owner = ${clean(owner)}`.execute(db);
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
            set collected_from = case when usage_sources.collected_from < excluded.collected_from
                then usage_sources.collected_from else excluded.collected_from end, collected_until = excluded.collected_until,
              read_until = excluded.read_until`,
      ),
    gaps: async (owner, limit) => {
      const { rows } = await sql<SpanRow>`select kind, name, granularity, gap_from as "from", gap_until as until
        from usage_gaps where owner = ${clean(owner)}
        order by gap_from desc, kind, name, granularity limit ${limit}`.execute(db);
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

function* chunks<Item>(items: readonly Item[], size: number): Generator<Item[], void> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
