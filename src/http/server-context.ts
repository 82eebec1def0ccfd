import type { Caller } from "../auth/caller.ts";
import type { CostStatus } from "../model/cost.ts";
import type { ErrorCode } from "../model/errors.ts";
import type { AdmittedSubscription } from "../operation/subscribe.ts";
import type { RequestRecord } from "../telemetry/request-record.ts";
import type { ExportEnd } from "./exports/export-body.ts";
import type { RequestHead } from "./http-message.ts";

/** State of a request that graphql-yoga and its plugins pass on. */
export interface ServerContext {
  readonly head: RequestHead;
  /** Whether the load shedder rejected the request. */
  readonly isOverloaded: boolean;
  /** Called when the response is ready, with the context as it is then; left out where nothing counts responses. */
  readonly onResponse?: (context: ServerContext) => void;
  /** Ends the connection at once, so that the client sees that its response is cut off; left out without a connection. */
  readonly abort?: () => void;
  /** Client's network address; null where it is not known. */
  address?: string | null;
  caller?: Caller;
  /** Code of a response of the gateway's own; left out for a result of the graph. */
  errorCode?: ErrorCode;
  /** Cost of the operation; null where nothing was charged. */
  cost?: CostStatus | null;
  /** Set for a subscription that yoga is to execute. */
  subscription?: AdmittedSubscription;
  /** Set for a response that is sent while it is read: how it ends. */
  streamed?: Promise<ExportEnd>;
  /** Facts for logs, metrics and traces; left out for requests to anything but the graph. */
  record?: RequestRecord;
}
