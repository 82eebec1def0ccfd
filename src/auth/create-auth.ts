import type { Logger } from "pino";
import type { PartnerCache } from "../cache/partner-cache.ts";
import type { Secret } from "../model/secret.ts";
import type { Clock, MonotonicClock } from "../primitives/clock.ts";
import type { Tables } from "../store/store.ts";
import { createApiKeyRing } from "./api-keys.ts";
import { createAuthenticate } from "./authenticate.ts";
import type { Authenticate } from "./caller.ts";
import { createIdentityProvider, type IdentityProviderOptions } from "./identity-provider.ts";
import type { Scope } from "./scopes.ts";
import { createSessions, type Sessions } from "./session.ts";
import { createSigningKeys, type SigningKeys } from "./signing-keys.ts";

export interface AuthOptions {
  readonly store: Pick<Tables, "apiKeys" | "signingKeys">;
  readonly partners: Pick<PartnerCache, "read">;
  /** The platform's API secret, which all gateways of one store share: what is kept encrypted is so under it. */
  readonly secret: Secret;
  readonly operatorKey: Secret;
  readonly operatorScopes: readonly Scope[];
  /** `iss` of our sessions. */
  readonly issuer: string;
  /** Null where none is configured. */
  readonly identityProvider: IdentityProviderOptions | null;
  readonly now: Clock;
  readonly monotonicMs: MonotonicClock;
  readonly logger: Logger;
}

/** All that has to do with who calls. */
export interface Auth {
  readonly authenticate: Authenticate;
  readonly sessions: Sessions;
  readonly signingKeys: SigningKeys;
  /** Done when nothing of it uses the store any more. */
  close(): Promise<void>;
}

export function createAuth(options: AuthOptions): Auth {
  const { store, secret, operatorKey, operatorScopes, issuer, now, monotonicMs, logger } = options;
  const onRefusal = (reason: string) => logger.debug({ reason }, "a bearer token was refused");
  const apiKeys = createApiKeyRing(store.apiKeys, options.partners, now, monotonicMs, (error) =>
    logger.warn({ err: error }, "the use of an API key was not noted"),
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
    onRefusal,
  });
  const identityProvider =
    options.identityProvider &&
    createIdentityProvider(options.identityProvider, now, monotonicMs, {
      onRefusal,
      onKeysFailure: (error) => logger.warn({ err: error }, "the identity provider's keys could not be read"),
    });
  const authenticate = createAuthenticate({ operatorKey, operatorScopes, apiKeys, sessions, identityProvider });
  return { authenticate, sessions, signingKeys, close: apiKeys.settled };
}
