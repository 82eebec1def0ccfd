import type { Plugin } from "graphql-yoga";
import { rejectOtherThanGet } from "../allow-methods.ts";
import { type Exports, exportFileOf, exportPaths } from "../exports/exports.ts";
import { respond } from "../fetch-http.ts";
import { errorResponse } from "../http-message.ts";
import type { ServerContext } from "../server-context.ts";

/**
 * Serves `GET /exports/...`: usage and viewer records as files, to whoever may read them in the graph. An export that fails after
 * its first rows ends its connection. Must come after `useAuthentication`.
 */
export function useExports(exports: Exports): Plugin<object, ServerContext> {
  return {
    async onRequest(payload) {
      const { request, url, serverContext, endResponse, fetchAPI } = payload;
      if (!url.pathname.startsWith("/exports/")) return;
      const { caller, head, address = null, record } = serverContext;
      // useAuthentication has rejected every other request.
      if (!caller) throw new Error("a request reached the exports without a caller");
      const file = exportFileOf(url.pathname);
      if (!file) {
        const message = `Not found: the exports are ${exportPaths.join(", ")}.`;
        respond(payload, errorResponse("BAD_REQUEST", message, { status: 404 }));
        return;
      }
      if (rejectOtherThanGet(payload)) return;
      if (record) record.operation = { name: `${file.kind}.${file.format}`, kind: "export" };
      const isForPartner = caller.role === "PARTNER";
      const search = new URLSearchParams(url.search);
      const signal = () => request.signal;
      try {
        const { headers, body, end } = await exports.start(
          { head, file, search, caller, address, signal, callCounter: record },
          (cost, points) => {
            serverContext.cost = cost;
            if (record) record.points = points;
          },
        );
        if (end) {
          serverContext.streamed = end;
          void end.then((how) => {
            if (how !== "COMPLETE") serverContext.abort?.();
            if (typeof how === "object" && record) record.errors = [exports.failure(how.error, isForPartner).code];
          });
        }
        // The type does not know the streams of Node.js, which yoga sends with backpressure.
        endResponse(new fetchAPI.Response(body as unknown as BodyInit | null, { headers }));
      } catch (error) {
        respond(payload, exports.failure(error, isForPartner));
      }
    },
  };
}
