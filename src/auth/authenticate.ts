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
  /** Called with the reason for which a token is rejected unread; the reason does not contain it. */
  onRejected(reason: string): void;
}

/** Maximum length of the `Authorization` header, in characters; longer ones are rejected unread. */
const MAX_AUTHORIZATION_LENGTH = 8_192;

/** Creates the authentication of all kinds of credentials, distinguished by their format. */
export function createAuthenticate(options: AuthenticateOptions): Authenticate {
  const { operatorKey, operatorScopes, apiKeys, sessions, identityProvider, onRejected } = options;
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
    if (authorization && authorization.length > MAX_AUTHORIZATION_LENGTH) {
      onRejected(`the header Authorization must be at most ${MAX_AUTHORIZATION_LENGTH} characters long`);
      return null;
    }
    const token = bearerToken(authorization);
    if (token === null) return null;
    // Comparing digests in constant time reveals neither the length of the key nor how much of a guess was right.
    if (timingSafeEqual(digest(token), expected)) return operator;
    const from = { origin, address };
    if (hasApiKeyFormat(token)) return apiKeys.authenticate(token, from);
    const type = typeOfJwt(token);
    if (type === null) return null;
    if (type === SESSION_TYPE) return sessions.identify(token, from);
    if (identityProvider) return identityProvider.identify(token);
    onRejected("no identity provider is configured (OIDC_ISSUER)");
    return null;
  };
}

function bearerToken(authorization: string | null): string | null {
  return /^Bearer +([^\s]+) *$/i.exec(authorization ?? "")?.[1] ?? null;
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
