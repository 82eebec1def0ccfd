import type { Logger } from "pino";
import type { TokenCache } from "../cache/token-cache.ts";
import { ApplicationError } from "../model/errors.ts";
import type { SubscribeTokenRecord } from "../model/token/token.ts";
import type { Store } from "../store/store.ts";

export interface SuspensionEnforcerOptions {
  readonly store: Pick<Store, "audit" | "partners">;
  readonly tokenCache: Pick<TokenCache, "read">;
  /** Disables the token, unless its partner has become active. Returns whether it is disabled. */
  readonly disableToken: (token: SubscribeTokenRecord) => Promise<boolean>;
  /** Returns the global id of a subscribe token. */
  readonly globalIdOf: (tokenId: number) => string;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly logger: Logger;
}

/**
 * Creates a function that disables usable subscribe tokens of suspended and retired partners.
 *
 * Call it whenever the token list has been read; a call during a run is ignored. Each token is an entry of the audit log.
 */
export function createSuspensionEnforcer(options: SuspensionEnforcerOptions): () => void {
  const { store, tokenCache, disableToken, globalIdOf, clock, logger } = options;
  let isRunning = false;

  const disable = async (token: SubscribeTokenRecord) => {
    const entry = await store.audit.append({
      at: clock(),
      principalId: "gateway",
      principalName: "ENFORCE_SUSPENSION",
      role: "OPERATOR",
      partnerId: null,
      address: null,
      operation: "enforceSuspension",
      objectId: globalIdOf(token.id),
      detail: JSON.stringify({ tokenId: token.id, trackingId: token.trackingId }),
    });
    try {
      const end = (await disableToken(token))
        ? ({ outcome: "DONE", code: null } as const)
        : ({ outcome: "REFUSED", code: "CONFLICT" } as const);
      await store.audit.end(entry, { ...end, objectId: null });
    } catch (error) {
      const code = error instanceof ApplicationError ? error.code : "INTERNAL_SERVER_ERROR";
      await store.audit.end(entry, { outcome: "FAILED", code, objectId: null });
      throw error;
    }
  };

  const run = async () => {
    const tokens = await tokenCache.read();
    const inactive = (await store.partners.all()).filter(({ status }) => status !== "ACTIVE");
    const usable = inactive
      .flatMap(({ trackingIds }) => trackingIds)
      .flatMap((trackingId) => tokens.withTrackingId(trackingId))
      .filter(({ isActive }) => isActive);
    for (const token of usable) await disable(token);
  };

  return () => {
    if (isRunning) return;
    isRunning = true;
    run()
      .catch((error: unknown) => logger.warn({ err: error }, "tokens of suspended partners were not disabled"))
      .finally(() => {
        isRunning = false;
      });
  };
}
