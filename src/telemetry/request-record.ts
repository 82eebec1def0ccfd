import { randomUUID } from "node:crypto";
import type { ExecutionResult } from "graphql";
import type { Caller } from "../auth/caller.ts";
import { redacted } from "../model/secret.ts";

/** Facts of one request for logs, metrics and traces. Holds no argument and no secret. */
export interface RequestRecord {
  readonly requestId: string;
  /** Whether the client chose the id. */
  readonly isGivenId: boolean;
  /** When its head was received, by `performance.now()`. */
  readonly startedAt: number;
  /** Null if the request was not authenticated. */
  caller: Pick<Caller, "principalId" | "role"> | null;
  /** Operation of the request; null if there is no such operation in its document. */
  operation: { readonly name: string | null; readonly kind: string } | null;
  /** Code of each error of the response. */
  errors: readonly string[];
  /** Points charged. */
  points: number;
  /** Calls made to the platform for this request alone. */
  upstreamCalls: number;
  /** Sources of stale data in the response. */
  stale: readonly string[];
}

/** @param givenId `X-Request-Id` as the client sent it: used if it is a word that a log can hold */
export function createRequestRecord(givenId: string | null | undefined): RequestRecord {
  const isGivenId = givenId != null && isSane(givenId);
  const requestId = isGivenId ? givenId : randomUUID();
  const startedAt = performance.now();
  return {
    requestId,
    isGivenId,
    startedAt,
    caller: null,
    operation: null,
    errors: [],
    points: 0,
    upstreamCalls: 0,
    stale: [],
  };
}

function isSane(id: string): boolean {
  return /^[\w.:+/=@-]{1,100}$/.test(id) && redacted(id) === id;
}

/** Records the errors and the stale sources of the response. */
export function recordResult(
  record: RequestRecord,
  codes: readonly string[],
  extensions: ExecutionResult["extensions"] | Readonly<Record<string, unknown>>,
): void {
  record.errors = codes;
  const stale = extensions?.["stale"] as readonly { readonly source: string }[] | undefined;
  record.stale = stale?.map(({ source }) => source) ?? [];
}
