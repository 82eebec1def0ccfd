import type { GraphContext } from "../../context.ts";
import { ApplicationError, ConflictError } from "../../model/errors.ts";
import type { SubscribeTokenRecord } from "../../model/token/token.ts";
import type { FormerHolder } from "../../store/records.ts";

type Dated = Pick<SubscribeTokenRecord, "id" | "addedAt">;

/** Usable tokens that were made while another partner had the tracking id would let that partner's viewers in. */
export function foreignTokens(
  tokens: readonly Dated[],
  formerHolders: readonly FormerHolder[],
  partnerId: string | null,
  argument: string,
): ApplicationError[] {
  const foreign = tokens.filter((token) => isForeign(token, formerHolders, partnerId));
  return foreign.length > 0 ? [inUse("was made for another partner that had the tracking id", foreign, argument)] : [];
}

/**
 * Checks that a token may be enabled: not one that was made for another partner than the one that has its tracking id now.
 *
 * @throws ConflictError
 */
export async function assertNotForeign(
  token: Dated & Pick<SubscribeTokenRecord, "trackingId">,
  argument: string,
  { store }: Pick<GraphContext, "store">,
): Promise<void> {
  if (token.trackingId === null) return;
  const holder = await store.partners.byTrackingId(token.trackingId);
  if (!holder || !isForeign(token, await store.partners.formerHolders(token.trackingId), holder.id)) return;
  throw new ConflictError(
    `Subscribe token ${token.id} was made for another partner that had its tracking id, so it stays disabled: make a new one for \`${holder.name}\`.`,
    { argument },
  );
}

/** The error to throw where usable tokens stand against what was asked for. */
export function inUse(what: string, tokens: readonly Pick<Dated, "id">[], argument: string): ApplicationError {
  const ids = tokens.map(({ id }) => id);
  const message = `Subscribe token ${ids.join(", ")} ${what}: disable it by disableSubscribeTokens first.`;
  return new ApplicationError("TRACKING_ID_IN_USE", message, { argument, subscribeTokenIds: ids });
}

/** Highest id of a subscribe token in the reading that the request has made; 0 where there is none. */
export function newestToken({ tokenCache }: Pick<GraphContext, "tokenCache">): number {
  return tokenCache.peek()?.subscribe.all().at(-1)?.id ?? 0;
}

function isForeign({ id, addedAt }: Dated, formerHolders: readonly FormerHolder[], partnerId: string | null): boolean {
  return formerHolders.some(
    (former) =>
      former.partnerId !== partnerId &&
      id > former.afterToken &&
      (id <= former.untilToken || addedAt < former.heldUntil),
  );
}
