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

/** The longest life of a session. */
export const MAX_SESSION_SECONDS = 3_600;
/** `typ` in the header of a session: no other JWT of ours or of others is taken for one. */
export const SESSION_TYPE = "session+jwt";
const AUDIENCE = "syndigraph";
/** The maker of sessions that somebody made who is known by the identity provider. */
const IDENTITY_MAKER = "idp";
const CLOCK_TOLERANCE_SECONDS = 5;

/** A session that was made: what is handed to a frontend. */
export interface IssuedSession {
  readonly jwt: Secret;
  /** Milliseconds since the epoch, on a whole second. */
  readonly expiresAt: number;
  readonly scopes: readonly Scope[];
}

export interface SessionRequest {
  /** Who makes it: it never holds more, and never lives longer. */
  readonly maker: Caller;
  readonly partner: RegisteredPartner;
  readonly scopes: readonly Scope[];
  readonly expiresInSeconds: number;
}

/** Short-lived callers of partners, which need no entry in the store: a signed text says all about them. */
export interface Sessions {
  /** Makes one for a partner. What the maker or a partner may not do is left out of its scopes. */
  issue(wish: SessionRequest): Promise<IssuedSession>;
  /** The caller by a session; null when it proves nobody, or when the key that made it does not live any more. */
  identify(token: string, from: Pick<Credentials, "origin">): Promise<Caller | null>;
}

export interface SessionOptions {
  /** `iss` of sessions. All gateways of one store have the same. */
  readonly issuer: string;
  readonly operatorKey: Secret;
  readonly operatorScopes: readonly Scope[];
  /** Binds sessions to the operator's key without showing anything of it. */
  readonly secret: Secret;
  readonly signingKeys: SigningKeys;
  readonly apiKeys: Pick<ApiKeyAuthenticator, "findActive" | "partner">;
  readonly now: Clock;
  readonly monotonicMs: MonotonicClock;
  /** Told why a session was refused; never what it was. */
  readonly onRefusal: (reason: string) => void;
}

/** What a session says, once its signature was found good. */
interface SessionClaims extends Verified {
  readonly partnerId: string;
  readonly scopes: readonly string[];
  /** `key:` and an id, `operator:` and a fingerprint of the operator's key, or {@link IDENTITY_MAKER}. */
  readonly maker: string;
}

/** What the maker of a session may do now, and from which pages. */
interface Issuer {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly allowedOrigins: readonly string[];
}

export function createSessions(options: SessionOptions): Sessions {
  const { issuer, signingKeys, apiKeys, now, monotonicMs, onRefusal } = options;
  const operatorMaker = `operator:${fingerprint(options.operatorKey, options.secret)}`;

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
      onRefusal(error.code);
      return null;
    }
  };
  const verifyOnce = cacheVerified(verify, now, monotonicMs);

  /** The maker as it is now: a session ends with the key that made it, and with what that key may do. */
  const makerOf = async ({ maker, partnerId }: SessionClaims): Promise<Issuer | null> => {
    if (maker === operatorMaker) return { name: "operator", scopes: options.operatorScopes, allowedOrigins: [] };
    // What the identity provider said can't be taken back either: the session lives no longer than that.
    if (maker === IDENTITY_MAKER) return { name: "operator", scopes: allScopes, allowedOrigins: [] };
    const living = maker.startsWith("key:") ? await apiKeys.findActive(maker.slice("key:".length)) : null;
    return living?.partner && living.partner.id !== partnerId ? null : (living?.key ?? null);
  };

  const claimOf = ({ principalId }: Caller): string => {
    if (principalId === "operator") return operatorMaker;
    if (principalId.startsWith("key:")) return principalId;
    if (principalId.startsWith("idp:")) return IDENTITY_MAKER;
    throw new ApplicationError("FORBIDDEN", "A session makes no sessions; the key that made it does.");
  };

  return {
    issue: async ({ maker, partner, scopes, expiresInSeconds }) => {
      const iat = Math.floor(now() / 1_000);
      const lastSecond = maker.expiresAt === null ? Number.POSITIVE_INFINITY : Math.floor(maker.expiresAt / 1_000);
      const exp = Math.min(iat + Math.min(expiresInSeconds, MAX_SESSION_SECONDS), lastSecond);
      const held = [...scopesHeld(scopes, "PARTNER", partner)].filter((scope) => maker.scopes.has(scope));
      const { kid, key } = await signingKeys.signer();
      const jwt = await new SignJWT({ scope: held.join(" "), maker: claimOf(maker) })
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
      const [maker, partner] = await Promise.all([makerOf(claims), apiKeys.partner(claims.partnerId)]);
      if (!maker || !partner || !isFromOrigin(origin, maker.allowedOrigins)) return null;
      const granted = claims.scopes.filter((scope) => maker.scopes.includes(scope));
      return {
        // All sessions of a maker for a partner share one budget, else more sessions would be more budget.
        principalId: `session:${idOf(claims.maker)}:${partner.id}`,
        name: `session of ${maker.name}`,
        role: "PARTNER",
        scopes: scopesHeld(granted, "PARTNER", partner),
        partner,
        expiresAt: claims.expiresAt,
      };
    },
  };
}

/** `operator`, `idp`, or the id of a key. */
function idOf(maker: string): string {
  const [kind = "", id = ""] = maker.split(":");
  return kind === "key" ? id : kind;
}

/** Tells one operator's key from another. Nobody without the secret can try keys against it. */
function fingerprint(operatorKey: Secret, secret: Secret): string {
  const key = Buffer.from(hkdfSync("sha256", secret.reveal(), "syndigraph", "fingerprint of the operator's key", 32));
  return createHmac("sha256", key).update(operatorKey.reveal()).digest("base64url").slice(0, 22);
}
