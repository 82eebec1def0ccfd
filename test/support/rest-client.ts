import http from "node:http";
import { createRequire } from "node:module";
import { streaming, urls } from "@dolbyio/dolbyio-rest-apis-client";
import { vi } from "vitest";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";

/**
 * The platform's own REST client for Node, led to a sandbox: it knows host names only and insists on port 443, so its
 * transport is replaced until `vi.restoreAllMocks()`. It is one for the process, so it can talk to one sandbox at a time.
 *
 * @param options - `namesContentType` puts in the content type that the client forgets in two of its calls
 */
export function restClientOf(
  { origin }: Pick<Sandbox, "origin">,
  { namesContentType = false }: { readonly namesContentType?: boolean } = {},
): typeof streaming {
  const require = createRequire(createRequire(import.meta.url).resolve("@dolbyio/dolbyio-rest-apis-client"));
  const transport: { https: { request: typeof http.request } } = require("follow-redirects");
  const { hostname, port } = new URL(origin);
  vi.spyOn(transport.https, "request").mockImplementation(((options: http.RequestOptions, answered: () => void) => {
    const contentType = namesContentType && options.method === "PUT" && { "Content-Type": "application/json" };
    const headers = { ...contentType, ...(options.headers as http.OutgoingHttpHeaders) };
    return http.request({ ...options, headers, hostname, port, agent: false }, answered);
  }) as typeof http.request);
  urls.initialize({ rts: hostname, rtsDirector: hostname });
  return streaming;
}
