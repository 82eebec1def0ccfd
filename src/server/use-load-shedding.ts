import type { Plugin } from "graphql-yoga";
import type { Load } from "./load.ts";
import { refusal } from "./refused.ts";

/** Turns requests away at once while there is more to do than can be done in time: waiting would fail them all. */
export function useLoadShedding(load: Load): Plugin {
  return {
    onRequest({ endResponse, fetchAPI }) {
      if (!load.isTooHigh()) return;
      const http = { status: 503, headers: { "retry-after": "1" } };
      endResponse(refusal(fetchAPI.Response, "OVERLOADED", "The gateway is overloaded. Try again in a second.", http));
    },
  };
}
