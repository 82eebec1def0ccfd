import type { Span } from "../calendar.ts";
import { QueryReader } from "../http/query.ts";
import type { Horizon, Resolution } from "./coverage.ts";

/** A request for usage, parsed and checked. */
export interface AnalyticsRequest {
  readonly range: Span;
  /** Requested stream names or tracking ids, without repeats; empty for the account. */
  readonly names: readonly string[];
  /** Resolution of a series. */
  readonly resolution: Resolution;
  /** Read once: the response is of one instant, however long it takes. */
  readonly horizon: Horizon;
}

/** Parameters of an operation beside `startDate` and `stopDate`. */
export interface RequestShape {
  readonly names?: "streamNames" | "trackingIds";
  /** Accepted resolutions; empty for a total. */
  readonly resolutions?: readonly Resolution[];
}

const MAX_NAMES = 10;
const MAX_NAME_CHARACTERS = 128;

/** @throws ResponseError naming each field that is missing or malformed */
export function readRequest(query: URLSearchParams, shape: RequestShape, horizon: Horizon): AnalyticsRequest {
  const reader = new QueryReader(query);
  const range = { from: reader.instant("startDate"), to: reader.instant("stopDate") };
  const names = shape.names === undefined ? [] : readNames(reader, shape.names);
  const resolution = shape.resolutions === undefined ? "Day" : reader.choice("resolution", shape.resolutions);
  reader.done();
  if (range.to <= range.from) reader.complain("stopDate", "stopDate must be after startDate.");
  reader.done();
  return { range, names, resolution, horizon };
}

function readNames(reader: QueryReader, field: NonNullable<RequestShape["names"]>): readonly string[] {
  const names = reader.all(field);
  if (names.length === 0) reader.complain(field, `The ${field} field is required.`);
  if (names.length > MAX_NAMES) reader.complain(field, `The field ${field} takes at most ${MAX_NAMES} values.`);
  for (const name of names) {
    if (name === "" || name.length > MAX_NAME_CHARACTERS) reader.complain(field, "A name has 1 to 128 characters.");
    // Tokens may grant such names, but the platform's analytics cannot look them up.
    if (/[/*]|--/.test(name)) reader.complain(field, `The name '${name}' holds '/', '*' or '--'.`);
  }
  return [...new Set(names)];
}
