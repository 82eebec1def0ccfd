import type { Plugin } from "graphql-yoga";
import { REQUEST_ID, type RequestObserver } from "../../telemetry/request-observer.ts";
import { recordResult } from "../../telemetry/request-record.ts";
import type { ServerContext } from "../server-context.ts";

/** Observes the requests to the graph and to exports that yoga answers. Must be the first plugin. */
export function useRequestTelemetry(requests: RequestObserver): Plugin<object, ServerContext> {
  return {
    onRequest({ request, url, serverContext }) {
      if (url.pathname === "/graphql" || url.pathname.startsWith("/exports/"))
        serverContext.record = requests.begin((name) => request.headers.get(name));
    },
    onResultProcess({ result, serverContext: { record } }) {
      if (!record || Array.isArray(result) || Symbol.asyncIterator in result) return;
      const { errors = [], extensions } = result;
      const codes = errors.map((error) => String(error.extensions["code"] ?? "INTERNAL_SERVER_ERROR"));
      recordResult(record, codes, extensions);
    },
    onResponse({ request, response, serverContext: { record, caller, errorCode, streamed } }) {
      if (!record) return;
      response.headers.set(REQUEST_ID, record.requestId);
      record.caller = caller ?? null;
      if (errorCode) record.errors = [errorCode];
      if (!streamed) requests.end(record, request.signal.aborted ? "DISCONNECTED" : response.status);
      else void streamed.then((end) => requests.end(record, end === "DISCONNECTED" ? end : response.status));
    },
  };
}
