import type { Plugin } from "graphql-yoga";
import type { SigningKeys } from "../../auth/signing-keys.ts";
import { ApplicationError } from "../../model/errors.ts";
import { rejectOtherThanGet } from "../allow-methods.ts";
import { toResponse } from "../fetch-http.ts";
import { errorResponse } from "../http-message.ts";

/**
 * Serves `GET /.well-known/jwks.json` to anyone: the public keys of the sessions that the gateway signs, so that other services
 * of a partner can verify one.
 */
export function useJwks({ publicKeys }: Pick<SigningKeys, "publicKeys">): Plugin {
  return {
    async onRequest({ url, request, endResponse, fetchAPI }) {
      if (url.pathname !== "/.well-known/jwks.json") return;
      const rejection = rejectOtherThanGet(request, fetchAPI.Response);
      if (rejection) {
        endResponse(rejection);
        return;
      }
      try {
        const headers = { "cache-control": "public, max-age=300" };
        endResponse(fetchAPI.Response.json({ keys: await publicKeys() }, { headers }));
      } catch (error) {
        if (!(error instanceof ApplicationError)) throw error;
        endResponse(toResponse(fetchAPI.Response, errorResponse(error.code, error.message, { status: 503 })));
      }
    },
  };
}
