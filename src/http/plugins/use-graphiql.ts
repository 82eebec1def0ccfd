import type { Plugin } from "graphql-yoga";
import { negotiateEncoding } from "../content-negotiation.ts";
import type { AssetFile, GraphiQLFiles } from "../graphiql/files.ts";
import { renderPage } from "../graphiql/page.ts";

/** Lets the page load from and connect to this server only. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "frame-ancestors 'none'",
].join("; ");

/**
 * Serves GraphiQL for `GET /graphql` by a browser, which is sent there from `/`, and its files under `/graphiql/`. The page holds no data and no schema, and loads
 * both with the key that its user enters.
 *
 * @param now the platform's time, which determines the months in the tabs
 */
export function useGraphiQL({ manifest, assets }: GraphiQLFiles, now: () => number): Plugin {
  return {
    onRequest({ request, url, endResponse, fetchAPI }) {
      if (request.method !== "GET") return;
      const [, file = ""] = /^\/graphiql\/([\w.]+)$/.exec(url.pathname) ?? [];
      const asset = assets.get(file);
      if (url.pathname === "/" && wantsPage(request)) {
        // Relative, since a proxy may serve the gateway under a path that only browsers know.
        endResponse(new fetchAPI.Response(null, { status: 302, headers: { location: "graphql" } }));
      } else if (asset) {
        endResponse(fileResponse(fetchAPI.Response, asset, request.headers.get("accept-encoding")));
      } else if (url.pathname === "/graphql" && !url.searchParams.has("query") && wantsPage(request)) {
        const headers = {
          "content-type": "text/html; charset=utf-8",
          "content-security-policy": CONTENT_SECURITY_POLICY,
        };
        endResponse(new fetchAPI.Response(renderPage(manifest, now()), { headers }));
      }
    },
  };
}

function wantsPage(request: Request): boolean {
  return request.headers.get("accept")?.toLowerCase().includes("text/html") ?? false;
}

/** Returns a file, cacheable for a year: its URL contains its version. */
function fileResponse(
  ResponseClass: typeof Response,
  { type, gzipped }: AssetFile,
  acceptEncoding: string | null,
): Response {
  const isCompressed = negotiateEncoding(acceptEncoding, ["gzip"]) !== null;
  // Browsers accept the compressed file.
  const body = isCompressed ? gzipped : new Blob([gzipped]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new ResponseClass(body, {
    headers: {
      "content-type": type,
      "cache-control": "public, max-age=31536000, immutable",
      ...(isCompressed && { "content-encoding": "gzip" }),
    },
  });
}
