import type { GraphContext } from "../../context.ts";
import { partnerZones } from "../../model/partner/partner.ts";
import { DAY_MS, floorTo, iso, type TimeWindow } from "../../model/usage/time.ts";
import { findPartner } from "../../schema/partner/find-partner.ts";
import { assertAllowed } from "../../schema/scope-checks.ts";
import { findStream } from "../../schema/stream/find-stream.ts";
import { zonesOf } from "../../schema/window.ts";
import type { ViewerRecord } from "../../upstream/viewer-records.ts";
import type { Column, Row } from "./export-format.ts";
import { choiceOf, readParameters, SUBJECT_PARAMETERS, subjectOf, timeZoneOf, windowOf } from "./export-parameters.ts";
import { type ExportPlan, fileName } from "./export-plan.ts";

/** Columns of viewer records, in their order. They are part of the API: new ones are added at the end. */
const viewerRecordColumns: readonly Column[] = [
  { name: "recordId", type: "WORD" },
  { name: "previousRecordId", type: "WORD" },
  { name: "clientId", type: "TEXT" },
  { name: "stream", type: "TEXT" },
  { name: "trackingId", type: "TEXT" },
  { name: "startedAt", type: "WORD" },
  { name: "endedAt", type: "WORD" },
  { name: "durationSeconds", type: "INTEGER" },
  { name: "bytes", type: "WORD" },
  { name: "country", type: "TEXT" },
  { name: "clusterId", type: "TEXT" },
  { name: "ipAddress", type: "TEXT" },
  { name: "userAgent", type: "TEXT" },
  { name: "customViewerData", type: "TEXT" },
];

const PARAMETERS = [...SUBJECT_PARAMETERS, "from", "to", "timeZone", "by", "state"];
/** Points of an export, and of each of its days: one call to the platform, as for a page of the graph. */
const POINTS = { whole: 500, day: 200 };
/** Most rows that are yielded together. */
const MAX_ROWS = 200;

/**
 * Returns the export of viewer records that a URL selects.
 *
 * The platform sends all records of a window in one response, so that each UTC day is read by a call of its own.
 *
 * @throws ApplicationError if the caller may not have it
 */
export async function planViewerExport(search: URLSearchParams, context: GraphContext): Promise<ExportPlan> {
  const parameters = readParameters(search, PARAMETERS);
  const { partner, partnerArgument, stream } = subjectOf(parameters);
  const by = choiceOf(parameters, "by", ["STARTED", "COMPLETED"], "STARTED");
  const state = choiceOf(parameters, "state", ["ONGOING", "COMPLETED"], null);
  assertAllowed(partner || stream !== null ? { scope: "viewer:read" } : { staff: "viewer:read" }, context);
  if (stream !== null) {
    assertAllowed({ scope: "stream:read" }, context);
    if (!partner) await findStream({ name: stream }, "stream", context);
  }
  const found = partner ? await findPartner(partner, partnerArgument, context) : null;
  if (found) assertAllowed({ owner: found.trackingIds }, context);
  const zones = zonesOf({ timeZone: timeZoneOf(parameters) }, found ? partnerZones(found) : undefined, context);
  const window = windowOf(parameters, zones, context.now);
  const days = [...daysOf({ from: window.from, to: Math.min(window.to, Math.max(context.now, window.from + 1)) })];
  const isWanted = ({ streamName }: ViewerRecord) => stream === null || streamName === stream;
  const seesPersons = context.caller.scopes.has("viewer:pii");
  return {
    columns: viewerRecordColumns,
    points: POINTS.whole + days.length * POINTS.day,
    name: fileName("viewer-records", found?.trackingIds[0] ?? stream ?? "account", window),
    async *rows() {
      // An empty list would be no filter for the platform.
      if (found?.trackingIds.length === 0) return;
      for (const day of days) {
        const records = context.loaders.viewerRecords({
          window: day,
          by,
          state,
          ...(found ? { trackingIds: found.trackingIds } : stream !== null && { streamNames: [stream] }),
        });
        let rows: Row[] = [];
        for await (const record of records) {
          if (!isWanted(record)) continue;
          rows.push(rowOf(record, seesPersons));
          if (rows.length < MAX_ROWS) continue;
          yield rows;
          rows = [];
        }
        if (rows.length > 0) yield rows;
      }
    },
  };
}

/** Yields the parts of a window that are in one UTC day each. */
function* daysOf({ from, to }: TimeWindow): Generator<TimeWindow, void> {
  for (let begin = from; begin < to; ) {
    const end = Math.min(floorTo(begin, DAY_MS) + DAY_MS, to);
    yield { from: begin, to: end };
    begin = end;
  }
}

/** @param seesPersons whether the caller may read addresses and marks of viewers */
function rowOf(record: ViewerRecord, seesPersons: boolean): Row {
  return [
    record.recordId,
    record.previousRecordId,
    record.clientId,
    record.streamName,
    record.trackingId,
    iso(record.startedAt),
    record.endedAt === null ? null : iso(record.endedAt),
    `${record.durationSeconds}`,
    `${record.bytes}`,
    record.country,
    record.clusterId,
    seesPersons ? record.ipAddress : null,
    seesPersons ? record.userAgent : null,
    seesPersons ? record.customViewerData : null,
  ];
}
