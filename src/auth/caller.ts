import { createHash, timingSafeEqual } from "node:crypto";
import type { RegisteredPartner } from "../model/partner.ts";
import type { Secret } from "../model/secret.ts";
import type { Role, Scope } from "./scopes.ts";

/** Who asks. Everything but the health checks has one. */
export interface Caller {
  /** Whose budget, idempotency keys and audit entries these are, such as `key:` and a key's id. Never a key itself. */
  readonly principalId: string;
  /** What the key is called. */
  readonly name: string;
  readonly role: Role;
  readonly scopes: ReadonlySet<Scope>;
  /** Whose caller it is; null unless the role is PARTNER. */
  readonly partner: RegisteredPartner | null;
}

/** Turns the value of an `Authorization` header into the caller, or null when it proves nobody. */
export type Authenticate = (authorization: string | null) => Caller | null;

/** Knows one key: the operator's, from the configuration. */
export function createAuthenticate(operatorKey: Secret, operatorScopes: readonly Scope[]): Authenticate {
  const operator: Caller = {
    principalId: "operator",
    name: "operator",
    role: "OPERATOR",
    scopes: new Set(operatorScopes),
    partner: null,
  };
  const expected = digest(operatorKey.reveal());
  return (authorization) => {
    const key = bearerToken(authorization);
    // Digests are compared, so neither the time nor the length tells how much of a guess was right.
    return key !== null && timingSafeEqual(digest(key), expected) ? operator : null;
  };
}

function bearerToken(authorization: string | null): string | null {
  if (!authorization || authorization.length > 8192) return null;
  return /^Bearer +([^\s]+) *$/i.exec(authorization)?.[1] ?? null;
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
