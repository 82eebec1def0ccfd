import type { HttpResponse, RequestHead } from "./http-message.ts";

/** Which pages of other origins read answers. */
export interface Cors {
  /** The answer to a preflight of a listed origin; null for any other request. */
  preflight(head: RequestHead): HttpResponse | null;
  /** What every answer says of it. */
  headers(head: RequestHead): HttpResponse["headers"];
}

const EXPOSED = "RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id";
/** Seconds for which a browser remembers the answer to a preflight. */
const PREFLIGHT_MAX_AGE = "600";

/**
 * Lets pages of other origins read answers: those that are listed, and no others. A page needs a key, which it holds itself;
 * cookies are neither sent nor asked for, so credentials are never allowed. Without origins there is none.
 *
 * @param origins such as `https://app.example.com`, or `https://*.example.com` for all below a domain
 */
export function createCors(origins: readonly string[]): Cors | null {
  if (origins.length === 0) return null;
  const isAllowed = originMatcher(origins);
  return {
    preflight: ({ method, header }) => {
      // Preflights come without a key by their nature.
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
        "access-control-expose-headers": EXPOSED,
      };
    },
  };
}

function originMatcher(origins: readonly string[]): (origin: string | null) => boolean {
  const exact = new Set(origins.filter((origin) => !origin.includes("*")));
  const wild = origins
    .filter((origin) => origin.includes("*"))
    .map((origin) => origin.split("*") as [head: string, tail: string]);
  return (origin) => {
    if (!origin || origin.length > 255) return false;
    if (exact.has(origin)) return true;
    return wild.some(([head, tail]) => {
      const below = origin.slice(head.length, -tail.length);
      return origin === `${head}${below}${tail}` && /^[a-z\d-]+(\.[a-z\d-]+)*$/.test(below);
    });
  };
}
