import type { GraphQLField } from "graphql";

/** Whether a field is repeatable; a function, where that depends on its arguments. */
export type Cacheability = boolean | ((args: Readonly<Record<string, unknown>>) => boolean);

const REPEATS = "repeats";

/**
 * Marks a field as repeatable: put it into the field's `extensions`. Its value follows from its object, its arguments, what
 * the caller may see, the tokens and names of streams that are known, and the figures of this quarter hour, and from nothing
 * else. An answer of such fields alone is the same until one of these changes, so whoever asks again is given it again. A
 * field needs no mark that is a property of its object, or made of its object alone without waiting for anything.
 *
 * @param when tells by the arguments whether it is; always, where it is left out
 */
export function cacheable(when: Cacheability = true): { readonly [REPEATS]: Cacheability } {
  return { [REPEATS]: when };
}

/** What a field is marked as: what is not marked is not repeatable, but for the name of a type. */
export function cacheabilityOf({ name, extensions }: GraphQLField<unknown, unknown>): Cacheability {
  return (extensions[REPEATS] as Cacheability | undefined) ?? name === "__typename";
}
