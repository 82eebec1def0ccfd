import type { GraphQLParams, Plugin } from "graphql-yoga";
import { requestLimits } from "../model/request-limits.ts";
import { refusal, refused } from "./refused.ts";

/** The most bytes of a body, and characters of an address. */
const { max: MAX_BODY_BYTES } = requestLimits.maxBodyBytes;

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
      if (request.method === "GET") setRequestParser(readAddress);
      if (request.method !== "POST") return;
      assertJson(request.headers);
      setRequestParser(readBody);
    },
  };
}

function assertJson(headers: Headers): void {
  const [type, ...parameters] = (headers.get("content-type") ?? "").split(";").map((part) => part.trim().toLowerCase());
  if (type !== "application/json" || !parameters.every((parameter) => /^(charset="?utf-8"?)?$/.test(parameter))) {
    throw badRequest(415, "The content type of a request is application/json, in UTF-8.", {
      accept: "application/json",
    });
  }
  if (!/^(identity)?$/i.test(headers.get("content-encoding") ?? "")) {
    throw badRequest(415, "The body of a request is not compressed.", { "accept-encoding": "identity" });
  }
  const length = headers.get("content-length") ?? "0";
  if (!/^\d+$/.test(length)) throw badRequest(400, "The header Content-Length is no number.");
  if (Number(length) > MAX_BODY_BYTES) throw tooLarge();
}

async function readBody(request: Request): Promise<GraphQLParams> {
  return graphqlParams(parsedJson(decoded(await bytesOf(request)), "The body"));
}

async function bytesOf(request: Request): Promise<Uint8Array> {
  try {
    // A body of a told length ends there, and the length has been looked at. Reading it as a whole is much faster.
    const bytes = request.headers.has("content-length")
      ? new Uint8Array(await request.arrayBuffer())
      : await countedBytesOf(request);
    if (bytes.byteLength <= MAX_BODY_BYTES) return bytes;
  } catch {
    throw badRequest(400, "The body ended early.");
  }
  throw tooLarge();
}

/** The body, of which little more than the allowed bytes is kept. */
async function countedBytesOf({ body }: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = body?.getReader();
  while (reader && length <= MAX_BODY_BYTES) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.byteLength;
    chunks.push(value);
  }
  return Buffer.concat(chunks);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function decoded(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw badRequest(400, "The body is not UTF-8.");
  }
}

function readAddress({ url }: Request): GraphQLParams {
  const search = url.slice(url.indexOf("?") + 1 || url.length).replace(/#.*$/s, "");
  try {
    // URLSearchParams would replace what is no UTF-8.
    decodeURIComponent(search);
  } catch {
    throw badRequest(400, "The address is not percent-encoded UTF-8.");
  }
  const parameters = new URLSearchParams(search);
  const json = (name: string) => {
    const text = parameters.get(name);
    return text ? parsedJson(text, `The parameter ${name}`) : undefined;
  };
  return graphqlParams({
    query: parameters.get("query") ?? "",
    operationName: parameters.get("operationName") || undefined,
    variables: json("variables"),
    extensions: json("extensions"),
  });
}

/** The message of the parser is left out: it quotes what it could not read. */
function parsedJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest(400, `${what} is not JSON.`);
  }
}

/** What else the parameters are is checked by yoga. */
function graphqlParams(value: unknown): GraphQLParams {
  if (Array.isArray(value)) throw badRequest(400, "One request holds one operation: batches are not taken.");
  const params = value as GraphQLParams | null;
  if (typeof params?.query === "string" && params.query !== "") return params;
  throw badRequest(400, "A request holds a document, as the text `query`.");
}

function tooLarge() {
  return badRequest(413, `A request has at most ${MAX_BODY_BYTES} bytes.`);
}

function badRequest(status: number, message: string, headers: Record<string, string> = {}) {
  return refused("BAD_REQUEST", message, { status, headers });
}
