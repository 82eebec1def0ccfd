import type { Plugin } from "graphql-yoga";
import { respond } from "../fetch-http.ts";
import type { Ingress } from "../ingress.ts";
import type { ServerContext } from "../server-context.ts";

/** Authenticates the caller. Plugins before this one serve everyone. */
export function useAuthentication(ingress: Ingress): Plugin<object, ServerContext> {
  return {
    async onRequest(payload) {
      const authenticated = await ingress.authenticate(payload.serverContext.head);
      if ("status" in authenticated) respond(payload, authenticated);
      else Object.assign(payload.serverContext, authenticated);
    },
  };
}
