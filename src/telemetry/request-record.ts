import { randomUUID } from "node:crypto";
import type { ExecutionResult } from "graphql";
import type { Caller } from "../auth/caller.ts";
import { redacted } from "../model/secret.ts";

/** What is known of one request while it is answered, and told of it afterwards. It holds no argument and no secret. */
export interface RequestRecord {
  readonly requestId: string;
  /** Whether the client made it up. */
  readonly isGivenId: boolean;
  /** When its head was there, by `performance.now()`. */
  readonly beganAt: number;
  /** Null where it proved nobody, or was refused before it was asked. */
  caller: Pick<Caller, "principalId" | "role"> | null;
  /** What it asked for; null where it was no operation of the graph. */
  asked: { readonly name: string | null; readonly kind: string } | null;
  /** The code of each error of the answer. */
  errors: readonly string[];
  /** What it was charged. */
  points: number;
  /** How many questions were put to the platform for it alone. */
  upstreamCalls: number;
  /** What of the answer was past its freshness. */
  stale: readonly string[];
}

/** @param givenId `X-Request-Id` as the client sent it: taken over when it is a word that a log can hold */
export function createRequestRecord(givenId: string | null | undefined): RequestRecord {
  const isGivenId = givenId != null && isSane(givenId);
  const requestId = isGivenId ? givenId : randomUUID();
  const beganAt = performance.now();
  return {
    requestId,
    isGivenId,
    beganAt,
    caller: null,
    asked: null,
    errors: [],
    points: 0,
    upstreamCalls: 0,
    stale: [],
  };
}

function isSane(id: string): boolean {
  return /^[\w.:+/=@-]{1,100}$/.test(id) && redacted(id) === id;
}

/** Notes what the answer tells of itself: its errors, and its stale parts. */
export function recordResult(
  record: RequestRecord,
  codes: readonly string[],
  extensions: ExecutionResult["extensions"] | Readonly<Record<string, unknown>>,
): void {
  record.errors = codes;
  const stale = extensions?.["stale"] as readonly { readonly source: string }[] | undefined;
  record.stale = stale?.map(({ source }) => source) ?? [];
}
