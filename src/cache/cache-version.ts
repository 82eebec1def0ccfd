import type { StreamCatalog } from "./stream-catalog.ts";
import type { TokenCache } from "./token-cache.ts";

/** Stands for all tokens and names of streams as they are known at a moment: the same object until one of them changes. */
export type CacheVersion = object;

interface Sources {
  readonly tokenCache: Pick<TokenCache, "peek">;
  readonly streamCatalog: Pick<StreamCatalog, "names">;
}

/** Each is the same object until something of it changes. */
interface Parts {
  readonly publish: readonly unknown[];
  readonly subscribe: readonly unknown[];
  readonly names: readonly string[];
}

/** Tells what is known now, and has nothing read for it; null where the tokens are not known, or past their freshness. */
export function createCacheVersion({ tokenCache, streamCatalog }: Sources): () => CacheVersion | null {
  let known: Parts | null = null;
  return () => {
    const tokens = tokenCache.peek();
    if (!tokens) return null;
    const publish = tokens.publish.all();
    const subscribe = tokens.subscribe.all();
    const names = streamCatalog.names(tokens);
    if (known?.publish !== publish || known.subscribe !== subscribe || known.names !== names) {
      known = { publish, subscribe, names };
    }
    return known;
  };
}
