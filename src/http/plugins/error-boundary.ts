import type { Plugin } from "graphql-yoga";
import { toResponse } from "../fetch-http.ts";
import { INTERNAL_ERROR_RESPONSE } from "../http-message.ts";
import type { ServerContext } from "../server-context.ts";

type OnRequest = NonNullable<Plugin<object, ServerContext>["onRequest"]>;

/**
 * The plugins, whose look at a request can't fail with more than an answer of a line: what escapes one would come back as a
 * stack trace with the paths of our files.
 *
 * @param onFault told of what escaped
 */
export function withErrorBoundary<P extends Plugin | Plugin<object, ServerContext>>(
  plugins: readonly P[],
  onFault: (error: unknown) => void,
): P[] {
  return plugins.map((plugin) => {
    const onRequest = plugin.onRequest as OnRequest | undefined;
    if (!onRequest) return plugin;
    return {
      ...plugin,
      // Not async: most plugins answer at once, and every request would wait for each of them.
      onRequest(payload: Parameters<OnRequest>[0]) {
        const fail = (error: unknown) => {
          onFault(error);
          payload.endResponse(toResponse(payload.fetchAPI.Response, INTERNAL_ERROR_RESPONSE));
        };
        try {
          return onRequest(payload)?.then(undefined, fail);
        } catch (error) {
          return fail(error);
        }
      },
    };
  });
}
