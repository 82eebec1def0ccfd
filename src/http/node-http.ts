import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { RequestError } from "../operation/request-error.ts";
import { memoizeLast } from "../primitives/memoize.ts";
import type { HttpResponse, RequestHead } from "./http-message.ts";
import { RawBodyRequest } from "./raw-body-request.ts";
import { bodyTruncated, createBodyCollector, payloadTooLarge } from "./request-body.ts";

/** Creates a reader of the heads of requests of node:http, whose Host must be well-formed where there is one. */
export function createHeadReader(): (request: IncomingMessage) => RequestHead {
  // Nearly all requests have the same Host.
  const hostnameOf = memoizeLast((host: string) => new URL(`http://${host}`).hostname);
  return ({ method = "", url = "/", headers, socket }) => ({
    method,
    target: url,
    hostname: () => (headers.host === undefined ? null : hostnameOf(headers.host)),
    // Only `set-cookie` is a list.
    header: (name) => (headers[name] as string | undefined) ?? null,
    peer: socket.remoteAddress,
  });
}

/**
 * Reads the body in chunks. Excess bytes are dropped, so that the client can send everything and then read the error.
 *
 * @param onBody called with the whole body
 * @param onError called instead, if the body is too large or ends early
 */
export function readBody(
  request: IncomingMessage,
  onBody: (body: Uint8Array) => void,
  onError: (error: RequestError) => void,
): void {
  const body = createBodyCollector();
  let isOver = false;
  const fail = (error: RequestError) => {
    if (isOver) return;
    isOver = true;
    onError(error);
  };
  const chunk = (bytes: Uint8Array) => {
    if (!body.take(bytes)) fail(payloadTooLarge());
  };
  const end = () => {
    if (isOver) return;
    isOver = true;
    onBody(body.bytes());
  };
  request.on("close", () => fail(bodyTruncated()));
  if (request instanceof RawBodyRequest && request.captureBody({ chunk, end })) return;
  request
    .on("data", chunk)
    .on("end", end)
    .on("error", () => fail(bodyTruncated()));
}

/** Returns whether the connection has ended before the response. */
export function isDisconnected({ destroyed, writableFinished }: ServerResponse): boolean {
  return destroyed && !writableFinished;
}

/** Returns a signal that is aborted when the connection ends before the response. */
export function disconnectSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const abort = () => {
    if (!response.writableFinished) controller.abort();
  };
  if (isDisconnected(response)) abort();
  else response.once("close", abort);
  return controller.signal;
}

/**
 * Waits until the client has received all of a sent response, or its connection has ended. A client that receives nothing for
 * `stalledMs` is disconnected.
 *
 * @param onWaiting called with the bytes that wait for the client, if there are any
 * @param onReceived called once: at once if nothing waits
 */
export function whenReceived(
  socket: Socket,
  response: ServerResponse,
  stalledMs: number,
  onWaiting: (bytes: number) => void,
  onReceived: () => void,
): void {
  const bytes = response.destroyed || socket.destroyed ? 0 : response.writableLength;
  if (bytes === 0) {
    onReceived();
    return;
  }
  onWaiting(bytes);
  const end = () => {
    response.off("close", end);
    socket.off("close", end);
    onReceived();
  };
  response.once("close", end);
  // A response behind others on its connection gets no event when that closes; there may be any number of them.
  socket.setMaxListeners(0).once("close", end);
  // Node.js ends a connection by this only if nothing was received for that long.
  socket.setTimeout(stalledMs);
}

/** Ends a connection in the middle of a response. A client of HTTP/1.0 sees a reset: a mere end would look like the whole. */
export function abort({ httpVersion, socket }: IncomingMessage, response: ServerResponse): void {
  if (httpVersion === "1.0" && !socket.destroyed) socket.resetAndDestroy();
  response.destroy();
}

/** Sends head and body together. Ends the connection if that fails. */
export function send(response: ServerResponse, { status, headers, body }: HttpResponse): void {
  const text = body ?? "";
  try {
    response.writeHead(status, Object.assign({ "content-length": Buffer.byteLength(text) }, headers)).end(text);
  } catch {
    response.destroy();
  }
}
