import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isoMillis } from "../calendar.ts";
import { parseJsonBody, readBody } from "./body.ts";
import { type CallLog, withoutCredentials } from "./call-log.ts";
import { callerOf, isFromLoopback } from "./caller.ts";
import type { Fault, Faults } from "./faults.ts";
import { error, fail, invalid, ResponseError, type SandboxResponse } from "./response.ts";
import type { Match, Router } from "./route.ts";
import { send } from "./send.ts";

/** One request to the platform with its response, whole and with credentials. */
export interface Exchange {
  readonly request: {
    readonly method: string;
    readonly path: string;
    /** Query as sent, without the question mark. */
    readonly query: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    /** True if the response was too long to record and `body` is only its beginning. */
    readonly truncated?: true;
  };
  /** Operation id of the OpenAPI documents; null for a path that they do not have. */
  readonly operationId: string | null;
}

/** State that the server serves; read anew for each call, so that a reset needs no new port. */
export interface ServedState {
  readonly router: Router;
  now(): number;
}

/** Parts of the server. */
export interface ServerParts {
  readonly served: () => ServedState;
  readonly secret: string;
  readonly faults: Faults;
  readonly calls: CallLog;
  /** Called after each response of the platform's paths, except those that a fault replaced. */
  readonly onExchange: ((exchange: Exchange) => void) | undefined;
  /** Waits for a fault: this many milliseconds, or Infinity before a response that never comes. */
  readonly wait: (ms: number) => Promise<void>;
}

/** An open port. */
export interface ListeningServer {
  /** `http://127.0.0.1:4010` */
  readonly origin: string;
  /** Drops every connection. A second call does nothing. */
  close(): Promise<void>;
}

/** Opens the port. One origin serves api., analyticsapi. and director., and the sandbox's own paths. */
export async function listen(parts: ServerParts, host: string, port: number): Promise<ListeningServer> {
  const server = createServer((request, response) => {
    serve(parts, request, response).catch((problem: unknown) => {
      response.destroy();
      if (!isClientGone(problem)) report(problem);
    });
  });
  server.listen(port, host);
  await once(server, "listening");
  // Such as a connection that could not be accepted for want of file descriptors.
  server.on("error", report);
  const { port: bound } = server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  return {
    origin: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    close() {
      closed ??= new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return closed;
    },
  };
}

async function serve(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const startedAt = performance.now();
  const { router, now } = parts.served();
  const { method = "GET", url = "/" } = request;
  const [path, query] = splitAtQuestionMark(url);
  const match = router.match(method, path);
  const respond = async (body: string | undefined): Promise<SandboxResponse> =>
    isPreflight(method, path) ? PREFLIGHT : answerTo(match, request, query, body, parts.secret);
  const headersOf = (sandboxResponse: SandboxResponse) => responseHeaders(sandboxResponse, parts.served().now(), path);

  if (typeof match === "object" && match.route.access === "operator") {
    const sandboxResponse = await respond(await readBody(request));
    await send(response, sandboxResponse, headersOf(sandboxResponse), undefined, parts.wait);
    return;
  }

  const at = isoMillis(now());
  const operationId = typeof match === "object" ? match.route.operationId : null;
  const record = (status: number | null) => {
    const durationMs = Math.round((performance.now() - startedAt) * 1000) / 1000;
    parts.calls.add({ operationId, method, path, query: withoutCredentials(query), status, durationMs, at });
  };
  const drop = () => {
    record(null);
    response.destroy();
  };

  const fault = parts.faults.take(method, path);
  if (fault?.latencyMs) await parts.wait(fault.latencyMs);
  if (fault?.drop === "before") return drop();
  const hang = () => {
    record(null);
    void parts.wait(Number.POSITIVE_INFINITY);
  };
  if (fault?.hang === "before") return hang();
  const body = await readBody(request).catch((problem: unknown) => {
    record(null);
    throw problem;
  });
  const genuine = fault?.status === undefined ? await respond(body) : injectedResponse(fault.status, fault);
  const sandboxResponse = fault?.replace ? { ...genuine, status: 200, ...fault.replace } : genuine;
  if (fault?.drop === "after") return drop();
  if (fault?.hang === "after") return hang();

  const headers = headersOf(sandboxResponse);
  const sent = await send(response, sandboxResponse, headers, fault, parts.wait);
  record(sandboxResponse.status);
  if (fault && (fault.status ?? fault.truncate ?? fault.dripMs ?? fault.padBytes ?? fault.replace)) return;
  parts.onExchange?.({
    request: { method, path, query, headers: requestHeaders(request), body: body ?? "" },
    response: { status: sandboxResponse.status, headers, ...sent },
    operationId,
  });
}

/** @param body - undefined if it was too large to be read */
async function answerTo(
  match: Match | 400 | 404 | 405,
  request: IncomingMessage,
  query: string,
  body: string | undefined,
  secret: string,
): Promise<SandboxResponse> {
  if (match === 404) return error(404, "Not Found");
  if (match === 405) return error(405, "Method Not Allowed");
  if (match === 400) return invalid({ path: ["The path is not valid percent-encoding."] }).response;
  if (body === undefined) return error(413, "Payload Too Large");

  const { route, params } = match;
  const caller = callerOf(request);
  const mayCall =
    route.access === "stream token" ||
    route.access === "app" ||
    caller.bearer === secret ||
    (route.access === "operator" && isFromLoopback(request));
  if (!mayCall) return error(401, "Unauthorized");

  try {
    const contentType = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
    return await route.handle({
      param: (name) => params[name] ?? "",
      query: new URLSearchParams(query),
      header: (name) => [request.headers[name]].flat()[0],
      body: route.body === "json" ? parseJsonBody(contentType, body) : body,
      contentType,
      accept: (request.headers.accept ?? "").toLowerCase(),
      caller,
    });
  } catch (problem) {
    if (problem instanceof ResponseError) return problem.response;
    report(problem);
    return error(500, "The sandbox failed; its standard error says how.");
  }
}

/** Returns the response of a fault, in the platform's envelope for the status. */
function injectedResponse(status: number, { headers = {} }: Fault): SandboxResponse {
  if (status === 401 || status === 403) return { ...error(status, "Unauthorized"), headers };
  if (status >= 500) return { ...error(status, "Injected fault"), headers };
  return { ...fail({ message: `Injected fault ${status}` }, status).response, headers };
}

/** Returns whether browsers may call a path: only the Director's, from the viewer's page. */
function allowsBrowsers(path: string): boolean {
  return /^\/api\/(director|whip|whep)\//.test(path);
}

function isPreflight(method: string, path: string): boolean {
  return method === "OPTIONS" && allowsBrowsers(path);
}

const PREFLIGHT: SandboxResponse = {
  status: 204,
  contentType: "text/plain",
  body: "",
  headers: {
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": "authorization, content-type",
    "access-control-max-age": "600",
  },
};

const READABLE_BY_PAGES = { "access-control-allow-origin": "*", "access-control-expose-headers": "location" };

function responseHeaders({ contentType, headers }: SandboxResponse, now: number, path: string): Record<string, string> {
  return {
    date: new Date(now).toUTCString(),
    ...(contentType === null ? {} : { "content-type": contentType }),
    ...(allowsBrowsers(path) ? READABLE_BY_PAGES : {}),
    ...headers,
  };
}

function requestHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = [value].flat().join(", ");
  }
  return headers;
}

function splitAtQuestionMark(url: string): readonly [path: string, query: string] {
  const at = url.indexOf("?");
  return at < 0 ? [url, ""] : [url.slice(0, at), url.slice(at + 1)];
}

const CLIENT_GONE = ["ERR_STREAM_PREMATURE_CLOSE", "ERR_STREAM_DESTROYED", "ECONNRESET", "EPIPE"];

function isClientGone(problem: unknown): boolean {
  return problem instanceof Error && "code" in problem && CLIENT_GONE.includes(String(problem.code));
}

/** A failure that no client caused is a bug of the sandbox and must be seen. */
function report(problem: unknown): void {
  process.emitWarning(problem instanceof Error ? problem : String(problem));
}
