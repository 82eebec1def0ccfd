import type { Plugin } from "graphql-yoga";
import type { SigningKeys } from "../../auth/signing-keys.ts";
import { ApplicationError } from "../../model/errors.ts";
import { rejectOtherThanGet } from "../allow-methods.ts";
import { respond } from "../fetch-http.ts";
import { errorResponse } from "../http-message.ts";
import type { ServerContext } from "../server-context.ts";

/**
 * Serves `GET /.well-known/jwks.json` to anyone: the public keys of the sessions that the gateway signs, so that other services
 * of a partner can verify one.
 */
export function useJwks({ publicKeys }: Pick<SigningKeys, "publicKeys">): Plugin<object, ServerContext> {
  return {
    async onRequest(payload) {
      const { url, endResponse, fetchAPI } = payload;
      if (url.pathname !== "/.well-known/jwks.json") return;
      if (rejectOtherThanGet(payload)) return;
      try {
        const headers = { "cache-control": "public, max-age=300" };
        endResponse(fetchAPI.Response.json({ keys: await publicKeys() }, { headers }));
      } catch (error) {
        if (!(error instanceof ApplicationError)) throw error;
        respond(payload, errorResponse(error.code, error.message, { status: 503 }));
      }
    },
  };
}
