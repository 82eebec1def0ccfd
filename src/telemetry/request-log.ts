import { LRUCache } from "lru-cache";
import { type DestinationStream, type Logger, pino, symbols } from "pino";
import { memoizeLast } from "../primitives/memoize.ts";
import type { RequestRecord } from "./request-record.ts";

/** Logs one line for a request that was answered. */
export type RequestLog = (record: RequestRecord, status: number, durationMs: number) => void;

const NULL = "null";

/** Returns a word of the gateway's own, which needs no escaping, as JSON. */
const quoted = (word: string | undefined) => (word === undefined ? NULL : `"${word}"`);

/** Requests of one millisecond share the text. */
const timeOf = memoizeLast((time: number) => new Date(time).toISOString());

/** Characters of an operation name or principal that are logged. */
const MAX_NAME_LENGTH = 100;

/**
 * Creates the log of requests: caller, operation, outcome, cost and duration; never an argument or a secret.
 *
 * @param slowMs duration from which a request is logged as a warning, in milliseconds
 */
export function createRequestLog(logger: Logger, slowMs: number): RequestLog {
  const { write, redact } = outputOf(logger);
  const names = new LRUCache<string, string>({ max: 1_000 });
  /** Returns a name chosen by a client as JSON, without secrets. */
  const nameOf = (name: string | null | undefined) => {
    if (name == null) return NULL;
    const cached = names.get(name);
    if (cached !== undefined) return cached;
    const json = JSON.stringify(redact(name).slice(0, MAX_NAME_LENGTH));
    names.set(name, json);
    return json;
  };
  return (record, status, durationMs) => {
    // An export takes as long as its client does.
    const isSlow = durationMs > slowMs && record.operation?.kind !== "export";
    const level = isSlow ? "warn" : "info";
    if (!logger.isLevelEnabled(level)) return;
    const { requestId, caller, operation, errors, points, upstreamCalls } = record;
    // The characters of an id need no escaping.
    const id = record.isGivenId ? redact(requestId) : requestId;
    write(
      `{"level":${pino.levels.values[level]},"time":"${timeOf(Date.now())}","requestId":"${id}",` +
        `"principalId":${nameOf(caller?.principalId)},"role":${quoted(caller?.role)},` +
        `"operation":${nameOf(operation?.name)},"kind":${quoted(operation?.kind)},"status":${status},` +
        `"errors":${errors.length === 0 ? "[]" : codesOf(errors)},"cost":${points},` +
        `"upstreamCalls":${upstreamCalls},"durationMs":${Math.round(durationMs * 10) / 10},` +
        `"msg":"${isSlow ? "slow request" : "request"}"}\n`,
    );
  };
}

/** Returns each code once, as JSON. Errors of one response mostly have the same code. */
function codesOf(codes: readonly string[]): string {
  const [first] = codes;
  return JSON.stringify(codes.every((code) => code === first) ? [first] : [...new Set(codes)]);
}

interface Output {
  /** Writes a line to the destination of the logger. */
  readonly write: (line: string) => void;
  /** Replaces secrets in a text, as the logger does in its lines. */
  readonly redact: (text: string) => string;
}

/**
 * Returns the two steps by which the logger writes a line. Each line is composed here at once, and only what a client has chosen is
 * searched for secrets. Pino offers them as `pino.symbols` only.
 *
 * @see docs/decisions/0007-request-log.md
 */
function outputOf(logger: Logger): Output {
  const stream = Reflect.get(logger, symbols.streamSym) as DestinationStream;
  const { streamWrite } = Reflect.get(logger, symbols.hooksSym) ?? {};
  return { write: (line) => void stream.write(line), redact: streamWrite ?? ((text) => text) };
}
