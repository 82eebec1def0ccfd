import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { Plugin } from "graphql-yoga";
import { type Asset, assets, type Manifest, renderPage } from "./graphiql/page.ts";

/** What the page may load and talk to: this server, and nothing else. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "frame-ancestors 'none'",
].join("; ");

/**
 * `GET /graphql` from a browser: GraphiQL, with its files under `/graphiql/`. The page holds no data and no schema: it asks
 * for both with the key that the operator gives it.
 *
 * @param folder where `npm run build` has put the files
 * @param now the platform's time, by which the tabs choose their months
 */
export function useGraphiQL(folder: string, now: () => number): Plugin {
  let manifest: Promise<Manifest> | null = null;
  const readManifest = () => {
    manifest ??= readFile(join(folder, "manifest.json"), "utf8").then((text) => JSON.parse(text) as Manifest);
    return manifest;
  };
  return {
    async onRequest({ request, url, endResponse, fetchAPI }) {
      if (request.method !== "GET") return;
      const [, file = ""] = /^\/graphiql\/([\w.]+)$/.exec(url.pathname) ?? [];
      const asset = assets.get(file);
      if (asset) {
        endResponse(fileResponse(fetchAPI.Response, folder, asset, request.headers.get("accept-encoding")));
      } else if (url.pathname === "/graphql" && !url.searchParams.has("query") && wantsPage(request)) {
        const page = renderPage(await readManifest(), now());
        endResponse(
          new fetchAPI.Response(page, {
            headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": CONTENT_SECURITY_POLICY },
          }),
        );
      }
    },
  };
}

function wantsPage(request: Request): boolean {
  return request.headers.get("accept")?.toLowerCase().includes("text/html") ?? false;
}

/** The files carry their version in their address, so they never change under it. */
function fileResponse(
  ResponseClass: typeof Response,
  folder: string,
  { file, type }: Asset,
  acceptEncoding: string | null,
): Response {
  const isCompressed = acceptEncoding?.includes("gzip") ?? false;
  const stream = createReadStream(join(folder, isCompressed ? `${file}.gz` : file));
  return new ResponseClass(Readable.toWeb(stream) as ReadableStream, {
    headers: {
      "content-type": type,
      vary: "accept-encoding",
      "cache-control": "public, max-age=31536000, immutable",
      ...(isCompressed && { "content-encoding": "gzip" }),
    },
  });
}
