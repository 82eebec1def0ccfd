import type { Plugin } from "graphql-yoga";
import type { Authenticate, Caller } from "../auth/caller.ts";

/** What travels with a request before the graph's own context is made. */
export interface ServerContext {
  caller?: Caller;
}

/** Finds out who calls before the body is read; who proves nobody learns nothing, not even what was wrong. */
export function useCaller(authenticate: Authenticate): Plugin<object, ServerContext> {
  return {
    onRequest({ request, serverContext, endResponse, fetchAPI }) {
      const caller = authenticate(request.headers.get("authorization"));
      if (caller) {
        serverContext.caller = caller;
        return;
      }
      const error = { message: "A valid bearer key is needed.", extensions: { code: "UNAUTHENTICATED" } };
      endResponse(
        fetchAPI.Response.json(
          { errors: [error] },
          { status: 401, headers: { "www-authenticate": 'Bearer realm="syndigraph"' } },
        ),
      );
    },
  };
}
