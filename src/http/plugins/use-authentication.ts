import type { Plugin } from "graphql-yoga";
import type { Caller } from "../../auth/caller.ts";
import type { CostStatus } from "../../model/cost.ts";
import type { RequestRecord } from "../../telemetry/request-record.ts";
import { toResponse } from "../fetch-http.ts";
import type { RequestHead } from "../http-message.ts";
import type { Ingress } from "../ingress.ts";

/** What travels through yoga with a request. */
export interface ServerContext {
  /** What is known of the request. */
  readonly head: RequestHead;
  /** There was too much to do already when the request came. */
  readonly isOverloaded: boolean;
  /** Called when there is an answer; left out where nobody counts. */
  readonly answered?: () => void;
  /** The client's network address; null where it is not known. */
  address?: string | null;
  caller?: Caller;
  /** What the request cost; null where nothing was counted. */
  cost?: CostStatus | null;
  /** What is told of a request to the graph when it has been answered. */
  record?: RequestRecord;
}

/** Lets the front find out who calls. What stands before this plugin is for everyone. */
export function useAuthentication(front: Ingress): Plugin<object, ServerContext> {
  return {
    async onRequest({ serverContext, endResponse, fetchAPI }) {
      const admitted = await front.authenticate(serverContext.head);
      if ("status" in admitted) endResponse(toResponse(fetchAPI.Response, admitted));
      else Object.assign(serverContext, admitted);
    },
  };
}
