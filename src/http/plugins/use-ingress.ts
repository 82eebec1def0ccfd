import type { Plugin } from "graphql-yoga";
import { toResponse } from "../fetch-http.ts";
import type { Ingress } from "../ingress.ts";
import type { ServerContext } from "./use-authentication.ts";

/** Lets the front turn requests away, and say what every answer says. */
export function useIngress(front: Ingress): Plugin<object, ServerContext> {
  return {
    onRequest({ serverContext: { head, isOverloaded }, endResponse, fetchAPI }) {
      const answer = front.rejectEarly(head, isOverloaded);
      if (answer) endResponse(toResponse(fetchAPI.Response, answer));
    },
    onResponse({ response: { headers }, serverContext: { head, answered } }) {
      answered?.();
      for (const [name, value] of Object.entries(front.headers(head))) {
        if (name === "vary") headers.append(name, value);
        else if (name !== "cache-control" || !headers.has(name)) headers.set(name, value);
      }
    },
  };
}
