import type { GraphContext } from "../../context.ts";
import { ApplicationError, ConflictError } from "../../model/errors.ts";
import type { SubscribeTokenRecord } from "../../model/token/token.ts";
import type { FormerHolder } from "../../store/records.ts";

type Dated = Pick<SubscribeTokenRecord, "id" | "addedAt">;

/** Returns a violation for usable tokens of another partner that had the tracking id: its viewers would be let in. */
export function foreignTokens(
  tokens: readonly Dated[],
  formerHolders: readonly FormerHolder[],
  partnerId: string | null,
  argument: string,
): ApplicationError[] {
  const foreign = tokens.filter((token) => isForeign(token, formerHolders, partnerId));
  return foreign.length > 0
    ? [inUse("was created for another partner that had the tracking id", foreign, argument)]
    : [];
}

/**
 * Checks that a token may be enabled: one that was created for a former partner of its tracking id may not.
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
    `\`${argument}\` must be a token of the present partner; subscribe token ${token.id} was created for a former partner of its tracking id. Create a new one for \`${holder.name}\`.`,
    { argument },
  );
}

/** Returns the error for a change of a tracking id that usable tokens prevent. */
export function inUse(what: string, tokens: readonly Pick<Dated, "id">[], argument: string): ApplicationError {
  const ids = tokens.map(({ id }) => id);
  const message = `\`${argument}\` must not be in use; subscribe token ${ids.join(", ")} ${what}: disable it by disableSubscribeTokens first.`;
  return new ApplicationError("TRACKING_ID_IN_USE", message, { argument, subscribeTokenIds: ids });
}

/** Returns the highest id of a subscribe token in the latest reading of the request; 0 if there is none. */
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
