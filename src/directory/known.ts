import type { StreamCatalog } from "./stream-catalog.ts";
import type { TokenDirectory } from "./token-directory.ts";

/** Stands for all tokens and names of streams as they are known at a moment: the same object until one of them changes. */
export type Known = object;

interface Sources {
  readonly directory: Pick<TokenDirectory, "peek">;
  readonly streamCatalog: Pick<StreamCatalog, "names">;
}

/** Tells what is known now, and has nothing read for it; null where the tokens are not known, or past their freshness. */
export function createKnown({ directory, streamCatalog }: Sources): () => Known | null {
  let known: { readonly parts: readonly unknown[] } = { parts: [] };
  return () => {
    const tokens = directory.peek();
    if (!tokens) return null;
    // Each is the same object until something of it changes.
    const parts = [tokens.publish.all(), tokens.subscribe.all(), streamCatalog.names(tokens)];
    if (parts.some((part, index) => part !== known.parts[index])) known = { parts };
    return known;
  };
}
