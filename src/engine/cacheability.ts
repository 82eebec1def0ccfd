import { defaultFieldResolver, type GraphQLField } from "graphql";
import { accessOf } from "./field-checks.ts";

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

/** Rule of one field. */
export interface FieldCacheability {
  readonly cacheability: Cacheability;
  /** Whether a promise of the resolver makes the response uncacheable: an object that has to wait has read something. */
  readonly isReadIfPromised: boolean;
}

/** Returns the rule of a field: its mark, or that it is a property of its object, or resolved from the object alone. */
export function cacheabilityOf(field: GraphQLField<unknown, unknown>): FieldCacheability {
  const { name, extensions } = field;
  const mark = (extensions[EXTENSION] as Cacheability | undefined) ?? name === "__typename";
  const { resolve } = accessOf(field);
  // Pothos notes the property that a field exposes.
  const isOfObject = resolve === defaultFieldResolver || "pothosExposedField" in extensions || resolve.length === 1;
  return { cacheability: isOfObject || mark, isReadIfPromised: mark === false };
}
