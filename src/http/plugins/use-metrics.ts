import type { Plugin } from "graphql-yoga";
import type { Metrics } from "../../telemetry/metrics.ts";
import { METRICS_TYPE } from "../../telemetry/metrics-registry.ts";
import { toResponse } from "../fetch-http.ts";
import { errorResponse } from "../http-message.ts";
import type { ServerContext } from "./use-authentication.ts";

/**
 * `GET /metrics` for Prometheus, which sends a key like any other client. They tell of the whole account, so a partner may
 * not read them. Stands behind `useCaller`, which turns away who proves nobody.
 */
export function useMetrics(metrics: Pick<Metrics, "text">): Plugin<object, ServerContext> {
  return {
    onRequest({ url, request, serverContext: { caller }, endResponse, fetchAPI }) {
      if (url.pathname !== "/metrics" || !caller) return;
      if (request.method !== "GET" && request.method !== "HEAD") {
        endResponse(new fetchAPI.Response(null, { status: 405, headers: { allow: "GET, HEAD" } }));
      } else if (caller.role === "PARTNER") {
        const message = "Metrics tell of the whole account: they are for the broadcaster's own people.";
        endResponse(toResponse(fetchAPI.Response, errorResponse("FORBIDDEN", message, { status: 403 })));
      } else {
        endResponse(new fetchAPI.Response(metrics.text(), { headers: { "content-type": METRICS_TYPE } }));
      }
    },
  };
}
