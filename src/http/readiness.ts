import { createReadThrough } from "../cache/read-through.ts";
import type { SharedServices } from "../context.ts";
import { ApplicationError } from "../model/errors.ts";

/** Whether the gateway can serve requests; `reason` is the code of the failure. */
export type Readiness = ({ readonly isReady: true } | { readonly isReady: false; readonly reason: string }) & {
  /** State of what the gateway depends on, where it was checked. */
  readonly dependencies?: { readonly platform: DependencyState; readonly store: DependencyState };
};

export type DependencyState = "UP" | "DOWN";

/** Readiness of a gateway that is about to end: a load balancer sends it no more requests. */
export const SHUTTING_DOWN: Readiness = { isReady: false, reason: "SHUTTING_DOWN" };

/** Time for which a successful response of the platform counts, in milliseconds. */
const PLATFORM_TTL_MS = 30_000;
/** Time for which a successful response of the store counts, in milliseconds. */
const STORE_TTL_MS = 5_000;

/**
 * Returns a check that is ready while the platform answers and accepts our secret. The store is reported only: without it the
 * operator and people of the identity provider are still served.
 */
export function createReadiness(
  { upstream, tokenCache, store }: Pick<SharedServices, "upstream" | "tokenCache" | "store">,
  onInternalError: (error: unknown) => void,
  monotonicMs?: () => number,
): () => Promise<Readiness> {
  const cached = <Value>(read: () => Promise<Value>, ttlMs: number) =>
    createReadThrough(read, { ttlMs, onRefreshError: "FAIL", monotonicMs });
  const checkPlatform = cached(() => Promise.all([upstream.account.id(), tokenCache.read()]), PLATFORM_TTL_MS);
  const checkStore = cached(() => store.partners.version(), STORE_TTL_MS);
  return async () => {
    const results = await Promise.allSettled([checkPlatform.read(), checkStore.read()]);
    for (const result of results) {
      if (result.status === "rejected" && !(result.reason instanceof ApplicationError)) onInternalError(result.reason);
    }
    const [platform, stored] = results;
    const dependencies = { platform: stateOf(platform), store: stateOf(stored) };
    if (platform.status === "fulfilled") return { isReady: true, dependencies };
    const { reason } = platform;
    return {
      isReady: false,
      reason: reason instanceof ApplicationError ? reason.code : "INTERNAL_SERVER_ERROR",
      dependencies,
    };
  };
}

function stateOf({ status }: PromiseSettledResult<unknown>): DependencyState {
  return status === "fulfilled" ? "UP" : "DOWN";
}
