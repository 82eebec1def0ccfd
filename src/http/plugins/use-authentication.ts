import type { Plugin } from "graphql-yoga";
import { toResponse } from "../fetch-http.ts";
import type { Ingress } from "../ingress.ts";
import type { ServerContext } from "../server-context.ts";

/** Authenticates the caller. Plugins before this one serve everyone. */
export function useAuthentication(ingress: Ingress): Plugin<object, ServerContext> {
  return {
    async onRequest({ serverContext, endResponse, fetchAPI }) {
      const authenticated = await ingress.authenticate(serverContext.head);
      if ("status" in authenticated) endResponse(toResponse(fetchAPI.Response, authenticated));
      else Object.assign(serverContext, authenticated);
    },
  };
}
