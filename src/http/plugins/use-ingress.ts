import type { Plugin } from "graphql-yoga";
import { responseOf } from "../fetch-http.ts";
import type { Front } from "../ingress.ts";
import type { ServerContext } from "./use-authentication.ts";

/** Lets the front turn requests away, and say what every answer says. */
export function useFront(front: Front): Plugin<object, ServerContext> {
  return {
    onRequest({ serverContext: { head, isOverloaded }, endResponse, fetchAPI }) {
      const answer = front.turnAway(head, isOverloaded);
      if (answer) endResponse(responseOf(fetchAPI.Response, answer));
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
