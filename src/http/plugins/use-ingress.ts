import type { Plugin } from "graphql-yoga";
import { respond } from "../fetch-http.ts";
import type { Ingress } from "../ingress.ts";
import type { ServerContext } from "../server-context.ts";

/** Rejects requests early, and adds the headers of every response. */
export function useIngress(ingress: Ingress): Plugin<object, ServerContext> {
  return {
    onRequest(payload) {
      const { head, isOverloaded } = payload.serverContext;
      const rejection = ingress.rejectEarly(head, isOverloaded);
      if (rejection) respond(payload, rejection);
    },
    onResponse({ response: { headers }, serverContext }) {
      const { head } = serverContext;
      serverContext.onResponse?.(serverContext);
      for (const [name, value] of Object.entries(ingress.headers(head))) {
        if (name === "vary") headers.append(name, value);
        else if (name !== "cache-control" || !headers.has(name)) headers.set(name, value);
      }
    },
  };
}
