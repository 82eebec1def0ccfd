import type { Plugin } from "graphql-yoga";

const EXPOSED = "RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate";
/** Seconds for which a browser remembers the answer to a preflight. */
const PREFLIGHT_KEPT = "600";

/**
 * Lets pages of other origins read answers: those that are listed, and no others. A page needs a key, which it holds itself;
 * cookies are neither sent nor asked for, so credentials are never allowed. Without origins nothing of CORS is answered.
 *
 * @param origins such as `https://app.example.com`, or `https://*.example.com` for all below a domain
 */
export function useCors(origins: readonly string[]): Plugin {
  if (origins.length === 0) return {};
  const isAllowed = originMatcher(origins);
  return {
    onRequest({ request, endResponse, fetchAPI }) {
      // Preflights come without a key by their nature.
      if (request.method !== "OPTIONS" || !request.headers.has("access-control-request-method")) return;
      if (!isAllowed(request.headers.get("origin"))) return;
      endResponse(
        new fetchAPI.Response(null, {
          status: 204,
          headers: {
            "access-control-allow-methods": "GET, POST",
            "access-control-allow-headers": "authorization, content-type",
            "access-control-max-age": PREFLIGHT_KEPT,
          },
        }),
      );
    },
    onResponse({ request, response }) {
      response.headers.append("vary", "Origin");
      const origin = request.headers.get("origin");
      if (!origin || !isAllowed(origin)) return;
      response.headers.set("access-control-allow-origin", origin);
      response.headers.set("access-control-expose-headers", EXPOSED);
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
