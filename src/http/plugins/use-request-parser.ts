import type { GraphQLParams, Plugin } from "graphql-yoga";
import { negotiateMediaType } from "../content-negotiation.ts";
import { bodyOfRequest, respond } from "../fetch-http.ts";
import { errorResponse } from "../http-message.ts";
import { assertJson, isShort, MAX_BODY_BYTES, parseBodyParams, parseQueryParams } from "../request-body.ts";
import type { ServerContext } from "../server-context.ts";

const PATH = "/graphql";
const NOT_ACCEPTABLE =
  "The header Accept must allow application/json or application/graphql-response+json, in UTF-8. Nothing was executed.";

/**
 * Parses GraphQL requests: `POST /graphql` with JSON in UTF-8, and `GET /graphql?query=` for queries. All other forms that yoga knows
 * (HTML forms, uploads, plain text, batches) are rejected.
 *
 * Cross-site requests need no check of their own: a browser sends our key in the `Authorization` header only, which no form and no
 * link can set, and no cookie authenticates anything.
 */
export function useRequestParser(): Plugin<object, ServerContext> {
  return {
    onRequest(payload) {
      const { request, url } = payload;
      const reject = (status: number, message: string) =>
        respond(payload, errorResponse("BAD_REQUEST", message, { status }));
      if (url.pathname !== PATH) reject(404, `Not found: the graph is at ${PATH}.`);
      else if (!isShort(url.pathname + url.search))
        reject(414, `The URL must be at most ${MAX_BODY_BYTES} characters long.`);
      else if (request.method === "GET" || request.method === "POST") {
        // Checked before anything is executed: the client could not be told the outcome.
        const type = negotiateMediaType(request.headers.get("accept"));
        if (type) request.headers.set("accept", type);
        else reject(406, NOT_ACCEPTABLE);
      }
    },
    onRequestParse({ request, setRequestParser }) {
      if (request.method === "GET") setRequestParser(({ url }) => parseQueryParams(url) as GraphQLParams);
      if (request.method !== "POST") return;
      assertJson((name) => request.headers.get(name));
      setRequestParser(async () => parseBodyParams(await bodyOfRequest(request)) as GraphQLParams);
    },
  };
}
