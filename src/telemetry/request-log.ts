import { LRUCache } from "lru-cache";
import { type DestinationStream, type Logger, pino, symbols } from "pino";
import { memoizeLast } from "../primitives/memoize.ts";
import type { RequestRecord } from "./request-record.ts";

/** Writes a line for each request that was answered. */
export type RequestLog = (record: RequestRecord, status: number, durationMs: number) => void;

const NULL = "null";

/** A word of ours. */
const quoted = (word: string | undefined) => (word === undefined ? NULL : `"${word}"`);

/** Of many requests in a millisecond. */
const timeOf = memoizeLast((time: number) => new Date(time).toISOString());

/** Longer names are nobody's. */
const MAX_NAME_LENGTH = 100;

/**
 * Who asked, what for, and what came of it; never an argument, never a secret.
 *
 * @param slowMs a request that takes longer is a warning
 */
export function createRequestLog(logger: Logger, slowMs: number): RequestLog {
  const { write, redacted } = linesOf(logger);
  const names = new LRUCache<string, string>({ max: 1_000 });
  /** A name that somebody has made up, as JSON. */
  const nameOf = (written: string | null | undefined) => {
    if (written == null) return NULL;
    const known = names.get(written);
    if (known !== undefined) return known;
    const name = JSON.stringify(redacted(written).slice(0, MAX_NAME_LENGTH));
    names.set(written, name);
    return name;
  };
  return (record, status, durationMs) => {
    const isSlow = durationMs > slowMs;
    const level = isSlow ? "warn" : "info";
    if (!logger.isLevelEnabled(level)) return;
    const { requestId, caller, asked, errors, points, upstreamCalls } = record;
    // An id is of letters that need no escaping.
    const id = record.isGivenId ? redacted(requestId) : requestId;
    write(
      `{"level":${pino.levels.values[level]},"time":"${timeOf(Date.now())}","requestId":"${id}",` +
        `"principalId":${nameOf(caller?.principalId)},"role":${quoted(caller?.role)},` +
        `"operation":${nameOf(asked?.name)},"kind":${quoted(asked?.kind)},"status":${status},` +
        `"errors":${errors.length === 0 ? "[]" : codesOf(errors)},"cost":${points},` +
        `"upstreamCalls":${upstreamCalls},"durationMs":${Math.round(durationMs * 10) / 10},` +
        `"msg":"${isSlow ? "slow request" : "request"}"}\n`,
    );
  };
}

/** Returns each code once, as JSON. Errors of a page mostly have one code. */
function codesOf(codes: readonly string[]): string {
  const [first] = codes;
  return JSON.stringify(codes.every((code) => code === first) ? [first] : [...new Set(codes)]);
}

interface Lines {
  /** Writes a line to where the logger writes. */
  readonly write: (line: string) => void;
  /** Takes secrets out of a text, as they are taken out of other lines. */
  readonly redacted: (text: string) => string;
}

/**
 * What the logger does with a line, in two steps. Looking for secrets in a whole line takes as long as writing it, and the
 * logger's own writing twice as long as that; so here a line is made in one go, and secrets are looked for only in what
 * somebody else has made up: the rest is numbers, codes, and names that the gateway gave.
 */
function linesOf(logger: Logger): Lines {
  const stream = Reflect.get(logger, symbols.streamSym) as DestinationStream;
  const { streamWrite } = Reflect.get(logger, symbols.hooksSym) ?? {};
  return { write: (line) => void stream.write(line), redacted: streamWrite ?? ((text) => text) };
}
