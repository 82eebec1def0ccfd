import type { StreamCatalog } from "./stream-catalog.ts";
import type { TokenCache } from "./token-cache.ts";

/** Version of all cached tokens and stream names: the same object until one of them changes. */
export type CacheVersion = object;

interface Sources {
  readonly tokenCache: Pick<TokenCache, "peek">;
  readonly streamCatalog: Pick<StreamCatalog, "names">;
}

/** Lists that are the same objects until one of their items changes. */
interface Parts {
  readonly publish: readonly unknown[];
  readonly subscribe: readonly unknown[];
  readonly names: readonly string[];
}

/**
 * Creates a function that returns the current version without a read; null if the tokens are unknown
 * or not fresh.
 */
export function createCacheVersion({ tokenCache, streamCatalog }: Sources): () => CacheVersion | null {
  let current: Parts | null = null;
  return () => {
    const tokens = tokenCache.peek();
    if (!tokens) return null;
    const publish = tokens.publish.all();
    const subscribe = tokens.subscribe.all();
    const names = streamCatalog.names(tokens);
    if (current?.publish !== publish || current.subscribe !== subscribe || current.names !== names) {
      current = { publish, subscribe, names };
    }
    return current;
  };
}
