import type { SandboxResponse } from "./response.ts";

/**
 * Who may call a route.
 *
 * `api secret`: callers with the account's API secret. `stream token` and `app`: everyone, since the handler checks the
 * credentials itself. `operator`: the operator of the sandbox.
 */
export type Access = "api secret" | "stream token" | "app" | "operator";

/** Caller of a route, as the sandbox sees it. */
export interface Caller {
  /** First entry of `x-forwarded-for`, otherwise the socket's address. */
  readonly ip: string;
  /** Country from `x-sandbox-country`, ISO 3166-1 alpha-2, otherwise `US`. */
  readonly country: string;
  /** The Origin header. */
  readonly origin: string | null;
  /** Bearer token; null without one, and for the literal `NoAuth` that a client of the platform sends. */
  readonly bearer: string | null;
}

/** One request, as a handler sees it. */
export interface Call {
  /** Returns a part of the path, decoded: `streamName` of `/api/whip/{streamName}`. */
  param(name: string): string;
  readonly query: URLSearchParams;
  /** Returns a request header by its lower-case name. */
  header(name: string): string | undefined;
  /** Parsed JSON, or the body as text for routes that parse it themselves. */
  readonly body: unknown;
  /** Media type of the body, lower case and without parameters; empty without one. */
  readonly contentType: string;
  /** Accept header, lower case; empty without one. */
  readonly accept: string;
  readonly caller: Caller;
}

/** One operation of the platform, or of the sandbox itself. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path as in the OpenAPI documents: `/api/publish_token/{tokenId}`. */
  readonly path: string;
  /** Operation id as in the OpenAPI documents; null for the sandbox's own paths. */
  readonly operationId: string | null;
  readonly access: Access;
  /** Form of the request body; undefined if the operation takes none. */
  readonly body?: "json" | "sdp" | "text";
  /** Handles a call. @throws ResponseError for every response but success */
  handle(call: Call): SandboxResponse | Promise<SandboxResponse>;
}

/** A matching route, with the parts of its path. */
export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** Finds the route of a request. */
export interface Router {
  /** Returns the match, or the status that says why there is none: 400, 404 or 405. */
  match(method: string, path: string): Match | 400 | 404 | 405;
}

/**
 * Creates a router that compares paths part by part.
 *
 * A literal part wins over a placeholder, so `/list` is no token id. A trailing slash is accepted, as the platform
 * does.
 */
export function createRouter(routes: readonly Route[]): Router {
  const table = routes.map((route) => ({ route, parts: route.path.split("/") }));
  const literals = (parts: readonly string[]) => parts.filter((part) => !isPlaceholder(part)).length;
  table.sort((a, b) => literals(b.parts) - literals(a.parts));

  return {
    match(method, path) {
      const parts = (path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path).split("/");
      const onPath = table.filter(({ parts: pattern }) => fits(pattern, parts));
      const found = onPath.find(({ route }) => route.method === method);
      if (!found) return onPath.length > 0 ? 405 : 404;
      try {
        return { route: found.route, params: paramsOf(found.parts, parts) };
      } catch {
        return 400; // a percent sign that encodes nothing
      }
    },
  };
}

function isPlaceholder(part: string): boolean {
  return part.startsWith("{");
}

function fits(pattern: readonly string[], parts: readonly string[]): boolean {
  return (
    pattern.length === parts.length &&
    pattern.every((part, index) => (isPlaceholder(part) ? parts[index] !== "" : part === parts[index]))
  );
}

function paramsOf(pattern: readonly string[], parts: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {};
  pattern.forEach((part, index) => {
    if (isPlaceholder(part)) params[part.slice(1, -1)] = decodeURIComponent(parts[index] ?? "");
  });
  return params;
}
