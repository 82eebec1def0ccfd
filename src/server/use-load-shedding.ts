import type { Plugin } from "graphql-yoga";
import { refusal } from "./refused.ts";
import type { ServerContext } from "./use-caller.ts";

/** Turns requests away at once while there is more to do than can be done in time: waiting would fail them all. */
export function useLoadShedding(): Plugin<object, ServerContext> {
  return {
    onRequest({ serverContext, endResponse, fetchAPI }) {
      if (!serverContext.isOverloaded) return;
      const http = { status: 503, headers: { "retry-after": "1" } };
      endResponse(refusal(fetchAPI.Response, "OVERLOADED", "The gateway is overloaded. Try again in a second.", http));
    },
  };
}
