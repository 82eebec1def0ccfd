import type { Metrics } from "./metrics.ts";
import type { RequestLog } from "./request-log.ts";
import { createRequestRecord, type RequestRecord } from "./request-record.ts";
import type { Tracing } from "./tracing.ts";

/** Observes each request to the graph from its head to its response. */
export interface RequestObserver {
  /** @param header returns a header of the request by its name in lower case */
  begin(header: (name: string) => string | null): RequestRecord;
  /**
   * Counts the response and logs the request.
   *
   * @param status DISCONNECTED if the client did not wait for the response: reported as 499, as nginx does
   */
  end(record: RequestRecord, status: number | "DISCONNECTED"): void;
}

/** Header with the id of a request, chosen by the client or by the gateway. */
export const REQUEST_ID = "x-request-id";

const CLIENT_CLOSED_REQUEST = 499;

export function createRequestObserver(
  metrics: Pick<Metrics, "recordRequest">,
  log: RequestLog,
  tracing: Tracing | null,
): RequestObserver {
  return {
    begin: (header) => {
      const record = createRequestRecord(header(REQUEST_ID));
      tracing?.startRequest(record, header);
      return record;
    },
    end: (record, result) => {
      const status = result === "DISCONNECTED" ? CLIENT_CLOSED_REQUEST : result;
      const durationMs = performance.now() - record.startedAt;
      metrics.recordRequest(record, status, durationMs);
      log(record, status, durationMs);
      tracing?.endRequest(record, status);
    },
  };
}
