import type { Plugin } from "graphql-yoga";
import type { SigningKeys } from "../../auth/signing-keys.ts";
import { ApplicationError } from "../../model/errors.ts";
import { toResponse } from "../fetch-http.ts";
import { errorResponse } from "../http-message.ts";

/**
 * `GET /.well-known/jwks.json`: the public keys of the sessions that the gateway signs, so that a partner's other services
 * can verify one. Beside health it is all that the anonymous are answered; there is nothing secret in it.
 */
export function useJwks({ publicKeys }: Pick<SigningKeys, "publicKeys">): Plugin {
  return {
    async onRequest({ url, request, endResponse, fetchAPI }) {
      if (url.pathname !== "/.well-known/jwks.json") return;
      if (request.method !== "GET" && request.method !== "HEAD") {
        endResponse(new fetchAPI.Response(null, { status: 405, headers: { allow: "GET, HEAD" } }));
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
