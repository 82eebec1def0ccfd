import type { DiscoveredNames } from "./discovered-names.ts";
import type { TokenSnapshot } from "./token-cache.ts";

/** Every stream that is known by name: through a token that spells it out, or through having been seen live or in traffic. */
export interface StreamCatalog {
  /** Their names, sorted by code unit. */
  names(tokens: TokenSnapshot): readonly string[];
  has(name: string, tokens: TokenSnapshot): boolean;
}

export function createStreamCatalog(discoveredNames: DiscoveredNames): StreamCatalog {
  let known: {
    readonly from: readonly unknown[];
    readonly names: readonly string[];
    readonly set: ReadonlySet<string>;
  };
  const current = (tokens: TokenSnapshot) => {
    const published = tokens.publish.names();
    const granted = tokens.subscribe.names();
    // The lists are the same objects until some token changes, so thousands of names are seldom sorted again.
    const from = [published, granted, discoveredNames.version()];
    if (!known || from.some((part, index) => part !== known.from[index])) {
      const set = new Set([...published, ...granted, ...discoveredNames.streams()]);
      known = { from, names: [...set].sort(), set };
    }
    return known;
  };
  return { names: (tokens) => current(tokens).names, has: (name, tokens) => current(tokens).set.has(name) };
}
