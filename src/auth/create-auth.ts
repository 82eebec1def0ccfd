import type { Logger } from "pino";
import type { PartnerCache } from "../cache/partner-cache.ts";
import type { Secret } from "../model/secret.ts";
import type { Clock, MonotonicClock } from "../primitives/clock.ts";
import type { Tables } from "../store/store.ts";
import { createApiKeyAuthenticator } from "./api-keys.ts";
import { createAuthenticate } from "./authenticate.ts";
import type { Authenticate } from "./caller.ts";
import { createIdentityProvider, type IdentityProviderOptions } from "./identity-provider.ts";
import type { Scope } from "./scopes.ts";
import { createSessions, type Sessions } from "./session.ts";
import { createSigningKeys, type SigningKeys } from "./signing-keys.ts";

export interface AuthOptions {
  readonly store: Pick<Tables, "apiKeys" | "signingKeys">;
  readonly partners: Pick<PartnerCache, "read">;
  /**
   * API secret of the platform, which all gateways of one store share; derives the key that encrypts
   * signing keys.
   */
  readonly secret: Secret;
  readonly operatorKey: Secret;
  readonly operatorScopes: readonly Scope[];
  /** Issuer of the sessions, as `iss`. */
  readonly issuer: string;
  /** Null if none is configured. */
  readonly identityProvider: IdentityProviderOptions | null;
  readonly now: Clock;
  readonly monotonicMs: MonotonicClock;
  readonly logger: Logger;
}

/** Authentication of one gateway. */
export interface Auth {
  readonly authenticate: Authenticate;
  readonly sessions: Sessions;
  readonly signingKeys: SigningKeys;
  /** Resolves when authentication no longer uses the store. */
  close(): Promise<void>;
}

export function createAuth(options: AuthOptions): Auth {
  const { store, secret, operatorKey, operatorScopes, issuer, now, monotonicMs, logger } = options;
  const onRejected = (reason: string) => logger.info({ reason }, "a bearer token was rejected");
  const apiKeys = createApiKeyAuthenticator(store.apiKeys, options.partners, now, monotonicMs, (error) =>
    logger.warn({ err: error }, "the use of an API key could not be recorded"),
  );
  const signingKeys = createSigningKeys(store.signingKeys, secret, now, monotonicMs);
  const sessions = createSessions({
    issuer,
    secret,
    operatorKey,
    operatorScopes,
    signingKeys,
    apiKeys,
    now,
    monotonicMs,
    onRejected,
  });
  const identityProvider =
    options.identityProvider &&
    createIdentityProvider(options.identityProvider, now, monotonicMs, {
      onRejected,
      onKeysFailure: (error) => logger.warn({ err: error }, "the identity provider's keys could not be read"),
    });
  const authenticate = createAuthenticate({
    operatorKey,
    operatorScopes,
    apiKeys,
    sessions,
    identityProvider,
    onRejected,
  });
  return { authenticate, sessions, signingKeys, close: apiKeys.settled };
}
