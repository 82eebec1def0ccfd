import type { Plugin } from "graphql-yoga";
import { respond } from "../fetch-http.ts";
import { INTERNAL_ERROR_RESPONSE } from "../http-message.ts";
import type { ServerContext } from "../server-context.ts";

type OnRequest = NonNullable<Plugin<object, ServerContext>["onRequest"]>;

/**
 * Returns the plugins with an `onRequest` that answers a masked error if it throws: yoga would answer a stack trace with the paths
 * of our files.
 *
 * @param onInternalError called with what was thrown
 */
export function withErrorBoundary<P extends Plugin | Plugin<object, ServerContext>>(
  plugins: readonly P[],
  onInternalError: (error: unknown) => void,
): P[] {
  return plugins.map((plugin) => {
    const onRequest = plugin.onRequest as OnRequest | undefined;
    if (!onRequest) return plugin;
    return {
      ...plugin,
      // Not async: most plugins return at once, and every request would wait for each of them.
      onRequest(payload: Parameters<OnRequest>[0]) {
        const fail = (error: unknown) => {
          onInternalError(error);
          respond(payload, INTERNAL_ERROR_RESPONSE);
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
