import SchemaBuilder, { type PothosOutputFieldConfig, type SchemaTypes } from "@pothos/core";
import { PothosScopeAuthPlugin } from "@pothos/plugin-scope-auth";
import type { GraphQLFieldResolver } from "graphql";
import type { Caller } from "../auth/caller.ts";
import { isScope, type Scope, scopesOfRole, seesAccount } from "../auth/scopes.ts";
import type { GraphContext } from "../context.ts";
import { accessExtension } from "../engine/field-checks.ts";
import { ApplicationError, ForbiddenError } from "../model/errors.ts";

/** The rights that `authScopes` of a type or field may require: any one of them is enough. */
export interface AuthScopes {
  /** Allows every caller with the scope; the loaders restrict a partner's caller to its own objects. */
  scope: Scope;
  /** Allows callers with the scope who see the whole account, never a partner's. */
  staff: Scope;
  /** Allows callers who see the whole account, and the partner with one of these tracking ids. */
  owner: readonly (string | null)[];
}

type Resolver = GraphQLFieldResolver<unknown, object, object>;
type AnyResolver = GraphQLFieldResolver<unknown, unknown>;
type AnyCheck = (...args: Parameters<AnyResolver>) => void;

/** Requirement of a type or field: the same for every object, or computed from the object and the arguments. */
export type FieldCheck = object | ((...about: unknown[]) => unknown);

/**
 * The scope-auth plugin of Pothos with its options and types, but with checks that store nothing between fields.
 *
 * The plugin's own checks cache their outcomes in five maps for each request, which cost 42 % of the memory of a list's response.
 * Only the scopes of {@link AuthScopes} are supported: any other option of the plugin, such as `$any`, is refused to every caller.
 */
class ScopeChecks extends PothosScopeAuthPlugin<SchemaTypes> {
  override wrapResolve(resolve: Resolver, field: PothosOutputFieldConfig<SchemaTypes>): Resolver {
    const ofTypes = this.#typesOf(field).flatMap((type) => checkIn(type.pothosOptions));
    const ofField = checkIn(field.pothosOptions);
    if (ofTypes.length + ofField.length === 0) return resolve;
    const check = (...[parent, args, context, info]: Parameters<Resolver>) => {
      for (const each of ofTypes) assertAllowed(each, context, parent, context);
      for (const each of ofField) assertAllowed(each, context, parent, args, context, info);
    };
    const checked: Resolver = (parent, args, context, info) => {
      check(parent, args, context, info);
      return resolve(parent, args, context, info);
    };
    const access = accessExtension(check as AnyCheck, resolve as AnyResolver, checked as AnyResolver);
    field.extensions = { ...field.extensions, ...access };
    return checked;
  }

  /** Returns the type that has the field, the interface that declares the field, and the interfaces of both. */
  #typesOf({ parentType, declaringType }: PothosOutputFieldConfig<SchemaTypes>) {
    const names = [...new Set([declaringType ?? parentType, parentType])];
    const types = names.map((name) => this.buildCache.getTypeConfig(name));
    const interfaces = types.flatMap((type) => ("interfaces" in type ? type.interfaces : []));
    return [...new Set([...types, ...interfaces.map((each) => this.buildCache.getTypeConfig(each, "Interface"))])];
  }
}

/** Replaces the plugin's own checks in every builder that is created afterwards. */
export function registerScopeChecks(): void {
  SchemaBuilder.allowPluginReRegistration = true;
  SchemaBuilder.registerPlugin("scopeAuth", ScopeChecks);
  SchemaBuilder.allowPluginReRegistration = false;
}

/** Names of the requirements that {@link AuthScopes} has. */
const KNOWN = new Set(["scope", "staff", "owner"]);

function checkIn(options: object): FieldCheck[] {
  const { authScopes } = options as { authScopes?: FieldCheck };
  return authScopes ? [authScopes] : [];
}

/**
 * Throws unless the caller fulfils a check.
 *
 * @param about arguments of a check that is a function: the object, and for a field its arguments
 * @throws ApplicationError FORBIDDEN, PARTNER_NOT_ACTIVE
 */
export function assertAllowed(check: FieldCheck, context: object, ...about: unknown[]): void {
  const { caller } = context as GraphContext;
  const required = (typeof check === "function" ? (check as (...about: unknown[]) => unknown)(...about) : check) as
    | Partial<AuthScopes>
    | boolean;
  if (required === true) return;
  if (required === false) throw new ForbiddenError({});
  for (const name in required) if (!KNOWN.has(name)) throw new Error(`authScopes must not contain ${name}`);
  const { scope, staff, owner } = required;
  if (scope !== undefined && caller.scopes.has(scope)) return;
  if (staff !== undefined && seesAccount(caller.role) && caller.scopes.has(staff)) return;
  if (owner !== undefined && isOwner(caller, owner)) return;
  throw refusal(caller, required);
}

function isOwner({ role, partner }: Caller, trackingIds: readonly (string | null)[]): boolean {
  return (
    seesAccount(role) || trackingIds.some((trackingId) => partner?.trackingIds.includes(trackingId ?? "") ?? false)
  );
}

/** Returns the error for a caller without the right, which says so if the reason is that its partner is suspended. */
function refusal({ role, partner, scopes }: Caller, { scope, staff }: Partial<AuthScopes>): ApplicationError {
  const lacking = scope ?? staff;
  // Of another partner than the caller's.
  if (lacking === undefined) return new ForbiddenError({ isForStaff: !seesAccount(role) });
  const isSuspended = partner?.status === "SUSPENDED" && scope !== undefined;
  if (isSuspended && isScope(lacking) && scopesOfRole.PARTNER.includes(lacking) && !scopes.has(lacking)) {
    return new ApplicationError(
      "PARTNER_NOT_ACTIVE",
      "The partner is suspended: its callers can read, but cannot sign viewer tokens.",
    );
  }
  return new ForbiddenError({
    scope: scopes.has(lacking) ? undefined : lacking,
    isForStaff: scope === undefined && !seesAccount(role),
  });
}
