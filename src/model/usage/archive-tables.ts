/** Column of an archived table: a text or an integer of 64 bits. */
export interface ArchiveColumn {
  readonly name: string;
  readonly type: "TEXT" | "INTEGER";
  readonly isNullable: boolean;
  /** Whether the integer must be at least 0. */
  readonly isCount: boolean;
}

/** Table of the usage archive, as export files name it. */
export interface ArchiveTable {
  readonly name: ArchiveTableName;
  /** Columns in the order of the cells of a row. */
  readonly columns: readonly ArchiveColumn[];
  /** Number of the first columns, which are the primary key. */
  readonly keyLength: number;
  /** Number of the first columns that rows have in common which belong together; an export never separates them. */
  readonly groupLength: number;
}

export type ArchiveTableName =
  | "usage_rows"
  | "usage_corrections"
  | "usage_sources"
  | "usage_gaps"
  | "attendance"
  | "attendance_days";

/** Cell of a row: a text, or an integer in decimal digits, so that none loses a digit. */
export type ArchiveCell = string | null;
export type ArchiveRow = readonly ArchiveCell[];

/** Returns whether a value of JSON has the type of a row; {@link archiveRowsProblem} checks its cells. */
export function isArchiveRow(value: unknown): value is ArchiveRow {
  return Array.isArray(value) && value.every((cell) => cell === null || typeof cell === "string");
}

const text = (name: string): ArchiveColumn => ({ name, type: "TEXT", isNullable: false, isCount: false });
const integer = (name: string): ArchiveColumn => ({ name, type: "INTEGER", isNullable: false, isCount: false });
const count = (name: string): ArchiveColumn => ({ name, type: "INTEGER", isNullable: false, isCount: true });
const orNull = (column: ArchiveColumn): ArchiveColumn => ({ ...column, isNullable: true });

const bucketKey = [
  text("owner"),
  integer("kind"),
  text("subject"),
  integer("granularity"),
  integer("bucket"),
  text("part"),
];
/** Counts of every bucket, and then those that are null where the platform does not give them. */
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
const bytes = counterColumns.slice(0, 2).map(count);
const breakdown = counterColumns.slice(2).map((name) => orNull(count(name)));
const seriesKey = [text("owner"), integer("kind"), text("name"), integer("granularity")];

/** Number of the columns that are the key of a row. */
export const BUCKET_KEY_LENGTH = bucketKey.length;
/** Number of the counters of a row, which follow its key. */
export const COUNTERS_LENGTH = counterColumns.length;

/**
 * Tables of the usage archive, in the order of an export.
 *
 * Rows come before corrections: a correction that is made during an export then names values that the file has, and not values
 * that it lacks. Attendance comes before its days, which make it count.
 */
export const archiveTables: readonly ArchiveTable[] = [
  {
    name: "usage_rows",
    columns: [
      ...bucketKey,
      ...bytes,
      ...breakdown,
      integer("changed_at"),
      integer("read_at"),
      orNull(integer("settled_at")),
      orNull(count("hours_replaced")),
      orNull(count("hours_lacking")),
    ],
    keyLength: 6,
    groupLength: 5,
  },
  {
    name: "usage_corrections",
    columns: [...bucketKey, integer("corrected_at"), ...bytes.map(orNull), ...breakdown],
    keyLength: 7,
    groupLength: 7,
  },
  {
    name: "usage_sources",
    columns: [...seriesKey, integer("collected_from"), integer("collected_until"), integer("read_until")],
    keyLength: 4,
    groupLength: 4,
  },
  {
    name: "usage_gaps",
    columns: [...seriesKey, integer("gap_from"), integer("gap_until")],
    keyLength: 5,
    groupLength: 5,
  },
  {
    name: "attendance",
    columns: [
      ...[text("owner"), integer("day"), text("subject"), text("part"), integer("read_at")],
      ...[count("sessions"), count("connections"), count("watch_seconds"), orNull(count("viewer_days"))],
    ],
    keyLength: 5,
    groupLength: 5,
  },
  {
    name: "attendance_days",
    columns: [text("owner"), integer("day"), integer("read_at"), count("ongoing")],
    keyLength: 2,
    groupLength: 2,
  },
];

/** Returns the table of a name; undefined if this version has none. */
export function archiveTable(name: string): ArchiveTable | undefined {
  return archiveTables.find((table) => table.name === name);
}

const MAX_INTEGER = 2n ** 63n - 1n;
/** End of the last bucket: each month is a partition, and a file with absurd times must not create thousands. */
const MAX_TIME = BigInt(Date.UTC(2100, 0));
/** Longest text of a cell, in characters. */
const MAX_TEXT_LENGTH = 4_096;
/** Bits of the 24 hours of a day. */
const ALL_HOURS = 2n ** 24n - 1n;
const HOUR_MS = 3_600_000n;
const DAY_MS = 24n * HOUR_MS;

/**
 * Returns the first rule that rows of a table break; null for none.
 *
 * Rows of one group must follow each other, that of the whole bucket first, and no two rows may have one key.
 */
export function archiveRowsProblem(table: ArchiveTable, rows: readonly ArchiveRow[]): string | null {
  const keys = new Set<string>();
  const groups = new Set<string>();
  let group = "";
  for (const row of rows) {
    const problem = cellsProblem(table, row) ?? bucketProblem(table, row);
    if (problem !== null) return problem;
    const key = JSON.stringify(row.slice(0, table.keyLength));
    if (keys.has(key)) return `two rows have the key ${key}`;
    keys.add(key);
    if (table.groupLength === table.keyLength) continue;
    const next = JSON.stringify(row.slice(0, table.groupLength));
    if (next === group) continue;
    if (groups.has(next)) return `the rows of ${next} do not follow each other`;
    if (row[table.keyLength - 1] !== "") return `the first row of ${next} must have an empty part`;
    groups.add(next);
    group = next;
  }
  return null;
}

function cellsProblem({ columns }: ArchiveTable, row: ArchiveRow): string | null {
  if (row.length !== columns.length) return `a row must have ${columns.length} cells; one has ${row.length}`;
  for (const [index, { name, type, isNullable, isCount }] of columns.entries()) {
    const cell = row[index] ?? null;
    if (cell === null) {
      if (!isNullable) return `${name} must not be null`;
    } else if (type === "TEXT") {
      if (cell.length > MAX_TEXT_LENGTH) return `${name} must be at most ${MAX_TEXT_LENGTH} characters long`;
      if (/\0|\p{Surrogate}/u.test(cell)) return `${name} must be Unicode text without NUL`;
    } else if (!isInteger(cell)) return `${name} must be an integer of 64 bits`;
    else if (isCount && cell.startsWith("-")) return `${name} must be at least 0`;
  }
  return null;
}

/** Returns what is wrong with kind, granularity or bucket. */
function bucketProblem({ columns }: ArchiveTable, row: ArchiveRow): string | null {
  const cellOf = (name: string) => row[columns.findIndex((column) => column.name === name)];
  const day = cellOf("day");
  if (day !== undefined) return isStart(day, DAY_MS) ? null : "day must be the start of a day between 1970 and 2100";
  if (!/^[1-5]$/.test(cellOf("kind") ?? "")) return "kind must be 1 to 5";
  const granularity = cellOf("granularity") ?? "";
  if (!/^[12]$/.test(granularity)) return "granularity must be 1 or 2";
  for (const name of ["hours_replaced", "hours_lacking"]) {
    const bits = cellOf(name);
    if (bits != null && (BigInt(bits) > ALL_HOURS || granularity === "1" || cellOf("part") !== ""))
      return `${name} must be bits of 24 hours, of a whole day`;
  }
  const bucket = cellOf("bucket");
  const step = granularity === "1" ? HOUR_MS : DAY_MS;
  if (bucket === undefined || isStart(bucket, step)) return null;
  return "bucket must be the start of an hour or day between 1970 and 2100";
}

/** Returns whether a cell is the start of a step, and of a time that partitions are made for. */
function isStart(cell: ArchiveCell, step: bigint): boolean {
  const start = BigInt(cell ?? -1);
  return start >= 0n && start < MAX_TIME && start % step === 0n;
}

function isInteger(cell: string): boolean {
  if (!/^(0|-?[1-9]\d{0,18})$/.test(cell)) return false;
  const value = cell.length < 19 ? 0n : BigInt(cell);
  return value <= MAX_INTEGER && value >= -MAX_INTEGER;
}
