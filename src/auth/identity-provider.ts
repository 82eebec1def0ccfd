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
import { ApplicationError } from "../model/errors.ts";
import type { Clock, MonotonicClock } from "../primitives/clock.ts";
import type { Caller } from "./caller.ts";
import { cacheVerified } from "./credential-cache.ts";
import { type Role, scopesOfRole } from "./scopes.ts";

/** Algorithms of the identity provider that can be configured: asymmetric ones, so that no public key serves as a secret. */
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

/** The operator's own identity provider, and what its tokens must be like. */
export interface IdentityProviderOptions {
  /** `iss` of its tokens, as a whole. */
  readonly issuer: string;
  /** `aud` of the tokens that are meant for this gateway. */
  readonly audience: string;
  /** Where its public keys are. */
  readonly jwksUrl: string;
  readonly algorithms: readonly (typeof identityAlgorithms)[number][];
  /** `typ` in the header of its tokens. */
  readonly tokenType: string;
  /** The claim that names roles: a text, or a list of texts. */
  readonly roleClaim: string;
  /** Which of them makes an operator, and which an analyst. */
  readonly operatorRole: string;
  readonly analystRole: string;
}

/** Told of what the operator should know; nothing that is told holds a token. */
export interface IdentityProviderEvents {
  /** The keys could not be read: nobody new is let in by the identity provider now. */
  onKeysFailure(error: unknown): void;
  /** A token was refused, for this reason. */
  onRefusal(reason: string): void;
}

/** Knows the broadcaster's own people by the tokens of its identity provider. */
export interface IdentityProvider {
  /**
   * An operator or an analyst, never a partner; null for a token that proves nobody.
   *
   * @throws ApplicationError AUTHENTICATION_UNAVAILABLE for a token that says it is the identity provider's, while its keys
   * can't be read
   */
  identify(token: string): Promise<Caller | null>;
}

/** The longest life that a token may be made for, and the oldest that it may be: access tokens live for minutes or hours. */
const MAX_TOKEN_AGE_SECONDS = 86_400;
const CLOCK_TOLERANCE_SECONDS = 5;
/** The longest `sub` that OpenID Connect allows. */
const MAX_SUBJECT_LENGTH = 255;

export function createIdentityProvider(
  options: IdentityProviderOptions,
  now: Clock,
  monotonicMs: MonotonicClock,
  { onKeysFailure, onRefusal }: IdentityProviderEvents,
): IdentityProvider {
  const keySet = createKeySet(options.jwksUrl, monotonicMs, onKeysFailure);
  const refused = (reason: string): null => {
    onRefusal(reason);
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
    if (exp - iat > MAX_TOKEN_AGE_SECONDS) return refused("it was made to live for longer than a day");
    if (typeof sub !== "string" || sub.length < 1 || sub.length > MAX_SUBJECT_LENGTH)
      return refused("it has no subject");
    const role = roleOf(payload[options.roleClaim], options);
    return role ? callerOf(sub, role, exp * 1_000) : refused(`its claim ${options.roleClaim} names no role of ours`);
  };

  const identify = async (token: string) => {
    // Keys are not asked for on behalf of a token that is not even said to be the provider's.
    if (issuerOf(token) !== options.issuer) return refused("it has another issuer");
    let payload: JWTPayload;
    try {
      payload = await payloadOf(token);
    } catch (error) {
      if (error instanceof ApplicationError) throw error;
      // What the library throws that is none of its own errors comes of a key of the provider that can't be imported.
      return refused(error instanceof errors.JOSEError ? error.code : "its key can't be used");
    }
    return callerNamed(payload);
  };
  return { identify: cacheVerified(identify, now, monotonicMs) };
}

/** The issuer that a JWT claims to have, not verified. */
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

/** The highest role that the claim names; null when it names none of ours. */
function roleOf(claim: unknown, { operatorRole, analystRole }: IdentityProviderOptions): Role | null {
  const names: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  if (names.includes(operatorRole)) return "OPERATOR";
  return names.includes(analystRole) ? "ANALYST" : null;
}

const KEYS_TIMEOUT_MS = 2_000;
/** Keys are read again when they are so old, */
const KEYS_KEPT_MS = 600_000;
/** or when a token names an unknown one, but not more often than so. */
const KEYS_COOLDOWN_MS = 30_000;
/** After a failure they are not asked for again for so long, whoever calls. */
const RETRY_AFTER_SECONDS = 5;
const MAX_KEYS_BYTES = 262_144;

/** The provider's public keys. jose follows no redirect; what it does not see to is that a provider in trouble is left alone. */
function createKeySet(url: string, monotonicMs: MonotonicClock, onFailure: (error: unknown) => void) {
  let retryAt = Number.NEGATIVE_INFINITY;
  const read: FetchImplementation = async (...request) => {
    if (monotonicMs() < retryAt) throw unavailable();
    try {
      const response = await fetch(...request);
      if (response.status !== 200) throw new Error(`The identity provider answered with ${response.status}.`);
      const text = await readText(response);
      // It throws for what is no set of keys, before jose takes it in.
      createLocalJWKSet(JSON.parse(text));
      return new Response(text);
    } catch (error) {
      retryAt = monotonicMs() + RETRY_AFTER_SECONDS * 1_000;
      onFailure(error);
      throw unavailable(error);
    }
  };
  return createRemoteJWKSet(new URL(url), {
    timeoutDuration: KEYS_TIMEOUT_MS,
    cacheMaxAge: KEYS_KEPT_MS,
    cooldownDuration: KEYS_COOLDOWN_MS,
    [customFetch]: read,
  });
}

async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > MAX_KEYS_BYTES) throw new Error("The identity provider's keys are larger than keys can be.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function unavailable(cause?: unknown): ApplicationError {
  return new ApplicationError(
    "AUTHENTICATION_UNAVAILABLE",
    "The identity provider's keys can't be read now.",
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
    { cause },
  );
}
