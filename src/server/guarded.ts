import type { Plugin } from "graphql-yoga";
import { refusal } from "./refused.ts";
import type { ServerContext } from "./use-caller.ts";

type OnRequestPayload = Parameters<NonNullable<Plugin<object, ServerContext>["onRequest"]>>[0];

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
    const { onRequest } = plugin;
    if (!onRequest) return plugin;
    return {
      ...plugin,
      // Not async: most plugins answer at once, and every request would wait for each of them.
      onRequest(payload: OnRequestPayload) {
        const fail = (error: unknown) => {
          onFault(error);
          const message = "The gateway failed. The fault has been logged.";
          payload.endResponse(refusal(payload.fetchAPI.Response, "INTERNAL_SERVER_ERROR", message, { status: 500 }));
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
