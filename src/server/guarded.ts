import type { Plugin } from "graphql-yoga";
import { refusal } from "./refused.ts";

/**
 * The plugin, whose look at a request can't fail with more than an answer of a line: what escapes it would come back as a
 * stack trace with the paths of our files.
 *
 * @param onFault told of what escaped
 */
// biome-ignore lint/complexity/noBannedTypes: the plugin's own parameters say that it adds nothing to a context
export function guarded<ServerContext extends Record<string, unknown> = {}>(
  plugin: Plugin<object, ServerContext>,
  onFault: (error: unknown) => void,
): Plugin<object, ServerContext> {
  const { onRequest } = plugin;
  if (!onRequest) return plugin;
  return {
    ...plugin,
    async onRequest(payload) {
      try {
        await onRequest(payload);
      } catch (error) {
        onFault(error);
        const message = "The gateway failed. The fault has been logged.";
        payload.endResponse(refusal(payload.fetchAPI.Response, "INTERNAL_SERVER_ERROR", message, { status: 500 }));
      }
    },
  };
}
