import type { GraphContext } from "../../context.ts";
import type { AttendanceDays } from "../../loaders/loaders.ts";
import { InvalidInputError } from "../../model/errors.ts";
import { streamRecord } from "../../model/stream/stream.ts";
import { ceilTo, DAY_MS, floorTo, type TimeWindow } from "../../model/usage/time.ts";
import type { Zones } from "../../model/usage/zones.ts";
import {
  AttendanceCounter,
  type AttendanceCounts,
  type AttendanceRow,
  sumAttendance,
} from "../../model/viewing/attendance.ts";
import type { AttendanceSelection } from "../../store/attendance.ts";
import { Gap } from "../bandwidth/usage-series.ts";
import { builder } from "../builder.ts";
import { byCodeUnit, pageSize } from "../connection.ts";
import { Stream } from "../refs.ts";
import { type RecordWindowArguments, recordWindow, recordZones, Window, type WindowValue } from "../window.ts";

/** Maximum number of viewer records that one field counts. */
export const MAX_COUNTED_RECORDS = 250_000;
/** Clients and viewer-days that one field tells apart, together: about 200 bytes each. */
const MAX_VIEWERS = 200_000;

/** Where attendance comes from. */
type Origin = "RECORDS" | "DAYS" | "RECORDS_AND_DAYS" | "NONE";

interface AttendanceValue {
  readonly window: WindowValue;
  readonly origin: Origin;
  /** Spans of the window that are over and of which nothing is known, in order. */
  readonly missing: readonly TimeWindow[];
  readonly rows: readonly AttendanceRow[];
  /** Null if the records were not read. */
  readonly counter: AttendanceCounter | null;
}

type Counts = AttendanceCounts & { readonly country: string | null };
type StreamCounts = AttendanceCounts & { readonly streamName: string };

const AttendanceOrigin = builder.enumType("AttendanceOrigin", {
  description: "Where the numbers of an attendance come from.",
  values: {
    RECORDS: { description: "The window was counted now, from the viewer records that the platform has." },
    DAYS: {
      description:
        "The platform has deleted the viewer records of the window: the numbers are those that were counted day by day before.",
    },
    RECORDS_AND_DAYS: {
      description: "The older part of the window comes from days that were counted before, the newer one from records.",
    },
    NONE: { description: "Nothing is known of the window: its records are deleted, and no day of it was counted." },
  } satisfies Record<Origin, { description: string }>,
});

const ViewersUnknown = builder.enumType("ViewersUnknown", {
  description: "Why the number of distinct viewers is unknown.",
  values: {
    DAYS_DO_NOT_ADD_UP: {
      description:
        "A part of the window comes from days that were counted before: a viewer of two days is in both, so their viewers can't be added.",
    },
    TOO_MANY: {
      description: `More than ${MAX_VIEWERS} viewers and viewer-days: a shorter window tells them apart.`,
    },
  },
});

const viewerDays =
  "Distinct clients by UTC day, stream, tracking id and country, added up: a viewer counts once for each of them. Null if there were too many to tell apart, or nothing is known.";

const CountryAttendance = builder.objectRef<Counts>("CountryAttendance").implement({
  description: "Attendance of viewers in one country.",
  fields: (t) => ({
    country: t.expose("country", {
      type: "CountryCode",
      nullable: true,
      description: "Country by ISO 3166-1 alpha-2; null for viewers whose country is unknown.",
    }),
    sessions: t.expose("sessions", { type: "SafeInt", description: "Number of sessions that began in the window." }),
    viewerDays: t.expose("viewerDays", { type: "SafeInt", nullable: true, description: viewerDays }),
    watchSeconds: t.expose("watchSeconds", { type: "SafeInt", description: "Watch time in seconds." }),
  }),
});

const StreamAttendance = builder.objectRef<StreamCounts>("StreamAttendance").implement({
  description: "Attendance on one stream.",
  fields: (t) => ({
    stream: t.field({
      type: Stream,
      description: "The stream that was watched.",
      resolve: ({ streamName }) => streamRecord(streamName),
    }),
    sessions: t.expose("sessions", { type: "SafeInt", description: "Number of sessions that began in the window." }),
    viewerDays: t.expose("viewerDays", { type: "SafeInt", nullable: true, description: viewerDays }),
    watchSeconds: t.expose("watchSeconds", { type: "SafeInt", description: "Watch time in seconds." }),
  }),
});

export const Attendance = builder.objectRef<AttendanceValue>("Attendance").implement({
  description:
    "Viewers of a stream or partner over a window, from the connections that began in it. A connection counts with its whole watch time, also where it ends after the window. Adjacent windows add up, except for `viewers` and `peakConnections`.",
  fields: (t) => ({
    window: t.expose("window", {
      type: Window,
      description: "Window that was counted: it ends now if it is not over.",
    }),
    origin: t.expose("origin", {
      type: AttendanceOrigin,
      description: "Where the numbers come from: the platform retains viewer records for 365 days.",
    }),
    missing: t.field({
      type: [Gap],
      description:
        "Periods of the window of which nothing is known, oldest first: records that the platform has deleted, and UTC days that were not counted or that the window cuts. Empty for none.",
      resolve: ({ missing }) => [...missing],
    }),
    sessions: t.field({
      type: "SafeInt",
      nullable: true,
      description:
        "Number of sessions that began in the window: a connection and its reconnects are one, by `previousRecordId`. Null if nothing is known.",
      resolve: (attendance) => known(attendance)?.sessions,
    }),
    connections: t.field({
      type: "SafeInt",
      nullable: true,
      description: "Number of connections that began in the window, reconnects included. Null if nothing is known.",
      resolve: (attendance) => known(attendance)?.connections,
    }),
    viewers: t.field({
      type: "SafeInt",
      nullable: true,
      description:
        "Number of distinct viewers in the window, by the `clientId` of their records: a person with two devices counts twice. Null for the reason in `viewersUnknown`, or if nothing is known.",
      resolve: ({ origin, counter }) => (origin === "RECORDS" ? counter?.viewers : null),
    }),
    viewersUnknown: t.field({
      type: ViewersUnknown,
      nullable: true,
      description: "Why `viewers` is null; null if it is known, or nothing is.",
      resolve: ({ origin, counter }) => {
        if (origin === "DAYS" || origin === "RECORDS_AND_DAYS") return "DAYS_DO_NOT_ADD_UP";
        return counter?.viewers === null ? "TOO_MANY" : null;
      },
    }),
    viewerDays: t.field({
      type: "SafeInt",
      nullable: true,
      description: viewerDays,
      resolve: (attendance) => known(attendance)?.viewerDays,
    }),
    watchSeconds: t.field({
      type: "SafeInt",
      nullable: true,
      description:
        "Watch time of all connections that began in the window, in seconds; so far, for those that are open. Null if nothing is known.",
      resolve: (attendance) => known(attendance)?.watchSeconds,
    }),
    peakConnections: t.field({
      type: "SafeInt",
      nullable: true,
      description:
        "Largest number of connections, of those that began in the window, that were open at the same time. Null unless `origin` is RECORDS.",
      resolve: ({ origin, counter }) => (origin === "RECORDS" ? counter?.peak() : null),
    }),
    countries: t.field({
      type: [CountryAttendance],
      nullable: true,
      description: "Attendance by country, longest watch time first. Null if nothing is known.",
      args: {
        first: t.arg.int({
          required: true,
          defaultValue: 50,
          description: "Maximum number of countries, 0 to 100. Defaults to 50.",
        }),
      },
      resolve: (attendance, { first }) =>
        known(attendance) &&
        largest(attendance.rows, ({ country }) => country ?? "", pageSize(first, "first")).map(([country, counts]) => ({
          ...counts,
          country: country || null,
        })),
    }),
    streams: t.field({
      type: [StreamAttendance],
      nullable: true,
      description: "Attendance by stream, longest watch time first. Null if nothing is known.",
      args: {
        first: t.arg.int({
          required: true,
          defaultValue: 50,
          description: "Maximum number of streams, 0 to 100. Defaults to 50.",
        }),
      },
      resolve: (attendance, { first }) =>
        known(attendance) &&
        largest(attendance.rows, ({ streamName }) => streamName, pageSize(first, "first")).map(
          ([streamName, counts]) => ({ ...counts, streamName }),
        ),
    }),
  }),
});

/** Returns the sum of all rows; null if nothing is known of the window. */
function known({ origin, rows }: AttendanceValue): AttendanceCounts | null {
  return origin === "NONE" ? null : sumAttendance(rows);
}

/** Returns the sums of the rows by key, longest watch time first. */
function largest(
  rows: readonly AttendanceRow[],
  keyOf: (row: AttendanceRow) => string,
  count: number,
): [string, AttendanceCounts][] {
  const groups = new Map<string, AttendanceRow[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return [...groups]
    .map(([key, group]): [string, AttendanceCounts] => [key, sumAttendance(group)])
    .sort(([a, { watchSeconds: x }], [b, { watchSeconds: y }]) => y - x || byCodeUnit(a, b))
    .slice(0, count);
}

/**
 * Counts the attendance of a window, from the records that the platform has and from the days that were counted before.
 *
 * @param partnerZones zones of the partner whose viewers are counted
 * @throws InvalidInputError LIMIT_EXCEEDED for more than {@link MAX_COUNTED_RECORDS} records
 * @throws UpstreamError, StoreError
 */
export async function attendance(
  selection: AttendanceSelection,
  args: RecordWindowArguments,
  context: GraphContext,
  partnerZones?: Zones,
): Promise<AttendanceValue> {
  const { from, to } = recordWindow(args, context, partnerZones);
  const { now, retention, loaders } = context;
  const window = { from, to: Math.max(from, Math.min(to, now)) };
  const live = { from: Math.max(from, Math.min(retention.dailySince, window.to)), to: window.to };
  const deleted = { from, to: live.from };
  const reads = [
    live.from < live.to || from === window.to ? count(live, selection, context) : null,
    // Only whole UTC days were counted.
    deleted.from < deleted.to ? countedDays(deleted, selection, context) : null,
  ] as const;
  const [counter, earlier] = await loaders.batchScheduler.track(Promise.all(reads));
  const { days, rows } = earlier ?? { days: [], rows: [] };
  return {
    window: { ...window, zones: recordZones(args, context, partnerZones), rounding: null },
    origin: originOf(counter !== null, days.length > 0),
    missing: missingOf(deleted, days),
    rows: [...rows, ...(counter?.rows() ?? [])],
    counter,
  };
}

async function count(
  window: TimeWindow,
  selection: AttendanceSelection,
  { loaders }: GraphContext,
): Promise<AttendanceCounter> {
  const counter = new AttendanceCounter(MAX_VIEWERS, true);
  // A window that has not begun has no viewers.
  if (window.from >= window.to) return counter;
  for await (const record of loaders.viewerRecords({ ...selection, window, by: "STARTED", state: null })) {
    counter.add(record);
    if (counter.connections > MAX_COUNTED_RECORDS) {
      const rule = `\`window\` must contain at most ${MAX_COUNTED_RECORDS} viewer records; got more.`;
      const facts = { max: MAX_COUNTED_RECORDS };
      throw new InvalidInputError("window", `${rule} Select a shorter window, or one stream.`, facts, "LIMIT_EXCEEDED");
    }
  }
  return counter;
}

function countedDays(
  { from, to }: TimeWindow,
  selection: AttendanceSelection,
  { loaders }: GraphContext,
): Promise<AttendanceDays> | null {
  const days = { from: ceilTo(from, DAY_MS), to: floorTo(to, DAY_MS) };
  return days.from < days.to ? loaders.attendanceDays(days, selection) : null;
}

function originOf(hasRecords: boolean, hasDays: boolean): Origin {
  if (hasRecords) return hasDays ? "RECORDS_AND_DAYS" : "RECORDS";
  return hasDays ? "DAYS" : "NONE";
}

/** Returns the parts of a span that are in none of the days, in order. */
function missingOf({ from, to }: TimeWindow, days: readonly number[]): TimeWindow[] {
  const gaps: TimeWindow[] = [];
  let end = from;
  for (const day of [...days, to]) {
    if (day > end) gaps.push({ from: end, to: day });
    end = day + DAY_MS;
  }
  return gaps;
}
