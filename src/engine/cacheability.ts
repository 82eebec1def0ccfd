import type { GraphQLField } from "graphql";

/** Whether a field is repeatable; a function, where that depends on its arguments. */
export type Repeats = boolean | ((args: Readonly<Record<string, unknown>>) => boolean);

const REPEATS = "repeats";

/**
 * Marks a field as repeatable: put it into the field's `extensions`. Its value follows from its object, its arguments, what
 * the caller may see, the tokens and names of streams that are known, and the figures of this quarter hour, and from nothing
 * else. An answer of such fields alone is the same until one of these changes, so whoever asks again is given it again. A
 * field needs no mark that is a property of its object, or made of its object alone without waiting for anything.
 *
 * @param when tells by the arguments whether it is; always, where it is left out
 */
export function repeatable(when: Repeats = true): { readonly [REPEATS]: Repeats } {
  return { [REPEATS]: when };
}

/** What a field is marked as: what is not marked is not repeatable, but for the name of a type. */
export function repeatsOf({ name, extensions }: GraphQLField<unknown, unknown>): Repeats {
  return (extensions[REPEATS] as Repeats | undefined) ?? name === "__typename";
}
