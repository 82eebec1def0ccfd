import type { ErrorCode } from "../model/errors.ts";
import type { HttpResponse, RequestHead } from "./http-message.ts";
import { bodyTruncated, createBodyCollector, payloadTooLarge } from "./request-body.ts";

/** The head of a request of the fetch API. */
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

/** Reads the body. @throws Refusal */
export async function bodyOfRequest(request: Request): Promise<Uint8Array> {
  const body = createBodyCollector();
  // A body of a told length ends there, and the length has been looked at. Reading it as a whole is much faster.
  if (request.headers.has("content-length")) {
    if (body.take(new Uint8Array(await ofClient(request.arrayBuffer())))) return body.bytes();
    throw payloadTooLarge();
  }
  // Its iterator would cancel the body when no more is wanted, and the connection would end without an answer.
  const reader = request.body?.getReader();
  if (!reader) return body.bytes();
  for (let next = await ofClient(reader.read()); !next.done; next = await ofClient(reader.read())) {
    if (!body.take(next.value)) throw payloadTooLarge();
  }
  return body.bytes();
}

/** What the client sends. Reading it fails only where the client breaks off. */
function ofClient<Part>(read: Promise<Part>): Promise<Part> {
  return read.catch(() => {
    throw bodyTruncated();
  });
}

const codes = new WeakMap<Response, ErrorCode>();

/** The answer as a response. */
export function toResponse(ResponseClass: typeof Response, { status, headers, body, code }: HttpResponse): Response {
  // A copy: a response writes into the headers that it is given, and those of a refusal are of all who are refused.
  const response = new ResponseClass(body, { status, headers: { ...headers } });
  if (code) codes.set(response, code);
  return response;
}

/** The code of what was refused with this response; undefined for any other. */
export function errorCodeOf(response: Response): ErrorCode | undefined {
  return codes.get(response);
}
