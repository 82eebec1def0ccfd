import { DAY_MS, floorTo } from "../usage/time.ts";
import { SortedNumbers } from "./sorted-numbers.ts";

/** A viewer's connection, as far as attendance needs it. */
export interface AttendedConnection {
  readonly clientId: string;
  /** Record of the connection that this one continues; null for the first of a session. */
  readonly previousRecordId: string | null;
  readonly startedAt: number;
  /** Null while the viewer is watching. */
  readonly endedAt: number | null;
  readonly durationSeconds: number;
  readonly streamName: string;
  /** Null for an untracked viewer. */
  readonly trackingId: string | null;
  /** Null if it is unknown. */
  readonly country: string | null;
}

/** Attendance of some connections. Everything but the viewers adds up over streams, countries, tracking ids and days. */
export interface AttendanceCounts {
  /** Connections that continue no other one: a viewer who reconnects has one session. */
  readonly sessions: number;
  readonly connections: number;
  readonly watchSeconds: number;
  /** Distinct clients by UTC day, stream, tracking id and country; null if there were too many to be told apart. */
  readonly viewerDays: number | null;
}

/** Attendance of one stream under one tracking id in one country. */
export interface AttendanceRow extends AttendanceCounts {
  readonly trackingId: string | null;
  readonly streamName: string;
  readonly country: string | null;
}

/** Returns the sum of the rows. */
export function sumAttendance(rows: Iterable<AttendanceCounts>): AttendanceCounts {
  let [sessions, connections, watchSeconds] = [0, 0, 0];
  let viewerDays: number | null = 0;
  for (const row of rows) {
    sessions += row.sessions;
    connections += row.connections;
    watchSeconds += row.watchSeconds;
    viewerDays = viewerDays === null || row.viewerDays === null ? null : viewerDays + row.viewerDays;
  }
  return { sessions, connections, watchSeconds, viewerDays };
}

interface Cell {
  readonly trackingId: string | null;
  readonly streamName: string;
  readonly country: string | null;
  sessions: number;
  connections: number;
  watchSeconds: number;
  /** Day and client of each viewer-day. */
  readonly viewerDays: Set<string>;
}

/**
 * Counts connections one by one, in any order.
 *
 * Memory is bounded by the number of streams and countries and by `maxViewers`, and for the peak by 16 bytes for each connection.
 */
export class AttendanceCounter {
  /** Connections so far. */
  connections = 0;
  /** Connections so far whose viewers are watching. */
  ongoing = 0;
  readonly #maxViewers: number;
  readonly #cells = new Map<string, Cell>();
  /** Null when there are too many to be told apart. */
  #viewers: Set<string> | null = new Set();
  /** Viewer-days of all cells. */
  #viewerDays = 0;
  readonly #starts = new SortedNumbers();
  readonly #ends = new SortedNumbers();
  readonly #countsPeak: boolean;

  /**
   * @param maxViewers distinct clients and viewer-days, together, up to which they are told apart
   * @param countsPeak whether {@link peak} is asked for
   */
  constructor(maxViewers: number, countsPeak: boolean) {
    this.#maxViewers = maxViewers;
    this.#countsPeak = countsPeak;
  }

  add(connection: AttendedConnection): void {
    const { clientId, startedAt, endedAt } = connection;
    const cell = this.#cellOf(connection);
    cell.connections += 1;
    cell.watchSeconds += connection.durationSeconds;
    if (connection.previousRecordId === null) cell.sessions += 1;
    this.connections += 1;
    if (endedAt === null) this.ongoing += 1;
    if (this.#countsPeak) {
      this.#starts.add(startedAt);
      this.#ends.add(endedAt ?? Number.POSITIVE_INFINITY);
    }
    if (!this.#viewers) return;
    this.#viewers.add(clientId);
    const before = cell.viewerDays.size;
    cell.viewerDays.add(`${floorTo(startedAt, DAY_MS)} ${clientId}`);
    this.#viewerDays += cell.viewerDays.size - before;
    if (this.#viewers.size + this.#viewerDays <= this.#maxViewers) return;
    this.#viewers = null;
    for (const { viewerDays } of this.#cells.values()) viewerDays.clear();
  }

  /** Distinct clients; null if there were too many to be told apart. */
  get viewers(): number | null {
    return this.#viewers?.size ?? null;
  }

  /** Returns a row for each stream, tracking id and country that has a connection. */
  rows(): AttendanceRow[] {
    return [...this.#cells.values()].map((cell) => ({
      ...cell,
      viewerDays: this.#viewers ? cell.viewerDays.size : null,
    }));
  }

  /** Returns the largest number of connections that were open at the same time. */
  async peak(): Promise<number> {
    const starts = await this.#starts.all();
    const ends = await this.#ends.all();
    let [open, most, ended] = [0, 0, 0];
    for (const start of starts) {
      open += 1;
      // A connection that ends at an instant is not open at it.
      while ((ends[ended] ?? Number.POSITIVE_INFINITY) <= start) {
        open -= 1;
        ended += 1;
      }
      if (open > most) most = open;
    }
    return most;
  }

  #cellOf({ trackingId, streamName, country }: AttendedConnection): Cell {
    const key = JSON.stringify([trackingId, streamName, country]);
    const known = this.#cells.get(key);
    if (known) return known;
    const cell = {
      trackingId,
      streamName,
      country,
      sessions: 0,
      connections: 0,
      watchSeconds: 0,
      viewerDays: new Set<string>(),
    };
    this.#cells.set(key, cell);
    return cell;
  }
}
