import { createHmac, hkdfSync, randomUUID } from "node:crypto";
import { errors, type JWTHeaderParameters, jwtVerify, SignJWT } from "jose";
import { ApplicationError } from "../model/errors.ts";
import type { RegisteredPartner } from "../model/partner/partner.ts";
import { Secret } from "../model/secret.ts";
import type { Clock, MonotonicClock } from "../primitives/clock.ts";
import { type ApiKeyAuthenticator, isFromOrigin } from "./api-keys.ts";
import type { Caller, Credentials } from "./caller.ts";
import { cacheVerified, type Verified } from "./credential-cache.ts";
import { allScopes, type Scope, scopesHeld } from "./scopes.ts";
import { SESSION_ALGORITHM, type SigningKeys } from "./signing-keys.ts";

/** Maximum lifetime of a session, in seconds. */
export const MAX_SESSION_SECONDS = 3_600;
/** Header `typ` of a session, which no other JWT has. */
export const SESSION_TYPE = "session+jwt";
const AUDIENCE = "syndigraph";
/** Claim of the issuer for sessions issued by a caller of the identity provider. */
const IDENTITY_ISSUER = "idp";
const CLOCK_TOLERANCE_SECONDS = 5;

/** Issued session, as it is given to a frontend. */
export interface IssuedSession {
  readonly jwt: Secret;
  /** Milliseconds since the epoch, on a whole second. */
  readonly expiresAt: number;
  readonly scopes: readonly Scope[];
}

export interface SessionRequest {
  /** Caller that issues the session, whose scopes and expiry limit it. */
  readonly issuedBy: Caller;
  readonly partner: RegisteredPartner;
  readonly scopes: readonly Scope[];
  readonly expiresInSeconds: number;
}

/** Short-lived credentials of partners: signed tokens without an entry in the store. */
export interface Sessions {
  /** Issues a session. Scopes that its issuer or a partner cannot hold are omitted. @throws StoreError */
  issue(request: SessionRequest): Promise<IssuedSession>;
  /** Returns the caller of a session; null if it is invalid, or its issuing key is no longer active. @throws StoreError */
  identify(token: string, from: Pick<Credentials, "origin">): Promise<Caller | null>;
}

export interface SessionOptions {
  /** Claim `iss` of sessions, the same for all gateways of one store. */
  readonly issuer: string;
  readonly operatorKey: Secret;
  readonly operatorScopes: readonly Scope[];
  /** Secret for the fingerprint that binds sessions to the operator's key without revealing it. */
  readonly secret: Secret;
  readonly signingKeys: SigningKeys;
  readonly apiKeys: Pick<ApiKeyAuthenticator, "findActive" | "partner">;
  readonly now: Clock;
  readonly monotonicMs: MonotonicClock;
  /** Called with the reason for which a session was rejected, never with the session. */
  readonly onRejected: (reason: string) => void;
}

/** Claims of a session with a valid signature. */
interface SessionClaims extends Verified {
  readonly partnerId: string;
  readonly scopes: readonly string[];
  /** `key:` and an id, `operator:` and a fingerprint of the operator's key, or {@link IDENTITY_ISSUER}. */
  readonly maker: string;
}

/** Issuer of a session as it is now. */
interface Issuer {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly allowedOrigins: readonly string[];
}

export function createSessions(options: SessionOptions): Sessions {
  const { issuer, signingKeys, apiKeys, now, monotonicMs, onRejected } = options;
  const operatorIssuer = `operator:${fingerprint(options.operatorKey, options.secret)}`;

  const keyOf = async ({ kid }: JWTHeaderParameters) => {
    const key = typeof kid === "string" ? await signingKeys.verifier(kid) : null;
    if (!key) throw new errors.JWKSNoMatchingKey();
    return key;
  };

  const verify = async (token: string): Promise<SessionClaims | null> => {
    try {
      const { payload } = await jwtVerify(token, keyOf, {
        algorithms: [SESSION_ALGORITHM],
        issuer,
        audience: AUDIENCE,
        typ: SESSION_TYPE,
        requiredClaims: ["exp", "iat", "sub", "jti"],
        maxTokenAge: MAX_SESSION_SECONDS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(now()),
      });
      const { sub, scope, maker, exp = Number.POSITIVE_INFINITY, iat = 0 } = payload;
      const isWhole = typeof sub === "string" && typeof scope === "string" && typeof maker === "string";
      if (!isWhole || exp - iat > MAX_SESSION_SECONDS) throw new errors.JWTInvalid();
      return { partnerId: sub, scopes: scope.split(" "), maker, expiresAt: exp * 1_000 };
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      onRejected(error.code);
      return null;
    }
  };
  const verifyOnce = cacheVerified(verify, now, monotonicMs);

  /** Returns the issuer as it is now: a session loses what its issuing key loses. */
  const issuerOf = async ({ maker, partnerId }: SessionClaims): Promise<Issuer | null> => {
    if (maker === operatorIssuer) return { name: "operator", scopes: options.operatorScopes, allowedOrigins: [] };
    // Tokens of the identity provider cannot be revoked either; the session expires with the token of its issuer.
    if (maker === IDENTITY_ISSUER) return { name: "operator", scopes: allScopes, allowedOrigins: [] };
    const active = maker.startsWith("key:") ? await apiKeys.findActive(maker.slice("key:".length)) : null;
    return active?.partner && active.partner.id !== partnerId ? null : (active?.key ?? null);
  };

  const claimOf = ({ principalId }: Caller): string => {
    if (principalId === "operator") return operatorIssuer;
    if (principalId.startsWith("key:")) return principalId;
    if (principalId.startsWith("idp:")) return IDENTITY_ISSUER;
    throw new ApplicationError("FORBIDDEN", "A session cannot issue sessions. Use the key that issued it.");
  };

  return {
    issue: async ({ issuedBy, partner, scopes, expiresInSeconds }) => {
      const iat = Math.floor(now() / 1_000);
      const lastSecond =
        issuedBy.expiresAt === null ? Number.POSITIVE_INFINITY : Math.floor(issuedBy.expiresAt / 1_000);
      const exp = Math.min(iat + Math.min(expiresInSeconds, MAX_SESSION_SECONDS), lastSecond);
      const held = [...scopesHeld(scopes, "PARTNER", partner)].filter((scope) => issuedBy.scopes.has(scope));
      const { kid, key } = await signingKeys.signer();
      const jwt = await new SignJWT({ scope: held.join(" "), maker: claimOf(issuedBy) })
        .setProtectedHeader({ alg: SESSION_ALGORITHM, kid, typ: SESSION_TYPE })
        .setIssuer(issuer)
        .setAudience(AUDIENCE)
        .setSubject(partner.id)
        .setJti(randomUUID())
        .setIssuedAt(iat)
        .setExpirationTime(exp)
        .sign(key);
      return { jwt: new Secret(jwt), expiresAt: exp * 1_000, scopes: held };
    },
    identify: async (token, { origin }) => {
      const claims = await verifyOnce(token);
      if (!claims) return null;
      const [sessionIssuer, partner] = await Promise.all([issuerOf(claims), apiKeys.partner(claims.partnerId)]);
      if (!sessionIssuer || !partner || !isFromOrigin(origin, sessionIssuer.allowedOrigins)) return null;
      const granted = claims.scopes.filter((scope) => sessionIssuer.scopes.includes(scope));
      return {
        // All sessions of an issuer for a partner share one budget; otherwise more sessions would mean more budget.
        principalId: `session:${idOf(claims.maker)}:${partner.id}`,
        name: `session of ${sessionIssuer.name}`,
        role: "PARTNER",
        scopes: scopesHeld(granted, "PARTNER", partner),
        partner,
        expiresAt: claims.expiresAt,
      };
    },
  };
}

/** Returns `operator`, `idp`, or the id of a key. */
function idOf(maker: string): string {
  const [kind = "", id = ""] = maker.split(":");
  return kind === "key" ? id : kind;
}

/** Returns a fingerprint of the operator's key, against which keys can be tried only with the secret. */
function fingerprint(operatorKey: Secret, secret: Secret): string {
  const key = Buffer.from(hkdfSync("sha256", secret.reveal(), "syndigraph", "fingerprint of the operator's key", 32));
  return createHmac("sha256", key).update(operatorKey.reveal()).digest("base64url").slice(0, 22);
}
