import type { GraphQLParams, Plugin } from "graphql-yoga";
import { refusal } from "./exchange.ts";
import { bodyOfRequest, responseOf } from "./fetch-exchange.ts";
import { assertJson, MAX_BODY_BYTES, paramsOfAddress, paramsOfBody } from "./request-body.ts";

const PATH = "/graphql";

/**
 * The only reader of GraphQL requests: `POST /graphql` with JSON in UTF-8, and `GET /graphql?query=` for queries. All other
 * forms that yoga knows (forms, uploads, bare text, batches) are refused.
 *
 * Nothing stands here against forged cross-site requests, because they can't be made: a browser sends our key only in the
 * `Authorization` header, which no form and no link can set, and no cookie opens anything.
 */
export function useRequestReader(): Plugin {
  return {
    onRequest({ request, url, endResponse, fetchAPI }) {
      const refuse = (status: number, message: string) =>
        endResponse(responseOf(fetchAPI.Response, refusal("BAD_REQUEST", message, { status })));
      if (url.pathname !== PATH) refuse(404, `Nothing is here: the graph is at ${PATH}.`);
      else if (request.url.length > MAX_BODY_BYTES) refuse(414, "The address is too long.");
    },
    onRequestParse({ request, setRequestParser }) {
      if (request.method === "GET") setRequestParser(({ url }) => paramsOfAddress(url) as GraphQLParams);
      if (request.method !== "POST") return;
      assertJson((name) => request.headers.get(name));
      setRequestParser(async () => paramsOfBody(await bodyOfRequest(request)) as GraphQLParams);
    },
  };
}
