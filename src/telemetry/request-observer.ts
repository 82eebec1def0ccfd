import type { Metrics } from "./metrics.ts";
import type { RequestLog } from "./request-log.ts";
import { createRequestRecord, type RequestRecord } from "./request-record.ts";
import type { Tracing } from "./tracing.ts";

/** Follows each request to the graph from its head to its answer. */
export interface RequestObserver {
  /** @param header of the request, by its name in lower case */
  begin(header: (name: string) => string | null): RequestRecord;
  /**
   * Counts what was answered, and writes its line of the log.
   *
   * @param status LEFT where the client did not wait for its answer: told as 499, as nginx does
   */
  end(record: RequestRecord, status: number | "LEFT"): void;
}

/** The header by which a client and its log know a request, given or made. */
export const REQUEST_ID = "x-request-id";

const CLIENT_LEFT = 499;

export function createRequestObserver(
  metrics: Pick<Metrics, "answered">,
  log: RequestLog,
  tracing: Tracing | null,
): RequestObserver {
  return {
    begin: (header) => {
      const record = createRequestRecord(header(REQUEST_ID));
      tracing?.requestBegan(record, header);
      return record;
    },
    end: (record, answered) => {
      const status = answered === "LEFT" ? CLIENT_LEFT : answered;
      const durationMs = performance.now() - record.beganAt;
      metrics.answered(record, status, durationMs);
      log(record, status, durationMs);
      tracing?.requestEnded(record, status);
    },
  };
}
