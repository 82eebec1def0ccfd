import type { HttpResponse, RequestHead } from "./http-message.ts";

/** Decides which pages of other origins may read responses. */
export interface Cors {
  /** Returns the response to a preflight of a listed origin; null for any other request. */
  preflight(head: RequestHead): HttpResponse | null;
  /** Returns the CORS headers of every response to this request. */
  headers(head: RequestHead): HttpResponse["headers"];
}

const EXPOSED_HEADERS = "RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id";
/** Seconds for which browsers may cache a preflight. */
const PREFLIGHT_MAX_AGE = "600";

/**
 * Creates CORS for an allow-list of origins; null if the list is empty. Pages send a key of their own in a header, and the gateway uses
 * no cookies, so credentials are never allowed.
 *
 * @param origins such as `https://app.example.com`, or `https://*.example.com` for all subdomains
 */
export function createCors(origins: readonly string[]): Cors | null {
  if (origins.length === 0) return null;
  const isAllowed = originMatcher(origins);
  return {
    preflight: ({ method, header }) => {
      // Browsers send preflights without a key.
      if (method !== "OPTIONS" || header("access-control-request-method") === null) return null;
      if (!isAllowed(header("origin"))) return null;
      const headers = {
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": "authorization, content-type",
        "access-control-max-age": PREFLIGHT_MAX_AGE,
      };
      return { status: 204, headers, body: null };
    },
    headers: ({ header }) => {
      const origin = header("origin");
      if (!origin || !isAllowed(origin)) return { vary: "Origin" };
      return {
        vary: "Origin",
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
