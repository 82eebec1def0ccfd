import { stringify } from "lossless-json";
import { isoMillis } from "../calendar.ts";
import type { Clock } from "../clock.ts";
import type { SandboxResponse } from "../http/response.ts";
import type { Call, Route } from "../http/route.ts";
import { type RecordFilter, readFilterV1, readFilterV2 } from "./filter.ts";
import { type RecordRow, type RecordSources, recordBatches } from "./record-rows.ts";

/**
 * Creates the routes of viewer records, one row for each connection, sent while it is generated.
 *
 * JSON Lines, or CSV for an Accept header with `text/csv`. `bytes` are those delivered; traffic from viewers is not
 * emulated.
 *
 * @see POST /api/records/viewers and /api/v2/records/viewers on analyticsapi.
 */
export function viewerRecordRoutes(sources: RecordSources, clock: Clock): Route[] {
  const respond = ({ accept }: Call, filter: RecordFilter, version: 1 | 2): SandboxResponse => {
    const batches = recordBatches(sources, filter, version === 1, clock.now());
    const columns = version === 1 ? COLUMNS : COLUMNS_V2;
    return accept.includes("text/csv")
      ? {
          status: 200,
          contentType: "text/csv; charset=utf-8",
          body: written(batches, csvLine(columns), csvHeader(columns)),
        }
      : {
          status: 200,
          contentType: "application/x-jsonl; charset=utf-8",
          body: written(batches, jsonLine(columns), ""),
        };
  };

  return [
    {
      method: "POST",
      path: "/api/records/viewers",
      operationId: "Records_GetViewerRecords",
      access: "api secret",
      body: "json",
      handle: (call) => respond(call, readFilterV1(call.body), 1),
    },
    {
      method: "POST",
      path: "/api/v2/records/viewers",
      operationId: "RecordsV2_GetViewerRecords",
      access: "api secret",
      body: "json",
      handle: (call) => respond(call, readFilterV2(call.body), 2),
    },
  ];
}

type Field = string | number | bigint | null;

/** Every column, in the order of both formats. */
const FIELDS = {
  startTime: ({ first }) => isoMillis(first.startedAt),
  endTime: ({ endedAt }) => (endedAt === null ? null : isoMillis(endedAt)),
  clientId: ({ first }) => first.clientId,
  clusterId: ({ first }) => first.clusterId,
  country: ({ first }) => first.country,
  duration: ({ durationSeconds }) => durationSeconds,
  bytes: ({ bytes }) => bytes,
  ipAddress: ({ first }) => first.ipAddress,
  streamName: ({ first }) => first.streamName,
  trackingId: ({ first }) => first.trackingId,
  userAgent: ({ first }) => first.userAgent,
  customViewerData: ({ first }) => first.customViewerData,
  recordId: ({ first }) => first.recordId,
  previousRecordId: ({ first }) => first.previousRecordId,
} satisfies Record<string, (row: RecordRow) => Field>;

type Column = keyof typeof FIELDS;

const COLUMNS_V2 = Object.keys(FIELDS) as Column[];
const COLUMNS = COLUMNS_V2.filter((column) => column !== "recordId" && column !== "previousRecordId");

function jsonLine(columns: readonly Column[]): (row: RecordRow) => string {
  return (row) => {
    const fields: Record<string, Field> = {};
    for (const column of columns) fields[column] = FIELDS[column](row);
    // JSON.stringify is the faster, and rejects a bigint.
    return `${typeof row.bytes === "bigint" ? stringify(fields) : JSON.stringify(fields)}\n`;
  };
}

function csvHeader(columns: readonly Column[]): string {
  return `${columns.map((column) => column.charAt(0).toUpperCase() + column.slice(1)).join(",")}\n`;
}

function csvLine(columns: readonly Column[]): (row: RecordRow) => string {
  return (row) => `${columns.map((column) => csvField(FIELDS[column](row))).join(",")}\n`;
}

/** Returns a CSV field by RFC 4180: quoted if it must be, quotes doubled; null is an empty field. */
function csvField(value: Field): string {
  const text = value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const CHUNK_CHARACTERS = 32_768;

/** Yields the lines of all rows after a header, in pieces large enough for a write each. */
async function* written(
  batches: AsyncIterable<readonly RecordRow[]>,
  lineOf: (row: RecordRow) => string,
  header: string,
): AsyncGenerator<string> {
  let chunk = header;
  for await (const rows of batches) {
    for (const row of rows) {
      chunk += lineOf(row);
      if (chunk.length < CHUNK_CHARACTERS) continue;
      yield chunk;
      chunk = "";
    }
  }
  if (chunk !== "") yield chunk;
}
