import { LRUCache } from "lru-cache";
import { type Logger, pino, symbols } from "pino";
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
  const { lines, redacted } = linesOf(logger);
  const names = new LRUCache<string, string>({ max: 1_000 });
  const nameOf = (written: string) => {
    const known = names.get(written);
    if (known !== undefined) return known;
    const name = redacted(written).slice(0, MAX_NAME_LENGTH);
    names.set(written, name);
    return name;
  };
  return (record, status, durationMs) => {
    const isSlow = durationMs > slowMs;
    if (!lines.isLevelEnabled(isSlow ? "warn" : "info")) return;
    const { requestId, caller, asked, errors, points, upstreamCalls } = record;
    const line = {
      requestId: record.isGivenId ? redacted(requestId) : requestId,
      principalId: caller ? nameOf(caller.principalId) : null,
      role: caller?.role ?? null,
      operation: asked?.name ? nameOf(asked.name) : null,
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

interface Lines {
  readonly lines: Logger;
  /** Takes secrets out of a text, as they are taken out of other lines. */
  readonly redacted: (text: string) => string;
}

/**
 * Writes to where the logger writes. Looking for secrets in a whole line takes as long as writing it, so it is done here only
 * with what somebody else has made up: the rest is numbers, codes, and names that the gateway gave.
 */
function linesOf(logger: Logger): Lines {
  const { streamWrite } = Reflect.get(logger, symbols.hooksSym) ?? {};
  const options = { level: logger.level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  return { lines: pino(options, Reflect.get(logger, symbols.streamSym)), redacted: streamWrite ?? ((text) => text) };
}
