import { hash, timingSafeEqual } from "node:crypto";
import { decodeProtectedHeader } from "jose";
import type { RegisteredPartner } from "../model/partner/partner.ts";
import type { Secret } from "../model/secret.ts";
import type { MaybePromise } from "../primitives/maybe-promise.ts";
import { type ApiKeyAuthenticator, hasApiKeyFormat } from "./api-keys.ts";
import type { IdentityProvider } from "./identity-provider.ts";
import type { Role, Scope } from "./scopes.ts";
import { SESSION_TYPE, type Sessions } from "./session.ts";

/** Who asks. Everything but the health checks and the public keys has one. */
export interface Caller {
  /**
   * Whose budget, idempotency keys and audit entries these are; never a key itself. `operator` by the environment's key,
   * `key:` and an API key's id, `session:` and whose sessions these are, `idp:` and the subject at the identity provider.
   */
  readonly principalId: string;
  /** What the key is called. */
  readonly name: string;
  readonly role: Role;
  readonly scopes: ReadonlySet<Scope>;
  /** Whose caller it is; null unless the role is PARTNER. */
  readonly partner: RegisteredPartner | null;
  /** When the credential ends by itself, in milliseconds since the epoch; null for one that does not. */
  readonly expiresAt: number | null;
}

/** What a request shows of who sent it. */
export interface Credentials {
  /** The header `Authorization` as it came. */
  readonly authorization: string | null;
  /** The header `Origin`: which web page asks. Null for what is no web page. */
  readonly origin: string | null;
  /** The client's network address; null where it is not known. */
  readonly address: string | null;
}

/**
 * Turns credentials into the caller, or null when they prove nobody: the causes are not told apart.
 *
 * @throws ApplicationError when it can't be found out now, because the store or the identity provider does not answer
 */
export type Authenticate = (credentials: Credentials) => MaybePromise<Caller | null>;

export interface AuthenticateOptions {
  /** The operator's key of the environment: it works also while the store is out of reach. */
  readonly operatorKey: Secret;
  readonly operatorScopes: readonly Scope[];
  readonly apiKeys: Pick<ApiKeyAuthenticator, "authenticate">;
  readonly sessions: Pick<Sessions, "identify">;
  /** Null where none is configured. */
  readonly identityProvider: IdentityProvider | null;
}

/** The longest `Authorization` header that is looked at, in characters. */
const MAX_AUTHORIZATION_LENGTH = 8_192;

/** Knows every kind of credential by its look, and asks the one part that can tell whose it is. */
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
    // Digests are compared, so neither the time nor the length tells how much of a guess was right.
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

/** The type that a JWT claims to be, in lower case, empty when it claims none; null for a text that is no JWT. */
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
