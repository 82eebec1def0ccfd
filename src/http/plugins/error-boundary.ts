import type { Plugin } from "graphql-yoga";
import { responseOf } from "../fetch-http.ts";
import { FAULT } from "../http-message.ts";
import type { ServerContext } from "./use-authentication.ts";

type OnRequest = NonNullable<Plugin<object, ServerContext>["onRequest"]>;

/**
 * The plugins, whose look at a request can't fail with more than an answer of a line: what escapes one would come back as a
 * stack trace with the paths of our files.
 *
 * @param onFault told of what escaped
 */
export function guarded<P extends Plugin | Plugin<object, ServerContext>>(
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
          payload.endResponse(responseOf(payload.fetchAPI.Response, FAULT));
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
