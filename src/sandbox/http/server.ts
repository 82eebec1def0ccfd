import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import ipaddr from "ipaddr.js";
import { isoMillis } from "../calendar.ts";
import { type Answer, error, fail, invalid, Refusal } from "./answer.ts";
import { parseJsonBody, readBody } from "./body.ts";
import { type CallLog, withoutCredentials } from "./call-log.ts";
import type { Fault, Faults } from "./faults.ts";
import type { Call, Caller, Match, Router } from "./route.ts";

/** One request to the platform and its answer, whole, credentials included: for checks inside the process. */
export interface Exchange {
  readonly request: {
    readonly method: string;
    readonly path: string;
    /** As sent, without the question mark. */
    readonly query: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    /** True when the answer was too large to keep and `body` is only its beginning. */
    readonly truncated?: true;
  };
  readonly operationId: string | null;
}

/** What the server serves; asked anew for each call, so that a reset needs no new port. */
export interface Serving {
  readonly router: Router;
  now(): number;
}

export interface ServerParts {
  readonly serving: () => Serving;
  readonly secret: string;
  readonly faults: Faults;
  readonly calls: CallLog;
  /** Called after each answer of the platform's paths, but not for answers that a fault replaced. */
  readonly onExchange: ((exchange: Exchange) => void) | undefined;
}

export interface ListeningServer {
  /** `http://127.0.0.1:4010` */
  readonly origin: string;
  close(): Promise<void>;
}

/** Opens the port. One origin serves api., analyticsapi. and director., and the sandbox's own paths. */
export async function listen(parts: ServerParts, host: string, port: number): Promise<ListeningServer> {
  const server = createServer((request, response) => {
    serve(parts, request, response).catch((failure: unknown) => {
      // A client that went away is its own business; anything else is a bug of ours and must not hide.
      if (!response.destroyed) response.destroy();
      if (!isClientGone(failure)) process.emitWarning(failure instanceof Error ? failure : String(failure));
    });
  });
  server.listen(port, host);
  await once(server, "listening");
  const { port: bound } = server.address() as AddressInfo;
  return {
    origin: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function serve(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const startedAt = performance.now();
  const serving = parts.serving();
  const method = request.method ?? "GET";
  const [path = "/", query = ""] = splitOnce(request.url ?? "/", "?");
  const match = serving.router.match(method, path);
  const route = typeof match === "number" ? null : match.route;
  const ofPlatform = route?.access !== "operator";

  const at = isoMillis(serving.now());
  const record = (status: number | null) => {
    if (!ofPlatform) return;
    const durationMs = Math.round((performance.now() - startedAt) * 1000) / 1000;
    const operationId = route?.operationId ?? null;
    parts.calls.add({ operationId, method, path, query: withoutCredentials(query), status, durationMs, at });
  };

  const fault = ofPlatform ? parts.faults.take(method, path) : undefined;
  if (fault?.latencyMs) await sleep(fault.latencyMs);
  if (fault?.drop === "before") {
    record(null);
    response.destroy();
    return;
  }

  let body = "";
  let answer: Answer;
  if (fault?.status !== undefined) {
    request.resume();
    answer = injectedAnswer(fault.status, fault);
  } else {
    try {
      body = await readBody(request);
      answer = await answerTo(match, request, new URLSearchParams(query), body, parts.secret);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      answer = refusal.answer;
    }
  }
  if (fault?.drop === "after") {
    record(null);
    response.destroy();
    return;
  }

  const headers = headersOf(answer, parts.serving().now(), path);
  const sent = await send(response, answer, headers, fault?.truncate ?? false);
  record(answer.status);
  if (!ofPlatform || fault?.status !== undefined || fault?.truncate) return;
  parts.onExchange?.({
    request: { method, path, query, headers: flatHeaders(request), body },
    response: { status: answer.status, headers, ...sent },
    operationId: route?.operationId ?? null,
  });
}

async function answerTo(
  match: Match | 400 | 404 | 405,
  request: IncomingMessage,
  query: URLSearchParams,
  body: string,
  secret: string,
): Promise<Answer> {
  const path = request.url ?? "/";
  if (request.method === "OPTIONS" && allowsBrowsers(path)) {
    return { status: 204, contentType: "text/plain", body: "", headers: PREFLIGHT_HEADERS };
  }
  if (match === 400) return invalid({ path: ["The path is not valid percent-encoding."] }).answer;
  if (match === 404) return error(404, "Not Found");
  if (match === 405) return error(405, "Method Not Allowed");

  const { route, params } = match;
  const caller = callerOf(request);
  const mayCall =
    route.access === "stream token" ||
    caller.bearer === secret ||
    (route.access === "operator" && isLoopback(request.socket.remoteAddress));
  if (!mayCall) return error(401, "Unauthorized");

  const contentType = (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  const call: Call = {
    param: (name) => params[name] ?? "",
    query,
    body: route.body === "json" ? parseJsonBody(contentType, body) : body,
    contentType,
    accept: (request.headers.accept ?? "").toLowerCase(),
    caller,
  };
  return route.handle(call);
}

function callerOf(request: IncomingMessage): Caller {
  const header = (name: string) => [request.headers[name]].flat()[0];
  const bearer = /^bearer\s+(.+)$/i.exec(header("authorization") ?? "")?.[1];
  return {
    ip:
      (header("x-forwarded-for") ?? request.socket.remoteAddress ?? "")
        .split(",")[0]
        ?.trim()
        .replace(/^::ffff:/, "") ?? "",
    country: (header("x-sandbox-country") ?? "US").toUpperCase(),
    origin: header("origin") ?? null,
    bearer: bearer?.trim() ?? null,
    userAgent: header("user-agent") ?? "",
  };
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && ipaddr.isValid(address) && ipaddr.process(address).range() === "loopback";
}

/** Browsers call the Director straight from the viewer's page; api. and analyticsapi. allow none. */
function allowsBrowsers(path: string): boolean {
  return /^\/api\/(director|whip|whep)\//.test(path);
}

const CORS_HEADERS = { "access-control-allow-origin": "*", "access-control-expose-headers": "location" };
const PREFLIGHT_HEADERS = {
  "access-control-allow-methods": "POST",
  "access-control-allow-headers": "authorization, content-type",
  "access-control-max-age": "600",
};

function headersOf(answer: Answer, now: number, path: string): Record<string, string> {
  return {
    date: new Date(now).toUTCString(),
    "content-type": answer.contentType,
    ...(allowsBrowsers(path) ? CORS_HEADERS : {}),
    ...answer.headers,
  };
}

/** How much of a streamed answer an Exchange keeps. */
const KEPT_CHARACTERS = 1_000_000;

async function send(
  response: ServerResponse,
  { status, body }: Answer,
  headers: Readonly<Record<string, string>>,
  cutShort: boolean,
): Promise<{ body: string; truncated?: true }> {
  response.sendDate = false;
  if (typeof body === "string") {
    const bytes = Buffer.from(body, "utf8");
    response.writeHead(status, { ...headers, "content-length": bytes.length });
    if (cutShort) {
      response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
      await once(response, "close");
    } else {
      response.end(bytes);
    }
    return { body };
  }

  let kept = "";
  let truncated = false;
  async function* copied(rows: AsyncIterable<string>) {
    for await (const rowsOfText of rows) {
      if (kept.length < KEPT_CHARACTERS) kept += rowsOfText;
      else truncated = true;
      yield rowsOfText;
      if (cutShort) return;
    }
  }
  response.writeHead(status, headers);
  await pipeline(Readable.from(copied(body), { objectMode: false }), response, { end: !cutShort });
  if (cutShort) response.destroy();
  return truncated ? { body: kept, truncated } : { body: kept };
}

function injectedAnswer(status: number, { headers }: Fault): Answer {
  if (status === 401 || status === 403) return error(status, "Unauthorized");
  const answer =
    status < 500 ? fail({ message: `Injected fault ${status}` }, status).answer : error(status, "Injected fault");
  return { ...answer, ...(headers ? { headers } : {}) };
}

function flatHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = [value].flat().join(", ");
  }
  return headers;
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function isClientGone(failure: unknown): boolean {
  const code = failure instanceof Error ? (failure as NodeJS.ErrnoException).code : undefined;
  return (
    code === "ERR_STREAM_PREMATURE_CLOSE" ||
    code === "ECONNRESET" ||
    code === "EPIPE" ||
    code === "ERR_STREAM_DESTROYED"
  );
}
