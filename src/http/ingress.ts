import type { Authenticate, Caller } from "../auth/caller.ts";
import { ANONYMOUS, type UnsentResponses } from "../limits/unsent-responses.ts";
import { ApplicationError } from "../model/errors.ts";
import type { Network } from "../model/network.ts";
import { OVERLOADED } from "../operation/request-error.ts";
import { isPromise, type MaybePromise } from "../primitives/maybe-promise.ts";
import { clientAddress } from "./client-address.ts";
import { createCors } from "./cors.ts";
import { errorResponse, type HttpResponse, type RequestHead } from "./http-message.ts";

/** Who is let in. */
export interface AuthenticatedRequest {
  readonly caller: Caller;
  /** The client's network address; null where it is not known. */
  readonly address: string | null;
}

/** What stands before the graph, the same on every way to it. */
export interface Ingress {
  /** Turns a request away before anybody looks who sent it; null lets it pass. */
  rejectEarly(head: RequestHead, isOverloaded: boolean): HttpResponse | null;
  /** Finds out who calls, before the body is read. */
  authenticate(head: RequestHead): MaybePromise<AuthenticatedRequest | HttpResponse>;
  /** What every answer says, whatever it is. */
  headers(head: RequestHead): HttpResponse["headers"];
}

export interface IngressOptions {
  /** Names and addresses without ports, an IPv6 address in brackets; null for any. */
  readonly allowedHosts: readonly string[] | null;
  readonly allowedOrigins: readonly string[];
  readonly authenticate: Authenticate;
  readonly trustedProxies: readonly Network[];
  readonly unsent: Pick<UnsentResponses, "isFull">;
}

/** Answers may hold secrets: nobody on the way keeps one, and no browser guesses what it is. */
const SAFE = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
} as const;

const OVERLOADED_RESPONSE = errorResponse("OVERLOADED", OVERLOADED.message, OVERLOADED.http);

/** A page whose own name was pointed at our address (DNS rebinding) would be of the same origin for its browser. */
const UNKNOWN_HOST = errorResponse(
  "BAD_REQUEST",
  "This host is not served here. The variable ALLOWED_HOSTS names those that are.",
  { status: 421 },
);

const UNAUTHENTICATED = errorResponse("UNAUTHENTICATED", "A valid bearer key is needed.", {
  status: 401,
  headers: { "www-authenticate": 'Bearer realm="syndigraph"' },
});

/** The store and the identity provider are asked again after so long at most. */
const RETRY_AFTER_SECONDS = 5;

/** It can't be found out now who calls. @throws what is a fault of ours */
function unknown(error: unknown): HttpResponse {
  if (!(error instanceof ApplicationError)) throw error;
  const headers = { "retry-after": String(RETRY_AFTER_SECONDS) };
  return errorResponse(error.code, error.message, { status: 503, headers });
}

export function createIngress({
  allowedHosts,
  allowedOrigins,
  authenticate,
  trustedProxies,
  unsent,
}: IngressOptions): Ingress {
  const hosts = allowedHosts && new Set(allowedHosts.map((host) => host.toLowerCase()));
  const cors = createCors(allowedOrigins);
  return {
    rejectEarly: (head, isOverloaded) => {
      if (isOverloaded || (head.header("authorization") === null && unsent.isFull(ANONYMOUS)))
        return OVERLOADED_RESPONSE;
      if (hosts && !hosts.has(head.hostname().replace(/\.$/, ""))) return UNKNOWN_HOST;
      return cors?.preflight(head) ?? null;
    },
    // Who proves nobody learns nothing, not even what was wrong.
    authenticate: ({ header, peer }) => {
      const address = clientAddress(peer, header("x-forwarded-for"), trustedProxies);
      const credentials = { authorization: header("authorization"), origin: header("origin"), address };
      const admitted = (caller: Caller | null) => {
        if (!caller) return UNAUTHENTICATED;
        return unsent.isFull(caller.principalId) ? OVERLOADED_RESPONSE : { caller, address };
      };
      const caller = authenticate(credentials);
      return isPromise(caller) ? caller.then(admitted, unknown) : admitted(caller);
    },
    headers: (head) => (cors ? { ...SAFE, ...cors.headers(head) } : SAFE),
  };
}
