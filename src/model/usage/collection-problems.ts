import { ApplicationError, errorCodes } from "../errors.ts";
import type { ArchiveGranularity, ArchiveKind } from "./archive.ts";

/** Code of a reason for which usage was not collected, and what it means. */
export const collectionProblemCodes = {
  UPSTREAM_TIMEOUT: errorCodes.UPSTREAM_TIMEOUT,
  UPSTREAM_UNAVAILABLE: errorCodes.UPSTREAM_UNAVAILABLE,
  UPSTREAM_RATE_LIMITED: errorCodes.UPSTREAM_RATE_LIMITED,
  UPSTREAM_BAD_RESPONSE:
    "The platform's usage has a negative, fractional or too large count, or another form than documented.",
  UPSTREAM_REJECTED: "The platform refuses usage of this name; it is asked for again each day.",
  UPSTREAM_UNAUTHORIZED: errorCodes.UPSTREAM_UNAUTHORIZED,
  OVERLOADED: "Too many calls to the platform were in flight.",
  STORE_UNAVAILABLE: "The gateway's database is locked, full, read-only or unreachable.",
  CLOCK_MOVED_BACK: "The platform's time is before that of usage that was collected earlier.",
  INTERNAL_SERVER_ERROR: "The gateway failed; the log has the error.",
} as const;

export type CollectionProblemCode = keyof typeof collectionProblemCodes;

/** Reason for which usage is not collected at present. */
export interface CollectionProblem {
  readonly code: CollectionProblemCode;
  /** Kind of the series; null if no usage is collected. */
  readonly kind: ArchiveKind | null;
  readonly granularity: ArchiveGranularity | null;
  /** Stream or tracking id; empty for the account. */
  readonly name: string;
  /** Platform's time of the first and of the last failure in a row, in milliseconds. */
  readonly since: number;
  readonly at: number;
}

/** Problems of the gateway that collects. They end with the next success. */
export interface CollectionProblems {
  record(error: unknown, series: Pick<CollectionProblem, "kind" | "granularity" | "name">, at: number): void;
  /** Records that the platform's time is before that of collected usage. */
  recordClock(at: number): void;
  /** Ends the problems of series, or those of the whole collection. */
  resolve(
    series: {
      readonly kind: ArchiveKind;
      readonly granularity: ArchiveGranularity;
      readonly names: readonly string[];
    } | null,
  ): void;
  /** Returns the problems, newest first. */
  list(): CollectionProblem[];
  /** Returns the failures since the start of the gateway, by code. */
  counts(): ReadonlyMap<CollectionProblemCode, number>;
}

/** Creates an empty list of problems. */
export function createCollectionProblems(): CollectionProblems {
  const problems = new Map<string, CollectionProblem>();
  const counts = new Map<CollectionProblemCode, number>();
  const add = (problem: Omit<CollectionProblem, "since">) => {
    const key = keyOf(problem);
    const former = problems.get(key);
    counts.set(problem.code, (counts.get(problem.code) ?? 0) + 1);
    problems.delete(key);
    problems.set(key, { ...problem, since: former?.code === problem.code ? former.since : problem.at });
  };
  return {
    record: (error, series, at) => add({ ...series, code: codeOf(error), at }),
    recordClock: (at) => add({ ...whole, code: "CLOCK_MOVED_BACK", at }),
    resolve: (series) => {
      if (series === null) problems.delete(keyOf(whole));
      else for (const name of series.names) problems.delete(keyOf({ ...series, name }));
    },
    list: () => [...problems.values()].reverse(),
    counts: () => counts,
  };
}

/** Series of a problem that concerns the whole collection. */
const whole = { kind: null, granularity: null, name: "" } as const;

function keyOf({ kind, granularity, name }: Pick<CollectionProblem, "kind" | "granularity" | "name">): string {
  return `${kind} ${granularity} ${name}`;
}

function codeOf(error: unknown): CollectionProblemCode {
  const code = error instanceof ApplicationError ? error.code : "";
  return code in collectionProblemCodes ? (code as CollectionProblemCode) : "INTERNAL_SERVER_ERROR";
}
