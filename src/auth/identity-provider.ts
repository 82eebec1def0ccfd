import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  errors,
  type FetchImplementation,
  type JWTVerifyResult,
  jwtVerify,
} from "jose";
import { fetch } from "undici";
import { ApplicationError } from "../model/errors.ts";
import type { Clock, MonotonicClock } from "../primitives/clock.ts";
import { createDispatcher, type ProxyOptions } from "../upstream/transport/create-dispatcher.ts";
import type { Caller } from "./caller.ts";
import { cacheVerified } from "./credential-cache.ts";
import { type Role, scopesOfRole } from "./scopes.ts";

/**
 * Algorithms that can be configured for the identity provider: asymmetric ones, so that no public key
 * acts as a secret.
 */
export const identityAlgorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
] as const;

/** Stands for tokens without the header `typ`. */
export const NO_TYPE = "none";

/** Identity provider of the operator, and what its tokens must contain. */
export interface IdentityProviderOptions {
  /** Claim `iss` of its tokens, exact. */
  readonly issuer: string;
  /** Audience of tokens for this gateway; null if tokens of any audience are. */
  readonly audience: string | null;
  /** Claim that contains the audience, such as `aud`; see `roleClaim` for nested ones. */
  readonly audienceClaim: string;
  /** Address of its public keys. */
  readonly jwksUrl: string;
  readonly algorithms: readonly (typeof identityAlgorithms)[number][];
  /** Accepted values of the header `typ`; {@link NO_TYPE} stands for tokens without one. */
  readonly tokenTypes: readonly string[];
  /** Longest lifetime of a token, in seconds. */
  readonly maxLifetimeSeconds: number;
  /** Claim that names roles: a list of texts, or one text with spaces between them. Nested as in `realm_access.roles`. */
  readonly roleClaim: string;
  /** Role whose holder is an operator. */
  readonly operatorRole: string;
  /** Role whose holder is an analyst. */
  readonly analystRole: string;
  /** Proxies to the public keys; null for none. */
  readonly proxy: ProxyOptions | null;
}

/** Listener for events that the operator should know of; no argument contains a token. */
export interface IdentityProviderEvents {
  /** Called if the public keys could not be read, so that no new token can be verified. */
  onKeysFailure(error: unknown): void;
  /** Called with the reason for which a token was rejected. */
  onRejected(reason: string): void;
}

/** Authenticates the broadcaster's own staff by tokens of its identity provider. */
export interface IdentityProvider {
  /**
   * Returns the caller, an operator or an analyst; null for an invalid token.
   *
   * @throws ApplicationError AUTHENTICATION_UNAVAILABLE if the keys cannot be read, for a token with the provider's issuer
   */
  identify(token: string): Promise<Caller | null>;
}

const CLOCK_TOLERANCE_SECONDS = 5;
/** Maximum length of `sub` by OpenID Connect, in characters. */
const MAX_SUBJECT_LENGTH = 255;
/** Maximum length of a claim's value in the log, in characters. */
const MAX_QUOTED_LENGTH = 100;

export function createIdentityProvider(
  options: IdentityProviderOptions,
  now: Clock,
  monotonicMs: MonotonicClock,
  { onKeysFailure, onRejected }: IdentityProviderEvents,
): IdentityProvider {
  const keySet = createKeySet(options, monotonicMs, onKeysFailure);
  const rejected = (reason: string): null => {
    onRejected(reason);
    return null;
  };

  const verify = (token: string) =>
    jwtVerify(token, keySet, {
      algorithms: [...options.algorithms],
      issuer: options.issuer,
      requiredClaims: ["exp", "iat", "sub"],
      maxTokenAge: options.maxLifetimeSeconds,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(now()),
    });

  const callerNamed = ({ payload, protectedHeader: { typ } }: JWTVerifyResult) => {
    const { sub, exp = Number.POSITIVE_INFINITY, iat = 0 } = payload;
    const { tokenTypes, audience, audienceClaim, maxLifetimeSeconds, roleClaim } = options;
    if (!tokenTypes.some((type) => mediaType(type) === mediaType(typ ?? NO_TYPE)))
      return rejected(`the header typ must be ${tokenTypes.join(" or ")} (OIDC_TOKEN_TYPE); got ${quoted(typ)}`);
    const audiences = claimAt(payload, audienceClaim);
    if (audience !== null && ![audiences].flat().includes(audience))
      return rejected(`the claim ${audienceClaim} must contain ${audience} (OIDC_AUDIENCE); got ${quoted(audiences)}`);
    if (exp - iat > maxLifetimeSeconds)
      return rejected(
        `the lifetime must be at most ${maxLifetimeSeconds} s (OIDC_MAX_TOKEN_HOURS); got ${quoted(exp - iat)}`,
      );
    if (typeof sub !== "string" || sub.length < 1 || sub.length > MAX_SUBJECT_LENGTH)
      return rejected(`the claim sub must be 1 to ${MAX_SUBJECT_LENGTH} characters long`);
    const roles = claimAt(payload, roleClaim);
    const role = roleOf(roles, options);
    if (role) return callerOf(sub, role, exp * 1_000);
    return rejected(
      `the claim ${roleClaim} (OIDC_ROLE_CLAIM) must contain ${options.operatorRole} or ${options.analystRole}; got ${roles === undefined ? "no such claim" : "neither"}`,
    );
  };

  const identify = async (token: string) => {
    // A token with another issuer must not cause a read of the keys.
    const issuer = issuerOf(token);
    if (issuer !== options.issuer)
      return rejected(`the claim iss must be ${options.issuer} (OIDC_ISSUER); got ${quoted(issuer)}`);
    let verified: JWTVerifyResult;
    try {
      verified = await verify(token);
    } catch (error) {
      if (error instanceof ApplicationError) throw error;
      // Any other error of the library means that a key of the provider cannot be imported.
      return rejected(
        error instanceof errors.JOSEError ? `${error.message} (${error.code})` : "the key of the token can't be used",
      );
    }
    return callerNamed(verified);
  };
  return { identify: cacheVerified(identify, now, monotonicMs) };
}

/** Returns the claim `iss` of a JWT, not verified; undefined for a text that is no JWT. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

function callerOf(subject: string, role: Role, expiresAt: number): Caller & { readonly expiresAt: number } {
  return {
    principalId: `idp:${subject}`,
    name: subject,
    role,
    scopes: new Set(scopesOfRole[role]),
    partner: null,
    expiresAt,
  };
}

/**
 * Returns the value of a claim by its name, or by its path as in `realm_access.roles`; undefined if there is none. Names may contain
 * dots themselves, such as `https://idp.example/roles`.
 */
function claimAt(claims: unknown, path: string): unknown {
  if (typeof claims !== "object" || claims === null) return undefined;
  if (Object.hasOwn(claims, path)) return Reflect.get(claims, path);
  for (let dot = path.indexOf("."); dot >= 0; dot = path.indexOf(".", dot + 1)) {
    const name = path.slice(0, dot);
    const value = Object.hasOwn(claims, name) ? claimAt(Reflect.get(claims, name), path.slice(dot + 1)) : undefined;
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Returns a type in the form that all spellings share (RFC 7515, section 4.1.9). */
function mediaType(typ: unknown): string {
  return String(typ)
    .toLowerCase()
    .replace(/^application\//, "");
}

/** Returns the beginning of a value for the log. */
function quoted(value: unknown): string {
  return value === undefined ? "none" : JSON.stringify(value).slice(0, MAX_QUOTED_LENGTH);
}

/** Returns the highest role in the claim; null if it contains no configured role. */
function roleOf(claim: unknown, { operatorRole, analystRole }: IdentityProviderOptions): Role | null {
  const names: readonly unknown[] = typeof claim === "string" ? claim.split(" ") : [claim].flat();
  if (names.includes(operatorRole)) return "OPERATOR";
  return names.includes(analystRole) ? "ANALYST" : null;
}

/** Time limit of a read of the keys, in milliseconds. */
const KEYS_TIMEOUT_MS = 2_000;
/** Age at which the keys are read again, in milliseconds. */
const KEYS_TTL_MS = 600_000;
/** Minimum interval between reads of the keys for tokens with an unknown key, in milliseconds. */
const KEYS_COOLDOWN_MS = 30_000;
/** Pause after a failed read of the keys, in seconds. */
const RETRY_AFTER_SECONDS = 5;
/** Maximum size of the keys, in bytes. */
const MAX_KEYS_BYTES = 262_144;

/**
 * Creates the set of the provider's public keys. jose caches them and follows no redirect; the pause
 * after a failure is added.
 */
function createKeySet(
  { jwksUrl, proxy }: IdentityProviderOptions,
  monotonicMs: MonotonicClock,
  onFailure: (error: unknown) => void,
) {
  const dispatcher = createDispatcher({}, proxy);
  let retryAt = Number.NEGATIVE_INFINITY;
  const read: FetchImplementation = async (url, options) => {
    if (monotonicMs() < retryAt) throw unavailable();
    try {
      const response = await fetch(url, { ...options, headers: [...options.headers], dispatcher });
      if (response.status !== 200) throw new Error(`The identity provider answered with ${response.status}.`);
      const text = await readText(response);
      // Throws for a text that is no key set, before jose caches it.
      createLocalJWKSet(JSON.parse(text));
      return new Response(text);
    } catch (error) {
      retryAt = monotonicMs() + RETRY_AFTER_SECONDS * 1_000;
      onFailure(error);
      throw unavailable(error);
    }
  };
  return createRemoteJWKSet(new URL(jwksUrl), {
    timeoutDuration: KEYS_TIMEOUT_MS,
    cacheMaxAge: KEYS_TTL_MS,
    cooldownDuration: KEYS_COOLDOWN_MS,
    [customFetch]: read,
  });
}

async function readText({ body }: { readonly body: AsyncIterable<Uint8Array> | null }): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > MAX_KEYS_BYTES)
      throw new Error(`The identity provider's keys must be at most ${MAX_KEYS_BYTES} bytes long.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function unavailable(cause?: unknown): ApplicationError {
  return new ApplicationError(
    "AUTHENTICATION_UNAVAILABLE",
    "The identity provider's keys cannot be read now. Repeat the request in a few seconds.",
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
    { cause },
  );
}
