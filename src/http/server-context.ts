import type { Caller } from "../auth/caller.ts";
import type { CostStatus } from "../model/cost.ts";
import type { ErrorCode } from "../model/errors.ts";
import type { AdmittedSubscription } from "../operation/subscribe.ts";
import type { RequestRecord } from "../telemetry/request-record.ts";
import type { RequestHead } from "./http-message.ts";

/** State of a request that graphql-yoga and its plugins pass on. */
export interface ServerContext {
  readonly head: RequestHead;
  /** Whether the load shedder rejected the request. */
  readonly isOverloaded: boolean;
  /** Called when the response is ready; left out where nothing counts responses. */
  readonly onResponse?: () => void;
  /** Client's network address; null where it is not known. */
  address?: string | null;
  caller?: Caller;
  /** Code of a response of the gateway's own; left out for a result of the graph. */
  errorCode?: ErrorCode;
  /** Cost of the operation; null where nothing was charged. */
  cost?: CostStatus | null;
  /** Set for a subscription that yoga is to execute. */
  subscription?: AdmittedSubscription;
  /** Facts for logs, metrics and traces; left out for requests to anything but the graph. */
  record?: RequestRecord;
}
