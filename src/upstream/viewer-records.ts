import { TextDecoder } from "node:util";
import { iso, type TimeWindow } from "../model/usage/time.ts";
import type { components } from "./generated/viewer-records.ts";
import { count, instant, integer, object, optional, ShapeError, text } from "./transport/decode.ts";
import type { Http } from "./transport/http-types.ts";
import { parseExact } from "./transport/json.ts";
import { UpstreamError } from "./upstream-error.ts";

/** One viewer's connection. A reconnection has its own record. Times are milliseconds since the epoch. */
export interface ViewerRecord {
  readonly kind: "ViewerRecord";
  /** Unique together with `startedAt`. A string, as it may exceed 2^53. */
  readonly recordId: string;
  readonly previousRecordId: string | null;
  readonly clientId: string;
  readonly startedAt: number;
  /** Null while the viewer is watching. */
  readonly endedAt: number | null;
  readonly durationSeconds: number;
  /** Sent plus received. */
  readonly bytes: bigint;
  readonly streamName: string;
  readonly trackingId: string | null;
  readonly country: string | null;
  readonly clusterId: string | null;
  /** Personal data, as are `userAgent` and `customViewerData`. */
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  readonly customViewerData: string | null;
}

export interface ViewerRecordsQuery {
  /** Window of the time that `by` selects: the start of a session or its completion. */
  readonly window: TimeWindow;
  readonly by: "STARTED" | "COMPLETED";
  readonly state: "ONGOING" | "COMPLETED" | null;
  /** At most one of the two lists is set. A null tracking id stands for untracked viewers. */
  readonly streamNames?: readonly string[] | undefined;
  readonly trackingIds?: readonly (string | null)[] | undefined;
}

export interface ViewerRecords {
  /**
   * Yields the records of a query as they arrive, in no documented order and without a limit. Leaving the loop early cancels
   * the call.
   *
   * @throws UpstreamError when there is no usable response, or it is cut off
   * @see POST /api/v2/records/viewers
   */
  stream(query: ViewerRecordsQuery, signal?: AbortSignal): AsyncIterable<ViewerRecord>;
}

const OPERATION = "RecordsV2_GetViewerRecords";
/** Longest line that can be a record, in characters; most have about 500. */
const MAX_LINE_LENGTH = 65_536;

export function createViewerRecords(http: Http): ViewerRecords {
  return {
    async *stream(query, signal) {
      const body = await http.stream({
        operation: OPERATION,
        method: "POST",
        path: "/api/v2/records/viewers",
        body: requestBody(query),
        accept: "application/x-jsonl",
        signal,
      });
      try {
        for await (const line of linesOf(body)) yield viewerRecord(parsed(line), "record");
      } catch (error) {
        if (!(error instanceof ShapeError)) throw error;
        const message = `The platform's response is not what it documents: ${error.message}.`;
        throw new UpstreamError("UPSTREAM_BAD_RESPONSE", message, { operation: OPERATION });
      }
    },
  };
}

type Schemas = components["schemas"];

/** Request body: the document has tracking ids as strings, but its description permits null for untracked viewers. */
type RequestBody = Omit<Schemas["GetRecordsV2Model"], "trackingIds"> & { trackingIds?: (string | null)[] };

function requestBody({ window, by, state, streamNames, trackingIds }: ViewerRecordsQuery): RequestBody {
  const [after, before] = [iso(window.from), iso(window.to)];
  return {
    ...(by === "STARTED"
      ? { startedAfter: after, startedBefore: before }
      : { completedAfter: after, completedBefore: before }),
    search: state === null ? "Ongoing_Completed" : state === "ONGOING" ? "Ongoing" : "Completed",
    ...(streamNames && { streamNames: [...streamNames] }),
    ...(trackingIds && { trackingIds: [...trackingIds] }),
  };
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoded(decoder, chunk)).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LINE_LENGTH) throw notJson();
    for (const line of lines) if (line.trim()) yield line;
  }
  // A response that ends within a character was cut off.
  rest += decoded(decoder);
  if (rest.trim()) yield rest;
}

/** @param chunk the next part of the response; undefined at the end. @throws ShapeError when it is not UTF-8 */
function decoded(decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined });
  } catch {
    throw notJson();
  }
}

/** @throws ShapeError when the line is not JSON */
function parsed(line: string): unknown {
  try {
    return parseExact(line);
  } catch (error) {
    throw error instanceof SyntaxError ? notJson() : error;
  }
}

function notJson(): ShapeError {
  return new ShapeError("record", "a line of JSON");
}

function viewerRecord(value: unknown, at: string): ViewerRecord {
  const wire = object<Schemas["ViewerRecordModel"]>(value, at);
  return {
    kind: "ViewerRecord",
    recordId: count(wire.recordId, `${at}.recordId`).toString(),
    previousRecordId: optional(wire.previousRecordId, `${at}.previousRecordId`, count)?.toString() ?? null,
    clientId: text(wire.clientId, `${at}.clientId`),
    startedAt: instant(wire.startTime, `${at}.startTime`),
    endedAt: optional(wire.endTime, `${at}.endTime`, instant),
    durationSeconds: optional(wire.duration, `${at}.duration`, integer) ?? 0,
    bytes: count(wire.bytes, `${at}.bytes`),
    streamName: text(wire.streamName, `${at}.streamName`),
    trackingId: optional(wire.trackingId, `${at}.trackingId`, text) || null,
    country: optional(wire.country, `${at}.country`, text) || null,
    clusterId: optional(wire.clusterId, `${at}.clusterId`, text) || null,
    ipAddress: optional(wire.ipAddress, `${at}.ipAddress`, text) || null,
    userAgent: optional(wire.userAgent, `${at}.userAgent`, text) || null,
    customViewerData: optional(wire.customViewerData, `${at}.customViewerData`, text) || null,
  };
}
