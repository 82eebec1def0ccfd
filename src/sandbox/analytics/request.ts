import type { Span } from "../calendar.ts";
import { QueryReader } from "../http/query.ts";
import type { Horizon, Resolution } from "./coverage.ts";

/** A request for figures, read and checked. */
export interface AnalyticsRequest {
  readonly range: Span;
  /** Stream names or tracking ids as asked for, without repeats; empty for the account. */
  readonly names: readonly string[];
  /** Of a series. */
  readonly resolution: Resolution;
  /** Taken once: the answer is of one instant, however long it takes. */
  readonly horizon: Horizon;
}

/** What an operation asks for beside `startDate` and `stopDate`. */
export interface RequestShape {
  readonly names?: "streamNames" | "trackingIds";
  /** The resolutions that it takes; none for a total. */
  readonly resolutions?: readonly Resolution[];
}

const MAX_NAMES = 10;
const MAX_NAME_CHARACTERS = 128;

/** @throws ResponseError naming each field that is missing or malformed */
export function readRequest(query: URLSearchParams, asks: RequestShape, horizon: Horizon): AnalyticsRequest {
  const reader = new QueryReader(query);
  const range = { from: reader.instant("startDate"), to: reader.instant("stopDate") };
  const names = asks.names === undefined ? [] : readNames(reader, asks.names);
  const resolution = asks.resolutions === undefined ? "Day" : reader.choice("resolution", asks.resolutions);
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
