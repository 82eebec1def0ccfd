import type { Logger } from "pino";
import type { SharedServices } from "../context.ts";
import { ApplicationError } from "../model/errors.ts";
import type { SubscribeTokenRecord } from "../model/token/token.ts";
import { encodeGlobalId } from "../schema/global-id.ts";
import { tokensOf } from "../schema/partner/partner.ts";
import { disableOfInactive } from "../schema/partner/partner-active.ts";

type Parts = Pick<SharedServices, "store" | "partnerWork" | "upstream" | "tokenCache" | "clock">;

/**
 * Disables usable subscribe tokens of suspended and retired partners, and writes each into the audit log. Call the result
 * whenever the token list has been read; a call during a run changes nothing.
 */
export function createSuspensionEnforcer(parts: Parts, logger: Logger): () => void {
  const { store, tokenCache, clock } = parts;
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
      objectId: encodeGlobalId("SubscribeToken", token.id),
      detail: JSON.stringify({ tokenId: token.id, trackingId: token.trackingId }),
    });
    try {
      const disabled = await disableOfInactive(token, true, parts);
      const end = disabled
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
    for (const { trackingIds } of inactive) {
      for (const token of tokensOf(trackingIds, tokens).filter(({ isActive }) => isActive)) await disable(token);
    }
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
