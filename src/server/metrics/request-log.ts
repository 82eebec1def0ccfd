import type { Logger } from "pino";
import type { RequestRecord } from "./request-record.ts";

/** Writes a line for each request that was answered. */
export type RequestLog = (record: RequestRecord, status: number, durationMs: number) => void;

/** Longer names are nobody's. */
const MAX_NAME_LENGTH = 100;

/**
 * Who asked, what for, and what came of it; never an argument, never a secret.
 *
 * @param slowMs a request that takes longer is a warning
 */
export function createRequestLog(logger: Logger, slowMs: number): RequestLog {
  // Its fields are known to hold no secret by name, and looking for them takes longer than writing them.
  const lines = logger.child({}, { redact: [] });
  return (record, status, durationMs) => {
    const isSlow = durationMs > slowMs;
    if (!logger.isLevelEnabled(isSlow ? "warn" : "info")) return;
    const { requestId, caller, asked, errors, points, upstreamCalls } = record;
    const line = {
      requestId,
      principalId: caller?.principalId ?? null,
      role: caller?.role ?? null,
      operation: asked?.name?.slice(0, MAX_NAME_LENGTH) ?? null,
      kind: asked?.kind ?? null,
      status,
      errors: errors.length === 0 ? errors : [...new Set(errors)],
      cost: points,
      upstreamCalls,
      durationMs: Math.round(durationMs * 10) / 10,
    };
    if (isSlow) lines.warn(line, "slow request");
    else lines.info(line, "request");
  };
}
