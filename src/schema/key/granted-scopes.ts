import type { Caller } from "../../auth/caller.ts";
import { allScopes, isScope, type Role, type Scope, scopesOfRole } from "../../auth/scopes.ts";
import { InvalidInputError } from "../../model/errors.ts";

/**
 * Scopes as a client wrote them, for something that it makes: nobody gives what it does not hold itself, nor what the role
 * of what it makes does not allow.
 *
 * @throws InvalidInputError naming the entry
 */
export function grantedScopes(names: readonly string[], role: Role, maker: Caller, argument: string): Scope[] {
  if (names.length === 0) throw new InvalidInputError(argument, "Name at least one scope.");
  if (names.length > allScopes.length) throw new InvalidInputError(argument, "There are not so many scopes.");
  return names.map((name, index) => {
    const at = `${argument}.${index}`;
    if (!isScope(name)) throw new InvalidInputError(at, `It is no scope. Scopes are ${allScopes.join(", ")}.`);
    if (!scopesOfRole[role].includes(name)) {
      const rule = `The role ${role} never holds ${name}. It may hold ${scopesOfRole[role].join(", ")}.`;
      throw new InvalidInputError(at, rule);
    }
    if (!maker.scopes.has(name)) {
      throw new InvalidInputError(at, `Nobody gives what it does not hold: yours is without ${name}.`, {}, "FORBIDDEN");
    }
    if (names.indexOf(name) !== index) throw new InvalidInputError(at, "This scope is named twice.");
    return name;
  });
}
