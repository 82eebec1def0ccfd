import { defaultFieldResolver, type GraphQLField, type GraphQLFieldResolver } from "graphql";

/** Whether a field's value may be cached; a function if that depends on the arguments. */
export type Cacheability = boolean | ((args: Readonly<Record<string, unknown>>) => boolean);

const EXTENSION = "cacheable";

/**
 * Returns `extensions` that mark a field as cacheable: its value follows from its object, its arguments, the caller's rights and
 * the cache version alone. A response is cacheable if all of its fields are.
 *
 * A property of the object, or a resolver that takes the object alone, needs no mark unless it returns a promise. The type of an
 * abstract field's value follows from the value.
 *
 * @param when decides by the arguments; always cacheable by default
 */
export function cacheable(when: Cacheability = true): { readonly [EXTENSION]: Cacheability } {
  return { [EXTENSION]: when };
}

/** Returns the mark of a field; false for a field without one, except `__typename`. */
export function cacheabilityOf({ name, extensions }: GraphQLField<unknown, unknown>): Cacheability {
  return (extensions[EXTENSION] as Cacheability | undefined) ?? name === "__typename";
}

/**
 * Returns the name of the property of its object that a field gives, which Pothos notes for `expose`.
 *
 * Returns null for other fields.
 */
export function propertyOf({ name, resolve, extensions }: GraphQLField<unknown, unknown>): string | null {
  if (resolve === undefined || resolve === defaultFieldResolver) return name;
  const exposed = extensions["pothosExposedField"];
  return typeof exposed === "string" ? exposed : null;
}

/** Returns whether a field is a property of its object, or resolved from the object alone. */
export function isOfObject(property: string | null, resolve: GraphQLFieldResolver<unknown, unknown>): boolean {
  return property !== null || resolve.length === 1;
}
