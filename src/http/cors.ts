import type { HttpResponse, RequestHead } from "./http-message.ts";

/** Decides which pages of other origins may read responses. */
export interface Cors {
  /** Returns the response to a preflight of a listed origin; null for any other request. */
  preflight(head: RequestHead): HttpResponse | null;
  /** Returns the CORS headers of every response to this request. */
  headers(head: RequestHead): HttpResponse["headers"];
}

/**
 * Request headers that pages may send: ours, those of tracing in browsers (W3C, Sentry, Datadog, Azure, B3), and those of GraphQL
 * clients. None of them authenticates anyone but `authorization`.
 */
const ALLOWED_HEADERS: readonly string[] = [
  "authorization",
  "content-type",
  "x-request-id",
  "traceparent",
  "tracestate",
  "baggage",
  "sentry-trace",
  "b3",
  "x-b3-traceid",
  "x-b3-spanid",
  "x-b3-parentspanid",
  "x-b3-sampled",
  "x-b3-flags",
  "x-datadog-trace-id",
  "x-datadog-parent-id",
  "x-datadog-origin",
  "x-datadog-sampling-priority",
  "newrelic",
  "request-id",
  "request-context",
  "x-amzn-trace-id",
  "apollo-require-preflight",
  "apollographql-client-name",
  "apollographql-client-version",
  "x-apollo-operation-name",
  "x-apollo-operation-id",
  "x-apollo-operation-type",
  "graphql-client-name",
  "graphql-client-version",
  "graphql-require-preflight",
  "x-graphql-client-name",
  "x-graphql-client-version",
  "x-requested-with",
  "cache-control",
  "last-event-id",
];
const EXPOSED_HEADERS = "RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id";
/** What responses depend on; compression depends on the encodings. */
const VARY = "Accept-Encoding, Origin";
/** Seconds for which browsers may cache a preflight. */
const PREFLIGHT_MAX_AGE = "600";

/**
 * Creates CORS for an allow-list of origins; null if the list is empty. Pages send a key of their own in a header, and the gateway uses
 * no cookies, so credentials are never allowed.
 *
 * @param origins such as `https://app.example.com`, or `https://*.example.com` for all subdomains
 * @param headers further request headers that pages may send
 */
export function createCors(origins: readonly string[], headers: readonly string[]): Cors | null {
  if (origins.length === 0) return null;
  const isAllowed = originMatcher(origins);
  const allowedHeaders = [...new Set([...ALLOWED_HEADERS, ...headers])].join(", ");
  return {
    preflight: ({ method, header }) => {
      // Browsers send preflights without a key.
      if (method !== "OPTIONS" || header("access-control-request-method") === null) return null;
      if (!isAllowed(header("origin"))) return null;
      const headers = {
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": allowedHeaders,
        "access-control-max-age": PREFLIGHT_MAX_AGE,
      };
      return { status: 204, headers, body: null };
    },
    headers: ({ header }) => {
      const origin = header("origin");
      if (!origin || !isAllowed(origin)) return { vary: VARY };
      return {
        vary: VARY,
        "access-control-allow-origin": origin,
        "access-control-expose-headers": EXPOSED_HEADERS,
      };
    },
  };
}

function originMatcher(origins: readonly string[]): (origin: string | null) => boolean {
  const exact = new Set(origins.filter((origin) => !origin.includes("*")));
  const wildcards = origins
    .filter((origin) => origin.includes("*"))
    .map((origin) => origin.split("*") as [head: string, tail: string]);
  return (origin) => {
    if (!origin || origin.length > 255) return false;
    if (exact.has(origin)) return true;
    return wildcards.some(([head, tail]) => {
      const subdomain = origin.slice(head.length, -tail.length);
      return origin === `${head}${subdomain}${tail}` && /^[a-z\d-]+(\.[a-z\d-]+)*$/.test(subdomain);
    });
  };
}
