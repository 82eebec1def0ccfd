import { defaultFieldResolver, type GraphQLField, type GraphQLFieldResolver } from "graphql";

type Resolver = GraphQLFieldResolver<unknown, unknown>;

/** Check of a field beside its resolver without the check. */
interface FieldAccess {
  /** Throws unless the caller has the rights that the field requires. */
  readonly check: (...args: Parameters<Resolver>) => void;
  readonly resolve: Resolver;
}

/**
 * Returns `extensions` that tell a field's check and its resolver apart.
 *
 * @param guarded the field's resolver, which makes the check before it calls `resolve`
 */
export function accessExtension(check: FieldAccess["check"], resolve: Resolver, guarded: Resolver) {
  return { access: { check, resolve, guarded } };
}

/**
 * Returns the check and the resolver of a field.
 *
 * A resolver that has replaced the guarded one has no check here, since it makes its own.
 */
export function accessOf({ extensions, resolve = defaultFieldResolver }: GraphQLField<unknown, unknown>): FieldAccess {
  const access = extensions["access"] as (FieldAccess & { readonly guarded: Resolver }) | undefined;
  return access?.guarded === resolve ? access : { check: () => undefined, resolve };
}
