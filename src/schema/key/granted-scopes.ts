import type { Caller } from "../../auth/caller.ts";
import { allScopes, isScope, type Role, type Scope, scopesOfRole } from "../../auth/scopes.ts";
import { InvalidInputError } from "../../model/errors.ts";

/**
 * Checks the scopes that a caller grants to a key or session: each must be held by the caller and allowed for the role.
 *
 * @throws InvalidInputError naming the entry
 */
export function grantedScopes(names: readonly string[], role: Role, issuer: Caller, argument: string): Scope[] {
  if (names.length === 0)
    throw new InvalidInputError(argument, `\`${argument}\` must name at least one scope; got none.`);
  if (names.length > allScopes.length) {
    const rule = `\`${argument}\` must name at most ${allScopes.length} scopes, all that exist; got ${names.length}.`;
    throw new InvalidInputError(argument, rule);
  }
  return names.map((name, index) => {
    const at = `${argument}.${index}`;
    if (!isScope(name)) {
      const rule = `\`${at}\` must be one of ${allScopes.join(", ")}; got ${JSON.stringify(name.slice(0, 40))}.`;
      throw new InvalidInputError(at, rule);
    }
    if (!scopesOfRole[role].includes(name)) {
      const rule = `\`${at}\` must be a scope of the role ${role}: ${scopesOfRole[role].join(", ")}; got ${name}.`;
      throw new InvalidInputError(at, rule);
    }
    if (!issuer.scopes.has(name)) {
      const rule = `\`${at}\` must be a scope that the caller holds; the caller does not hold ${name}.`;
      throw new InvalidInputError(at, rule, {}, "FORBIDDEN");
    }
    if (names.indexOf(name) !== index) {
      throw new InvalidInputError(at, `\`${at}\` must not repeat a scope; got ${name} again.`);
    }
    return name;
  });
}
