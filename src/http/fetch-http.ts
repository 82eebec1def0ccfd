import type { Plugin } from "graphql-yoga";
import type { HttpResponse, RequestHead } from "./http-message.ts";
import { bodyTruncated, createBodyCollector, payloadTooLarge } from "./request-body.ts";
import type { ServerContext } from "./server-context.ts";

/** Returns the head of a request of the fetch API. */
export function headOfRequest(request: Request, peer: string | undefined): RequestHead {
  const url = new URL(request.url);
  return {
    method: request.method,
    target: `${url.pathname}${url.search}`,
    hostname: () => url.hostname,
    header: (name) => request.headers.get(name),
    peer,
  };
}

/**
 * Reads the body of a request of the fetch API.
 *
 * @throws RequestError when the body is too large or ends early
 */
export async function bodyOfRequest(request: Request): Promise<Uint8Array> {
  const body = createBodyCollector();
  // A body of a declared length cannot exceed it, and the length has been checked. Reading it as a whole is much faster.
  if (request.headers.has("content-length")) {
    if (body.take(new Uint8Array(await fromClient(request.arrayBuffer())))) return body.bytes();
    throw payloadTooLarge();
  }
  // The iterator of a body would cancel it when the loop ends early, and the connection would end without a response.
  const reader = request.body?.getReader();
  if (!reader) return body.bytes();
  for (let next = await fromClient(reader.read()); !next.done; next = await fromClient(reader.read())) {
    if (!body.take(next.value)) throw payloadTooLarge();
  }
  return body.bytes();
}

/** Awaits a part of the body. Reading fails only if the client disconnects. */
function fromClient<Part>(read: Promise<Part>): Promise<Part> {
  return read.catch(() => {
    throw bodyTruncated();
  });
}

export function toResponse(ResponseClass: typeof Response, { status, headers, body }: HttpResponse): Response {
  // A copy: a response writes into the headers that it is given, and those of an error are shared by all requests.
  return new ResponseClass(body, { status, headers: { ...headers } });
}

type OnRequest = NonNullable<Plugin<object, ServerContext>["onRequest"]>;

/** Ends a request to yoga with a response of the gateway's own, and notes its error code for the log. */
export function respond(
  { endResponse, fetchAPI, serverContext }: Parameters<OnRequest>[0],
  response: HttpResponse,
): void {
  if (response.code) serverContext.errorCode = response.code;
  endResponse(toResponse(fetchAPI.Response, response));
}
