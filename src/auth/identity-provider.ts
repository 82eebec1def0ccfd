import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  errors,
  type FetchImplementation,
  type JWTPayload,
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

/** Identity provider of the operator, and what its tokens must contain. */
export interface IdentityProviderOptions {
  /** Claim `iss` of its tokens, exact. */
  readonly issuer: string;
  /** Claim `aud` of tokens for this gateway. */
  readonly audience: string;
  /** Address of its public keys. */
  readonly jwksUrl: string;
  readonly algorithms: readonly (typeof identityAlgorithms)[number][];
  /** Header `typ` of its tokens. */
  readonly tokenType: string;
  /** Claim that names roles: a text, or a list of texts. */
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

/** Maximum lifetime and maximum age of a token, in seconds. */
const MAX_TOKEN_AGE_SECONDS = 86_400;
const CLOCK_TOLERANCE_SECONDS = 5;
/** Maximum length of `sub` by OpenID Connect, in characters. */
const MAX_SUBJECT_LENGTH = 255;

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

  const payloadOf = async (token: string) => {
    const { payload } = await jwtVerify(token, keySet, {
      algorithms: [...options.algorithms],
      issuer: options.issuer,
      audience: options.audience,
      typ: options.tokenType,
      requiredClaims: ["exp", "iat", "sub"],
      maxTokenAge: MAX_TOKEN_AGE_SECONDS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(now()),
    });
    return payload;
  };

  const callerNamed = (payload: JWTPayload) => {
    const { sub, exp = Number.POSITIVE_INFINITY, iat = 0 } = payload;
    if (exp - iat > MAX_TOKEN_AGE_SECONDS) return rejected("the lifetime of the token exceeds a day");
    if (typeof sub !== "string" || sub.length < 1 || sub.length > MAX_SUBJECT_LENGTH)
      return rejected("the token has no subject");
    const role = roleOf(payload[options.roleClaim], options);
    return role
      ? callerOf(sub, role, exp * 1_000)
      : rejected(`the claim ${options.roleClaim} contains no configured role`);
  };

  const identify = async (token: string) => {
    // A token with another issuer must not cause a read of the keys.
    if (issuerOf(token) !== options.issuer) return rejected("the token has another issuer");
    let payload: JWTPayload;
    try {
      payload = await payloadOf(token);
    } catch (error) {
      if (error instanceof ApplicationError) throw error;
      // Any other error of the library means that a key of the provider cannot be imported.
      return rejected(error instanceof errors.JOSEError ? error.code : "the key of the token can't be used");
    }
    return callerNamed(payload);
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

/** Returns the highest role in the claim; null if it contains no configured role. */
function roleOf(claim: unknown, { operatorRole, analystRole }: IdentityProviderOptions): Role | null {
  const names: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
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
