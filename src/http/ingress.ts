import type { Authenticate, Caller } from "../auth/caller.ts";
import { ANONYMOUS, type UnsentResponses } from "../limits/unsent-responses.ts";
import { ApplicationError } from "../model/errors.ts";
import type { Network } from "../model/network.ts";
import { OVERLOADED } from "../operation/request-error.ts";
import { isPromise, type MaybePromise } from "../primitives/maybe-promise.ts";
import { createClientAddress } from "./client-address.ts";
import { createCors } from "./cors.ts";
import { errorResponse, type HttpResponse, type RequestHead } from "./http-message.ts";

/** Who sent a request that was authenticated. */
export interface AuthenticatedRequest {
  readonly caller: Caller;
  /** Client's network address; null where it is not known. */
  readonly address: string | null;
}

/** Checks of the head of a request, the same for the fast path and for yoga. */
export interface Ingress {
  /** Returns the response to a request that is rejected without authentication; null to continue. */
  rejectEarly(head: RequestHead, isOverloaded: boolean): HttpResponse | null;
  /** Authenticates the caller before the body is read. */
  authenticate(head: RequestHead): MaybePromise<AuthenticatedRequest | HttpResponse>;
  /** Returns the headers of every response to this request. */
  headers(head: RequestHead): HttpResponse["headers"];
}

export interface IngressOptions {
  /** Host names and addresses without ports, an IPv6 address in brackets; null for any. */
  readonly allowedHosts: readonly string[] | null;
  readonly allowedOrigins: readonly string[];
  /** Request headers that pages of these origins may send, besides those of {@link createCors}; none by default. */
  readonly allowedHeaders?: readonly string[];
  readonly authenticate: Authenticate;
  readonly trustedProxies: readonly Network[];
  readonly unsent: Pick<UnsentResponses, "isFull">;
}

/** Responses may hold secrets: caches must not store them, and browsers must not guess their type. */
const SECURITY_HEADERS = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  vary: "Accept-Encoding",
} as const;

const OVERLOADED_RESPONSE = errorResponse("OVERLOADED", OVERLOADED.message, OVERLOADED.http);

/** Protects against DNS rebinding: a page whose host name points to our address would be of the same origin for its browser. */
const UNKNOWN_HOST = errorResponse(
  "BAD_REQUEST",
  "The header `Host` must be one of the hosts in the variable ALLOWED_HOSTS; got another.",
  {
    status: 421,
  },
);

/** Gives no reason: unauthenticated callers must not learn why they were rejected. */
const UNAUTHENTICATED = errorResponse("UNAUTHENTICATED", "A valid bearer key is needed.", {
  status: 401,
  headers: { "www-authenticate": 'Bearer realm="syndigraph"' },
});

/** Seconds after which clients retry when the store or the identity provider is unavailable. */
const RETRY_AFTER_SECONDS = 5;

export function createIngress({
  allowedHosts,
  allowedOrigins,
  allowedHeaders = [],
  authenticate,
  trustedProxies,
  unsent,
}: IngressOptions): Ingress {
  const hosts = allowedHosts && new Set(allowedHosts.map((host) => host.toLowerCase()));
  const cors = createCors(allowedOrigins, allowedHeaders);
  const clientAddress = createClientAddress(trustedProxies);
  return {
    rejectEarly: (head, isOverloaded) => {
      const isAnonymous = head.header("authorization") === null;
      if (isOverloaded || (isAnonymous && unsent.isFull(ANONYMOUS))) return OVERLOADED_RESPONSE;
      if (hosts && !isServed(head.hostname(), hosts)) return UNKNOWN_HOST;
      return cors?.preflight(head) ?? null;
    },
    authenticate: ({ header, peer }) => {
      const address = clientAddress(peer, header("x-forwarded-for"));
      const credentials = { authorization: header("authorization"), origin: header("origin"), address };
      const accept = (caller: Caller | null) => {
        if (!caller) return UNAUTHENTICATED;
        return unsent.isFull(caller.principalId) ? OVERLOADED_RESPONSE : { caller, address };
      };
      const caller = authenticate(credentials);
      return isPromise(caller) ? caller.then(accept, unavailable) : accept(caller);
    },
    headers: (head) => (cors ? { ...SECURITY_HEADERS, ...cors.headers(head) } : SECURITY_HEADERS),
  };
}

/** Returns whether requests to a host are served. A request without one is no browser's. */
function isServed(hostname: string | null, hosts: ReadonlySet<string>): boolean {
  return hostname === null || hosts.has(hostname.replace(/\.$/, ""));
}

/**
 * Returns the response while callers cannot be authenticated.
 *
 * @throws unknown any error of the gateway itself
 */
function unavailable(error: unknown): HttpResponse {
  if (!(error instanceof ApplicationError)) throw error;
  const headers = { "retry-after": String(RETRY_AFTER_SECONDS) };
  return errorResponse(error.code, error.message, { status: 503, headers });
}
