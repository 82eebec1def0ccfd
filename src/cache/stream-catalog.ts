import type { DiscoveredNames } from "./discovered-names.ts";
import type { TokenSnapshot } from "./token-cache.ts";

/** Names of all known streams: those that a token spells out, and those discovered live or in traffic. */
export interface StreamCatalog {
  /** Returns the names, sorted by code unit. */
  names(tokens: TokenSnapshot): readonly string[];
  has(name: string, tokens: TokenSnapshot): boolean;
}

export function createStreamCatalog(discoveredNames: DiscoveredNames): StreamCatalog {
  let cached: {
    readonly from: readonly unknown[];
    readonly names: readonly string[];
    readonly set: ReadonlySet<string>;
  };
  const current = (tokens: TokenSnapshot) => {
    const published = tokens.publish.names();
    const granted = tokens.subscribe.names();
    // The lists are the same objects until a token changes, so names are sorted again only then.
    const from = [published, granted, discoveredNames.version()];
    if (!cached || from.some((part, index) => part !== cached.from[index])) {
      const set = new Set([...published, ...granted, ...discoveredNames.streams()]);
      cached = { from, names: [...set].sort(), set };
    }
    return cached;
  };
  return { names: (tokens) => current(tokens).names, has: (name, tokens) => current(tokens).set.has(name) };
}
