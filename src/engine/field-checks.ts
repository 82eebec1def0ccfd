import { defaultFieldResolver, type GraphQLField, type GraphQLFieldResolver } from "graphql";

/**
 * Requirement of a field.
 *
 * The same for every object, or computed from the object and the field's arguments.
 */
export type FieldCheck = object | CheckOfObject;

export interface CheckOfObject {
  (...about: unknown[]): unknown;
  /** Set if the check takes the object and the context alone, so that all fields of the object's type share its outcome. */
  ofType?: true;
}

/**
 * Throws if the context does not fulfil a check.
 *
 * `about` holds the object, and for a field its arguments.
 */
export type AssertAllowed<Context> = (check: FieldCheck, context: Context, ...about: unknown[]) => void;

type Resolver = GraphQLFieldResolver<unknown, unknown>;

/** Checks of a field beside its resolver without them. */
interface FieldAccess {
  readonly checks: readonly FieldCheck[];
  readonly resolve: Resolver;
}

interface AccessExtension extends FieldAccess {
  /** The resolver that makes the checks itself. */
  readonly guarded: Resolver;
}

/**
 * Returns `extensions` that tell the engine which checks a field makes, so that it makes them itself.
 *
 * @param guarded the field's resolver, which makes the checks before it calls `resolve`
 */
export function accessExtension(
  checks: readonly FieldCheck[],
  resolve: Resolver,
  guarded: Resolver,
): { readonly access: AccessExtension } {
  return { access: { checks, resolve, guarded } };
}

/**
 * Returns what a field checks.
 *
 * A resolver that has replaced the guarded one has no checks here, since it makes its own.
 */
export function accessOf({ extensions, resolve = defaultFieldResolver }: GraphQLField<unknown, unknown>): FieldAccess {
  const access = extensions["access"] as AccessExtension | undefined;
  return access?.guarded === resolve ? access : { checks: [], resolve };
}
