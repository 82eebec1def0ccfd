import type { GraphContext } from "../../context.ts";
import { InvalidInputError, invalidArgument, NotMeteredError } from "../../model/errors.ts";
import { partnerZones } from "../../model/partner/partner.ts";
import { assertMetered } from "../../model/stream/stream.ts";
import type { ArchiveGranularity, ArchiveKind, ArchiveSeries } from "../../model/usage/archive.ts";
import { calendarBoundaries, calendarStart, timeZoneAt } from "../../model/usage/calendar.ts";
import { DAY_MS, HOUR_MS, iso, type TimeWindow } from "../../model/usage/time.ts";
import type { Zones } from "../../model/usage/zones.ts";
import { memoizeLast } from "../../primitives/memoize.ts";
import { findPartner } from "../../schema/partner/find-partner.ts";
import { assertAllowed } from "../../schema/scope-checks.ts";
import { findStream } from "../../schema/stream/find-stream.ts";
import { zonesOf } from "../../schema/window.ts";
import { rowCounts } from "../../store/archive/archive-pages.ts";
import type { Column, Row } from "./export-format.ts";
import {
  choiceOf,
  type ExportSubject,
  invalidWindow,
  type Parameters,
  readParameters,
  SUBJECT_PARAMETERS,
  subjectOf,
  timeZoneOf,
  windowOf,
} from "./export-parameters.ts";
import { type ExportPlan, fileName } from "./export-plan.ts";
import { type UsageRow, usageRows } from "./usage-rows.ts";

/** Columns of usage, in their order. They are part of the API: new ones are added at the end. */
const usageColumns: readonly Column[] = [
  { name: "trackingId", type: "TEXT" },
  { name: "stream", type: "TEXT" },
  { name: "country", type: "TEXT" },
  { name: "granularity", type: "WORD" },
  { name: "timeZone", type: "WORD" },
  { name: "start", type: "WORD" },
  { name: "end", type: "WORD" },
  { name: "state", type: "WORD" },
  ...rowCounts.map((name): Column => ({ name, type: /bytes|restream/i.test(name) ? "WORD" : "INTEGER" })),
  { name: "changedAt", type: "WORD" },
];

const PARAMETERS = [...SUBJECT_PARAMETERS, "by", "from", "to", "granularity", "timeZone"];
/** Points of an export, of each of its series, and of each day of a series. */
const POINTS = { whole: 10, series: 10, day: 1 };

/** One series of an export, and the only part of it that is read. */
interface ExportedSeries extends ArchiveSeries {
  readonly part: string | null;
}

/** Returns the export of archived usage that a URL selects. @throws ApplicationError if the caller may not have it */
export async function planUsageExport(search: URLSearchParams, context: GraphContext): Promise<ExportPlan> {
  const parameters = readParameters(search, PARAMETERS);
  const subject = subjectOf(parameters);
  const granularity = choiceOf(parameters, "granularity", ["HOUR", "DAY"], "HOUR");
  const by = choiceOf(parameters, "by", ["COUNTRY", "STREAM", "TRACKING_ID"], null);
  const { series, zones, name } = await selected(subject, timeZoneOf(parameters), granularity, by, context);
  const window = usageWindow(parameters, granularity, zones, context.now);
  const { freshUntil } = context.retention;
  const days = Math.ceil((window.to - window.from) / DAY_MS);
  return {
    columns: usageColumns,
    points: POINTS.whole + series.length * (POINTS.series + POINTS.day * days),
    name: fileName("usage", name ?? subject.stream ?? "account", window),
    async *rows() {
      for (const { part, ...each } of series) {
        const query = { series: each, window, zones, part, freshUntil };
        const toRow = rowsOf(each, granularity, zones);
        for await (const rows of usageRows(context.loaders.archivePages, query)) yield rows.map(toRow);
      }
    },
  };
}

interface Selection {
  readonly series: readonly ExportedSeries[];
  /** Zones in which days begin. */
  readonly zones: Zones;
  /** Tracking id of the partner; null for none. */
  readonly name: string | null;
}

/** @throws ForbiddenError, NotFoundError as the graph does */
async function selected(
  { partner, partnerArgument, stream }: ExportSubject,
  timeZone: string | null,
  granularity: ArchiveGranularity,
  by: "COUNTRY" | "STREAM" | "TRACKING_ID" | null,
  context: GraphContext,
): Promise<Selection> {
  const { caller } = context;
  const zones = zonesOf({ timeZone }, undefined, context);
  if (!partner && stream === null) {
    assertAllowed({ staff: "usage:read" }, context);
    return { series: await ofAccount(granularity, by, context), zones, name: null };
  }
  assertAllowed({ scope: "usage:read" }, context);
  if (stream !== null) {
    assertAllowed({ scope: "stream:read" }, context);
    if (!partner) await findStream({ name: stream }, "stream", context);
    assertMetered(stream);
  }
  if (by === "STREAM" || by === "TRACKING_ID")
    throw invalidArgument("by", "must be COUNTRY, except for the account", by);
  const found = partner ? await findPartner(partner, partnerArgument, context) : null;
  const trackingIds = found?.trackingIds ?? caller.partner?.trackingIds;
  if (!trackingIds) {
    const kind: ArchiveKind = by === "COUNTRY" ? "STREAM_COUNTRY" : "STREAM";
    const owner = await context.account.id();
    const series = { owner, kind, subject: stream ?? "", granularity, part: null };
    return { series: [series], zones, name: null };
  }
  assertAllowed({ owner: trackingIds }, context);
  if (by === "COUNTRY")
    throw new NotMeteredError("The platform does not break traffic down by country for a tracking id.", {
      argument: "by",
    });
  return {
    series: trackingIds.map((owner) => ({ owner, kind: "TRACKING_STREAM", subject: "", granularity, part: stream })),
    zones: zonesOf({ timeZone }, found ? partnerZones(found) : undefined, context),
    name: found ? (trackingIds[0] ?? null) : null,
  };
}

/** Returns the series of the account: its own, or those of all streams or tracking ids that have been collected. */
async function ofAccount(
  granularity: ArchiveGranularity,
  by: "COUNTRY" | "STREAM" | "TRACKING_ID" | null,
  { account, store }: GraphContext,
): Promise<ExportedSeries[]> {
  const owner = await account.id();
  if (by === null || by === "COUNTRY") {
    return [{ owner, kind: by === null ? "ACCOUNT" : "ACCOUNT_COUNTRY", subject: "", granularity, part: null }];
  }
  const kind: ArchiveKind = by === "STREAM" ? "STREAM" : "TRACKING_STREAM";
  const sources = (await store.usageArchive.sources(owner)).filter((source) => source.kind === kind);
  const names = [...new Set(sources.map(({ name }) => name))].sort();
  return names.map((name) =>
    kind === "STREAM"
      ? { owner, kind, subject: name, granularity, part: null }
      : { owner: name, kind, subject: "", granularity, part: null },
  );
}

/** Returns the window, which must consist of whole hours or days. @throws InvalidInputError INVALID_WINDOW */
function usageWindow(parameters: Parameters, granularity: ArchiveGranularity, zones: Zones, now: number): TimeWindow {
  const window = windowOf(parameters, zones, now);
  for (const edge of ["from", "to"] as const) {
    const instant = window[edge];
    if (granularity === "HOUR") {
      if (instant % HOUR_MS !== 0) throw invalidWindow(edge, "must be on a full UTC hour", parameters);
      continue;
    }
    assertFullHour(instant, zones);
    if (calendarStart(instant, "DAY", zones) !== instant)
      throw invalidWindow(edge, `must be the start of a day of ${timeZoneAt(instant, zones)}`, parameters);
  }
  if (granularity === "DAY" && zones !== "UTC") {
    // Offsets of a part of an hour may hold for a part of the year.
    for (const month of calendarBoundaries(window, "MONTH", zones))
      if (month > window.from && month < window.to) assertFullHour(month, zones);
  }
  return window;
}

/** @throws InvalidInputError INVALID_WINDOW if a day of the zone begins within a UTC hour */
function assertFullHour(dayStart: number, zones: Zones): void {
  if (dayStart % HOUR_MS === 0) return;
  const message = `\`timeZone\` must be one whose days begin on a full UTC hour, as the platform meters hours; got "${timeZoneAt(dayStart, zones)}".`;
  throw new InvalidInputError("timeZone", message, { reason: "OFFSET_NOT_WHOLE_HOURS" }, "INVALID_WINDOW");
}

/** Returns a function from usage to the columns of its row. */
function rowsOf(
  { kind, owner, subject }: ArchiveSeries,
  granularity: ArchiveGranularity,
  zones: Zones,
): (row: UsageRow) => Row {
  const isTracked = kind === "TRACKING_STREAM";
  const isByCountry = kind === "STREAM_COUNTRY" || kind === "ACCOUNT_COUNTRY";
  // Rows of one bucket share their times.
  const [start, end, changed] = [memoizeLast(iso), memoizeLast(iso), memoizeLast(iso)];
  const zone = memoizeLast((instant: number) => (granularity === "DAY" ? timeZoneAt(instant, zones) : null));
  const unknown = rowCounts.map(() => null);
  return (row) => [
    isTracked ? owner : null,
    (isTracked ? row.part : subject) || null,
    (isByCountry && row.part) || null,
    granularity,
    zone(row.from),
    start(row.from),
    end(row.to),
    row.state,
    ...(row.counts?.map((count) => count || null) ?? unknown),
    row.changedAt === null ? null : changed(row.changedAt),
  ];
}
