import { setImmediate as nextTurn } from "node:timers/promises";
import { sql } from "kysely";
import type { TimeWindow } from "../model/usage/time.ts";
import type { AttendanceRow } from "../model/viewing/attendance.ts";
import { type BatchRow, bigint, clean, columnsOf, list, rowsFrom } from "./archive/archive-codec.ts";
import type { Db } from "./database.ts";
import { fencedTransaction, heldLease, LeaseLostError } from "./leases.ts";
import type { Lease } from "./records.ts";
import type { SqlDialect } from "./sql-dialect.ts";

/** UTC day whose attendance was counted. */
export interface AttendanceDay {
  /** Start of the day, in milliseconds. */
  readonly day: number;
  /** When its records were read, by the platform's time. */
  readonly readAt: number;
  /** Connections whose viewers were watching then: their watch time was still growing. */
  readonly ongoing: number;
}

/** Which rows to read. An absent list selects all; a null tracking id selects untracked viewers. */
export interface AttendanceSelection {
  readonly trackingIds?: readonly (string | null)[] | undefined;
  readonly streamNames?: readonly string[] | undefined;
}

/** Attendance by UTC day, without addresses, clients or custom viewer data. See docs/decisions/0034-time-zones-and-attendance.md. */
export interface AttendanceStore {
  /** Returns the days of a window that were counted, in order. */
  days(account: string, window: TimeWindow): Promise<AttendanceDay[]>;
  /** Returns the sums over the counted days of a window. */
  rows(account: string, window: TimeWindow, selection: AttendanceSelection): Promise<AttendanceRow[]>;
  /**
   * Replaces the rows of a day, which readers see at once when all are written. Writing a day again changes nothing.
   *
   * @throws LeaseLostError if the lease is not held; then readers see the former rows
   */
  write(account: string, day: AttendanceDay, rows: readonly AttendanceRow[], lease: Lease): Promise<void>;
}

/** Rows in one transaction. SQLite runs on the thread of the requests. */
const ROWS_PER_BATCH: Record<SqlDialect, number> = { sqlite: 100, postgres: 1_000 };

const columns = [
  "owner",
  "day",
  "subject",
  "part",
  "read_at",
  "sessions",
  "connections",
  "watch_seconds",
  "viewer_days",
] as const;

/**
 * Creates the store of attendance.
 *
 * @param background connects to the same database for the writes
 */
export function createAttendanceStore(requests: Db, background: Db, dialect: SqlDialect): AttendanceStore {
  const [db, writer] = [requests.withoutPlugins(), background.withoutPlugins()];
  const held = (lease: Lease) => sql`held as materialized (${heldLease(lease, dialect)})`;

  return {
    days: async (account, { from, to }) => {
      const { rows } = await sql<AttendanceDay>`select day, read_at as "readAt", ongoing from attendance_days
        where owner = ${clean(account)} and day >= ${from} and day < ${to} order by day`.execute(db);
      return rows;
    },
    rows: async (account, { from, to }, { trackingIds, streamNames }) => {
      const owners = trackingIds?.map((trackingId) => clean(trackingId ?? ""));
      const streams = streamNames?.map(clean);
      if (owners?.length === 0 || streams?.length === 0) return [];
      const { rows } = await sql<StoredRow>`
        select attendance.owner, subject, part, sum(sessions) as sessions, sum(connections) as connections,
          sum(watch_seconds) as watch_seconds, sum(viewer_days) as viewer_days, count(*) - count(viewer_days) as unknown
        from attendance join attendance_days counted
          on counted.owner = ${clean(account)} and counted.day = attendance.day and counted.read_at = attendance.read_at
        where attendance.day >= ${from} and attendance.day < ${to}
          and ${owners ? sql`attendance.owner in (${sql.join(owners)})` : sql`true`}
          and ${streams ? sql`subject in (${sql.join(streams)})` : sql`true`}
        group by attendance.owner, subject, part order by attendance.owner, subject, part`.execute(db);
      return rows.map((row) => ({
        trackingId: row.owner || null,
        streamName: row.subject,
        country: row.part || null,
        sessions: Number(row.sessions),
        connections: Number(row.connections),
        watchSeconds: Number(row.watch_seconds),
        viewerDays: Number(row.unknown) === 0 ? Number(row.viewer_days) : null,
      }));
    },
    write: async (account, { day, readAt, ongoing }, rows, lease) => {
      const size = ROWS_PER_BATCH[dialect];
      for (let start = 0; start < rows.length; start += size) {
        const batch = rows.slice(start, start + size).map((row) => batchRow(row, day, readAt));
        const { numAffectedRows } = await fencedTransaction(writer, dialect, (transaction) =>
          sql`insert into attendance (${list(columns)})
            with ${held(lease)}, given as materialized (${rowsFrom(batch, columns, dialect)})
            select ${columnsOf("given", columns)} from held cross join given where true
            on conflict (owner, day, subject, part, read_at) do update set sessions = excluded.sessions,
              connections = excluded.connections, watch_seconds = excluded.watch_seconds,
              viewer_days = excluded.viewer_days`.execute(transaction),
        );
        if ((numAffectedRows ?? 0n) === 0n) throw new LeaseLostError(lease);
        await nextTurn();
      }
      const { numAffectedRows } = await fencedTransaction(writer, dialect, (transaction) =>
        sql`insert into attendance_days (owner, day, read_at, ongoing)
          with ${held(lease)}
          select ${text(account, dialect)}, ${bigint(day, dialect)}, ${bigint(readAt, dialect)}, ${bigint(ongoing, dialect)}
          from held where true
          on conflict (owner, day) do update set read_at = excluded.read_at, ongoing = excluded.ongoing`.execute(
          transaction,
        ),
      );
      if ((numAffectedRows ?? 0n) === 0n) throw new LeaseLostError(lease);
      for (const owner of new Set(rows.map(({ trackingId }) => clean(trackingId ?? "")))) {
        await fencedTransaction(writer, dialect, (transaction) =>
          sql`delete from attendance where owner = ${owner} and day = ${day} and read_at <> ${readAt}
            and exists (${heldLease(lease, dialect)})`.execute(transaction),
        );
        await nextTurn();
      }
    },
  };
}

interface StoredRow {
  readonly owner: string;
  readonly subject: string;
  readonly part: string;
  /** Sums, which PostgreSQL returns as text. */
  readonly sessions: string | number;
  readonly connections: string | number;
  readonly watch_seconds: string | number;
  readonly viewer_days: string | number | null;
  readonly unknown: string | number;
}

function batchRow(row: AttendanceRow, day: number, readAt: number): BatchRow {
  const { trackingId, streamName, country, sessions, connections, watchSeconds, viewerDays } = row;
  const key = [clean(trackingId ?? ""), day, clean(streamName), clean(country ?? ""), readAt];
  return [...key, sessions, connections, watchSeconds, viewerDays];
}

function text(value: string, dialect: SqlDialect) {
  return dialect === "sqlite" ? sql`${clean(value)}` : sql`cast(${clean(value)} as text)`;
}
