import { createHash, timingSafeEqual } from "node:crypto";
import type { Secret } from "../model/secret.ts";
import type { Scope } from "./scopes.ts";

/** Who asks. Everything but the health checks has one. */
export interface Caller {
  readonly role: "OPERATOR";
  /** Names the key, never holds it. */
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
}

/** Turns the value of an `Authorization` header into the caller, or null when it proves nobody. */
export type Authenticate = (authorization: string | null) => Caller | null;

/** Knows one key: the operator's, from the configuration. */
export function createAuthenticate(operatorKey: Secret, operatorScopes: readonly Scope[]): Authenticate {
  const operator: Caller = { role: "OPERATOR", name: "operator", scopes: new Set(operatorScopes) };
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
