import type { Plugin } from "graphql-yoga";
import type { Metrics } from "../../telemetry/metrics.ts";
import { METRICS_TYPE } from "../../telemetry/metrics-registry.ts";
import { rejectOtherThanGet } from "../allow-methods.ts";
import { respond } from "../fetch-http.ts";
import { errorResponse } from "../http-message.ts";
import type { ServerContext } from "../server-context.ts";

/**
 * Serves `GET /metrics` to the broadcaster's own people, such as a Prometheus with a key of its own. Metrics describe the whole
 * account, so partners are refused. Must come after `useAuthentication`.
 */
export function useMetrics(metrics: Pick<Metrics, "text">): Plugin<object, ServerContext> {
  return {
    onRequest(payload) {
      const { url, serverContext, endResponse, fetchAPI } = payload;
      const { caller } = serverContext;
      if (url.pathname !== "/metrics" || !caller) return;
      if (rejectOtherThanGet(payload)) return;
      if (caller.role === "PARTNER") {
        const message = "Metrics describe the whole account and are for the broadcaster's own people only.";
        respond(payload, errorResponse("FORBIDDEN", message, { status: 403 }));
      } else {
        endResponse(new fetchAPI.Response(metrics.text(), { headers: { "content-type": METRICS_TYPE } }));
      }
    },
  };
}
