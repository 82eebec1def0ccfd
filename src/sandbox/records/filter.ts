import * as z from "zod";
import { parseInstant } from "../calendar.ts";
import { validated } from "../http/body.ts";
import { invalid } from "../http/response.ts";

/** Which viewer records to return. */
export interface RecordFilter {
  /** Bounds on the start of a record. */
  readonly started: readonly Bound[];
  /** Bounds on the end of a record; an ongoing record satisfies none. */
  readonly completed: readonly Bound[];
  readonly search: Search;
  /** Null for all. */
  readonly streamNames: ReadonlySet<string> | null;
  /** Null for all; a null in the list stands for untracked viewers. */
  readonly trackingIds: ReadonlySet<string | null> | null;
}

/** Whether to return records that ended, that did not, or both. */
export type Search = "Completed" | "Ongoing" | "Ongoing_Completed";
type Operator = z.output<typeof operator>;

/** One comparison with an instant, in milliseconds. */
export interface Bound {
  readonly operator: Operator;
  readonly at: number;
}

const operator = z.enum(["GreaterThanOrEqualTo", "GreaterThan", "LessThanOrEqualTo", "LessThan"]);

/** Returns whether an instant satisfies a bound. */
export function holds({ operator, at }: Bound, instant: number): boolean {
  switch (operator) {
    case "GreaterThanOrEqualTo":
      return instant >= at;
    case "GreaterThan":
      return instant > at;
    case "LessThanOrEqualTo":
      return instant <= at;
    case "LessThan":
      return instant < at;
  }
}

/** Returns the span outside of which no instant can satisfy all bounds, both ends included. */
export function reachOf(bounds: readonly Bound[]): { from: number; to: number } {
  const isLower = ({ operator }: Bound) => operator.startsWith("Greater");
  return {
    from: Math.max(...bounds.filter(isLower).map(({ at }) => at), Number.NEGATIVE_INFINITY),
    to: Math.min(...bounds.filter((bound) => !isLower(bound)).map(({ at }) => at), Number.POSITIVE_INFINITY),
  };
}

const instant = z
  .string()
  .transform((text, context) => {
    const at = parseInstant(text);
    if (at !== undefined) return at;
    context.addIssue({ code: "custom", message: `The value '${text}' is not a valid date.` });
    return z.NEVER;
  })
  .nullish();

const common = {
  search: z.enum(["Completed", "Ongoing", "Ongoing_Completed"]).nullish(),
  streamNames: z.array(z.string()).nullish(),
  trackingIds: z.array(z.string().nullable()).nullish(),
};

const v1 = z.object({
  ...common,
  startTime: instant,
  startOperator: operator.nullish(),
  endTime: instant,
  endOperator: operator.nullish(),
});

const v2 = z.object({
  ...common,
  startedAfter: instant,
  startedAfterOperator: operator.nullish(),
  startedBefore: instant,
  startedBeforeOperator: operator.nullish(),
  completedAfter: instant,
  completedAfterOperator: operator.nullish(),
  completedBefore: instant,
  completedBeforeOperator: operator.nullish(),
});

/**
 * Parses the filter of v1.
 *
 * @throws ResponseError if a field is malformed, or both streams and tracking ids are named
 */
export function readFilterV1(body: unknown): RecordFilter {
  const input = validated(v1, body);
  return {
    ...readCommon(input),
    started: bound(input.startTime, input.startOperator, "GreaterThanOrEqualTo"),
    completed: bound(input.endTime, input.endOperator, "LessThan"),
  };
}

/**
 * Parses the filter of v2.
 *
 * @throws ResponseError if a field is malformed, or both streams and tracking ids are named
 */
export function readFilterV2(body: unknown): RecordFilter {
  const input = validated(v2, body);
  return {
    ...readCommon(input),
    started: [
      ...bound(input.startedAfter, input.startedAfterOperator, "GreaterThanOrEqualTo"),
      ...bound(input.startedBefore, input.startedBeforeOperator, "LessThan"),
    ],
    completed: [
      ...bound(input.completedAfter, input.completedAfterOperator, "GreaterThanOrEqualTo"),
      ...bound(input.completedBefore, input.completedBeforeOperator, "LessThan"),
    ],
  };
}

function readCommon({ search, streamNames, trackingIds }: z.output<z.ZodObject<typeof common>>) {
  if (streamNames && trackingIds) {
    throw invalid({ trackingIds: ["StreamNames and TrackingIds are mutually exclusive."] });
  }
  return {
    search: search ?? ("Ongoing_Completed" as const),
    streamNames: streamNames ? new Set(streamNames) : null,
    trackingIds: trackingIds ? new Set(trackingIds) : null,
  };
}

function bound(at: number | null | undefined, operator: Operator | null | undefined, byDefault: Operator): Bound[] {
  return typeof at === "number" ? [{ at, operator: operator ?? byDefault }] : [];
}
