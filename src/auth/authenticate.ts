import { hash, timingSafeEqual } from "node:crypto";
import { decodeProtectedHeader } from "jose";
import type { Secret } from "../model/secret.ts";
import { type ApiKeyAuthenticator, hasApiKeyFormat } from "./api-keys.ts";
import type { Authenticate, Caller } from "./caller.ts";
import type { IdentityProvider } from "./identity-provider.ts";
import type { Scope } from "./scopes.ts";
import { SESSION_TYPE, type Sessions } from "./session.ts";

export interface AuthenticateOptions {
  /** Operator's key of the environment, which works without the store. */
  readonly operatorKey: Secret;
  readonly operatorScopes: readonly Scope[];
  readonly apiKeys: Pick<ApiKeyAuthenticator, "authenticate">;
  readonly sessions: Pick<Sessions, "identify">;
  /** Null if none is configured. */
  readonly identityProvider: IdentityProvider | null;
}

/** Maximum length of the `Authorization` header, in characters; longer ones are rejected unread. */
const MAX_AUTHORIZATION_LENGTH = 8_192;

/** Creates the authentication of all kinds of credentials, distinguished by their format. */
export function createAuthenticate(options: AuthenticateOptions): Authenticate {
  const { operatorKey, operatorScopes, apiKeys, sessions, identityProvider } = options;
  const operator: Caller = {
    principalId: "operator",
    name: "operator",
    role: "OPERATOR",
    scopes: new Set(operatorScopes),
    partner: null,
    expiresAt: null,
  };
  const expected = digest(operatorKey.reveal());
  return ({ authorization, origin, address }) => {
    const token = bearerToken(authorization);
    if (token === null) return null;
    // Comparing digests in constant time reveals neither the length of the key nor how much of a guess was right.
    if (timingSafeEqual(digest(token), expected)) return operator;
    const from = { origin, address };
    if (hasApiKeyFormat(token)) return apiKeys.authenticate(token, from);
    const type = typeOfJwt(token);
    if (type === null) return null;
    return type === SESSION_TYPE ? sessions.identify(token, from) : (identityProvider?.identify(token) ?? null);
  };
}

function bearerToken(authorization: string | null): string | null {
  if (!authorization || authorization.length > MAX_AUTHORIZATION_LENGTH) return null;
  return /^Bearer +([^\s]+) *$/i.exec(authorization)?.[1] ?? null;
}

/**
 * Returns the header `typ` of a JWT in lower case, empty if it has none; null for a text that is no
 * JWT.
 */
function typeOfJwt(text: string): string | null {
  try {
    return String(decodeProtectedHeader(text).typ ?? "").toLowerCase();
  } catch {
    return null;
  }
}

function digest(text: string): Buffer {
  return hash("sha256", text, "buffer");
}
