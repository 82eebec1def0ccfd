import SchemaBuilder, { type PothosOutputFieldConfig, type SchemaTypes } from "@pothos/core";
import { PothosScopeAuthPlugin } from "@pothos/plugin-scope-auth";
import type { GraphQLFieldResolver } from "graphql";
import type { Caller } from "../auth/caller.ts";
import { isScope, type Scope, scopesOfRole, seesAccount } from "../auth/scopes.ts";
import type { GraphContext } from "../context.ts";
import { accessExtension, type CheckOfObject, type FieldCheck } from "../engine/field-checks.ts";
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

/**
 * The plugin of Pothos with its options and types, whose checks are made at once. Its own keep what they have found in five
 * maps for each request, with an object or two for each field: 42 % of the memory that a list took to be answered. It has
 * more than is known here, and what is not known lets nobody through.
 */
class ScopeChecks extends PothosScopeAuthPlugin<SchemaTypes> {
  override wrapResolve(resolve: Resolver, field: PothosOutputFieldConfig<SchemaTypes>): Resolver {
    const ofTypes = this.#typesOf(field).flatMap((type) => checkIn(type.pothosOptions));
    const ofField = checkIn(field.pothosOptions);
    if (ofTypes.length + ofField.length === 0) return resolve;
    for (const check of ofTypes) if (typeof check === "function") (check as CheckOfObject).ofType = true;
    const checked: Resolver = (parent, args, context, info) => {
      for (const check of ofTypes) assertAllowed(check, context, parent, context);
      for (const check of ofField) assertAllowed(check, context, parent, args, context, info);
      return resolve(parent, args, context, info);
    };
    const access = accessExtension([...ofTypes, ...ofField], resolve as AnyResolver, checked as AnyResolver);
    field.extensions = { ...field.extensions, ...access };
    return checked;
  }

  /** The type that has the field, the interface that declares it, and the interfaces of both. */
  #typesOf({ parentType, declaringType }: PothosOutputFieldConfig<SchemaTypes>) {
    const names = [...new Set([declaringType ?? parentType, parentType])];
    const types = names.map((name) => this.buildCache.getTypeConfig(name));
    const interfaces = types.flatMap((type) => ("interfaces" in type ? type.interfaces : []));
    return [...new Set([...types, ...interfaces.map((each) => this.buildCache.getTypeConfig(each, "Interface"))])];
  }
}

/** Puts the checks into the place of the plugin's own, for builders that are made from then on. */
export function registerScopeChecks(): void {
  SchemaBuilder.allowPluginReRegistration = true;
  SchemaBuilder.registerPlugin("scopeAuth", ScopeChecks);
  SchemaBuilder.allowPluginReRegistration = false;
}

const KNOWN = new Set(["scope", "staff", "owner"]);

function checkIn(options: object): FieldCheck[] {
  const { authScopes } = options as { authScopes?: FieldCheck };
  return authScopes ? [authScopes] : [];
}

/**
 * @param about what a check that is a function is told: the object, and for a field its arguments
 * @throws ApplicationError why the caller may not have the field
 */
export function assertAllowed(check: FieldCheck, context: object, ...about: unknown[]): void {
  const { caller } = context as GraphContext;
  const asked = (typeof check === "function" ? (check as CheckOfObject)(...about) : check) as
    | Partial<AuthScopes>
    | boolean;
  if (asked === true) return;
  if (asked === false) throw new ForbiddenError("of this field");
  for (const name in asked) if (!KNOWN.has(name)) throw new Error("a field asks for what no caller can have");
  const { scope, staff, owner } = asked;
  if (scope !== undefined && caller.scopes.has(scope)) return;
  if (staff !== undefined && seesAccount(caller.role) && caller.scopes.has(staff)) return;
  if (owner !== undefined && isOwner(caller, owner)) return;
  throw refusal(caller, asked);
}

function isOwner({ role, partner }: Caller, trackingIds: readonly (string | null)[]): boolean {
  return (
    seesAccount(role) || trackingIds.some((trackingId) => partner?.trackingIds.includes(trackingId ?? "") ?? false)
  );
}

/** What the caller lacks, or that its partner is suspended and lacks it for that. */
function refusal({ partner, scopes }: Caller, { scope, staff }: Partial<AuthScopes>): ApplicationError {
  const lacking = scope ?? staff;
  if (lacking === undefined) return new ForbiddenError("of its owner");
  const isSuspended = partner?.status === "SUSPENDED" && scope !== undefined;
  if (isSuspended && isScope(lacking) && scopesOfRole.PARTNER.includes(lacking) && !scopes.has(lacking)) {
    return new ApplicationError("PARTNER_NOT_ACTIVE", "The partner is suspended: its callers read, and sign nothing.");
  }
  return new ForbiddenError(lacking, scope === undefined);
}
