import { createTokenCache, type TokenCache } from "../../src/cache/token-cache.ts";
import { grants, publishToken, subscribeToken } from "./records.ts";

/** Token cache over publish tokens of some streams, and subscribe tokens with some tracking ids. */
export function tokenCacheOf(publish: readonly string[], trackingIds: readonly string[]): TokenCache {
  const publishTokens = publish.map((name, id) => publishToken({ id, streams: grants(name) }));
  const subscribeTokens = trackingIds.map((trackingId, id) =>
    subscribeToken({ id, trackingId, streams: grants("/.*/") }),
  );
  const source = <Token>(tokens: Token[]) => ({
    list: async ({ page, itemsOnPage }: { page: number; itemsOnPage: number }) =>
      tokens.slice((page - 1) * itemsOnPage, page * itemsOnPage),
    read: async () => null,
  });
  const ages = { refreshAfterMs: Number.POSITIVE_INFINITY, staleAfterMs: Number.POSITIVE_INFINITY };
  return createTokenCache({
    publishTokens: source(publishTokens),
    subscribeTokens: source(subscribeTokens),
    ...ages,
  });
}
