import type { Plugin } from "graphql-yoga";
import { ANONYMOUS } from "../../limits/unsent-responses.ts";
import type { Compress } from "../compression.ts";
import { toResponse } from "../fetch-http.ts";
import type { HttpResponse } from "../http-message.ts";
import type { ServerContext } from "../server-context.ts";

/**
 * Compresses the responses of yoga that are one text: JSON, metrics and GraphiQL's page, not exports.
 *
 * Must come before the plugins that add headers.
 */
export function useCompression(compress: Compress): Plugin<object, ServerContext> {
  return {
    async onResponse({ response, setResponse, fetchAPI, serverContext: { head, caller } }) {
      const isText = /json\b|^text\/(html|plain)/.test(response.headers.get("content-type") ?? "");
      if (!isText || response.headers.has("content-encoding") || head.header("accept-encoding") === null) return;
      const { "content-length": _length, ...headers } = Object.fromEntries(response.headers);
      const whole: HttpResponse = { status: response.status, headers, body: await response.text() };
      const compressed = await new Promise<HttpResponse>((resolve) =>
        compress(head, whole, caller?.principalId ?? ANONYMOUS, resolve),
      );
      setResponse(toResponse(fetchAPI.Response, compressed));
    },
  };
}
