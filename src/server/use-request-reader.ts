import type { GraphQLParams, Plugin } from "graphql-yoga";
import { refusal } from "./refused.ts";
import { assertJson, limitedBody, MAX_BODY_BYTES, paramsOfAddress, paramsOfBody } from "./request-body.ts";

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
      if (url.pathname !== PATH) {
        const message = `Nothing is here: the graph is at ${PATH}.`;
        endResponse(refusal(fetchAPI.Response, "BAD_REQUEST", message, { status: 404 }));
      } else if (request.url.length > MAX_BODY_BYTES) {
        endResponse(refusal(fetchAPI.Response, "BAD_REQUEST", "The address is too long.", { status: 414 }));
      }
    },
    onRequestParse({ request, setRequestParser }) {
      if (request.method === "GET") setRequestParser(({ url }) => paramsOfAddress(url) as GraphQLParams);
      if (request.method !== "POST") return;
      assertJson((name) => request.headers.get(name));
      setRequestParser(async () => paramsOfBody(await limitedBody(bodyOf(request))) as GraphQLParams);
    },
  };
}

/** A body of a told length ends there, and the length has been looked at. Reading it as a whole is much faster. */
async function* bodyOf(request: Request): AsyncIterable<Uint8Array> {
  if (request.headers.has("content-length")) return yield new Uint8Array(await request.arrayBuffer());
  // To iterate the body itself would cancel it when no more is wanted, and the connection would end without an answer.
  const reader = request.body?.getReader();
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) yield next.value;
}
