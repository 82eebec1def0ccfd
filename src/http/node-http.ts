import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Refusal } from "../operation/request-error.ts";
import type { HttpResponse, RequestHead } from "./http-message.ts";
import { RawBodyRequest } from "./raw-body-request.ts";
import { bodyTruncated, createBodyCollector, payloadTooLarge } from "./request-body.ts";

/** The head of a request of node:http, whose Host is well-formed. */
export function requestHead({ method = "", url = "/", headers, socket }: IncomingMessage): RequestHead {
  return {
    method,
    target: url,
    hostname: () => hostnameOf(headers.host ?? ""),
    // Only cookies that are set are a list.
    header: (name) => (headers[name] as string | undefined) ?? null,
    peer: socket.remoteAddress,
  };
}

/** The host that was asked for last: nearly all requests name the same. */
let known = { host: "", hostname: "" };

function hostnameOf(host: string): string {
  if (host !== known.host) known = { host, hostname: new URL(`http://${host}`).hostname };
  return known.hostname;
}

/**
 * Reads the body as it comes, which is faster than by an iterator. What is too much of it is passed over, so that the client can
 * send it all, read its answer and ask again.
 *
 * @param taken told the whole of it, or else
 * @param failed a Refusal, but not both and only once
 */
export function readBody(
  request: IncomingMessage,
  taken: (body: Uint8Array) => void,
  failed: (error: Refusal) => void,
): void {
  const body = createBodyCollector();
  let isOver = false;
  const fail = (error: Refusal) => {
    if (isOver) return;
    isOver = true;
    failed(error);
  };
  const chunk = (bytes: Uint8Array) => {
    if (!body.take(bytes)) fail(payloadTooLarge());
  };
  const end = () => {
    if (isOver) return;
    isOver = true;
    taken(body.bytes());
  };
  // Every connection closes at some time.
  request.on("close", () => fail(bodyTruncated()));
  if (request instanceof RawBodyRequest && request.captureBody({ chunk, end })) return;
  request
    .on("data", chunk)
    .on("end", end)
    .on("error", () => fail(bodyTruncated()));
}

/** Whether the connection has ended before the answer did. */
export function isDisconnected({ destroyed, writableFinished }: ServerResponse): boolean {
  return destroyed && !writableFinished;
}

/** Aborted when the connection ends before the answer does. */
export function disconnectSignal(response: ServerResponse): AbortSignal {
  const leaving = new AbortController();
  const leave = () => {
    if (!response.writableFinished) leaving.abort();
  };
  if (isDisconnected(response)) leave();
  else response.once("close", leave);
  return leaving.signal;
}

/**
 * Waits until the client has taken all of an answer that was sent, or its connection has ended. A client that takes nothing for
 * `stalledMs` is cut off.
 *
 * @param waiting told how many bytes wait for the client, where any do
 * @param over called once: at once where nothing waits
 */
export function whenTaken(
  socket: Socket,
  response: ServerResponse,
  stalledMs: number,
  waiting: (bytes: number) => void,
  over: () => void,
): void {
  const bytes = response.destroyed || socket.destroyed ? 0 : response.writableLength;
  if (bytes === 0) {
    over();
    return;
  }
  waiting(bytes);
  const end = () => {
    response.off("close", end);
    socket.off("close", end);
    over();
  };
  response.once("close", end);
  // An answer behind others on its connection is not told when that closes; there may be any number of them.
  socket.setMaxListeners(0).once("close", end);
  // Node.js ends a connection by this only if nothing was taken for so long.
  socket.setTimeout(stalledMs);
}

/** Sends head and body together. What can't be sent ends the connection. */
export function send(response: ServerResponse, { status, headers, body }: HttpResponse): void {
  const text = body ?? "";
  const bytes = Buffer.byteLength(text);
  // What is ASCII is the same in Latin 1, which is written without a look at each character.
  const encoding = bytes === text.length ? "latin1" : "utf8";
  try {
    response.writeHead(status, Object.assign({ "content-length": bytes }, headers)).end(text, encoding);
  } catch {
    response.destroy();
  }
}
