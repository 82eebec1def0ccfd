import type { GraphQLParams, Plugin } from "graphql-yoga";
import { negotiateMediaType } from "../content-negotiation.ts";
import { bodyOfRequest, toResponse } from "../fetch-http.ts";
import { errorResponse } from "../http-message.ts";
import { assertJson, MAX_BODY_BYTES, parseBodyParams, parseQueryParams } from "../request-body.ts";

const PATH = "/graphql";
const NOT_ACCEPTABLE =
  "The header Accept must allow application/json or application/graphql-response+json, in UTF-8. Nothing was done.";

/**
 * The only reader of GraphQL requests: `POST /graphql` with JSON in UTF-8, and `GET /graphql?query=` for queries. All other
 * forms that yoga knows (forms, uploads, bare text, batches) are refused.
 *
 * Nothing stands here against forged cross-site requests, because they can't be made: a browser sends our key only in the
 * `Authorization` header, which no form and no link can set, and no cookie opens anything.
 */
export function useRequestParser(): Plugin {
  return {
    onRequest({ request, url, endResponse, fetchAPI }) {
      const refuse = (status: number, message: string) =>
        endResponse(toResponse(fetchAPI.Response, errorResponse("BAD_REQUEST", message, { status })));
      if (url.pathname !== PATH) refuse(404, `Nothing is here: the graph is at ${PATH}.`);
      else if (request.url.length > MAX_BODY_BYTES) refuse(414, "The address is too long.");
      else if (request.method === "GET" || request.method === "POST") {
        // Judged before anything runs: nothing is done whose outcome the client could not be told.
        const type = negotiateMediaType(request.headers.get("accept"));
        if (type) request.headers.set("accept", type);
        else refuse(406, NOT_ACCEPTABLE);
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
