import type { GraphContext } from "../../context.ts";
import { ApplicationError, ConflictError } from "../../model/errors.ts";
import type { RegisteredPartner } from "../../model/partner/partner.ts";
import type { SubscribeTokenRecord } from "../../model/token/token.ts";

/** Thrown for a suspended or retired partner, which gets no token and none of whose tokens is enabled. */
export class PartnerNotActiveError extends ApplicationError {
  /** The token that was created while the partner was being suspended and is disabled since; null if there is none. */
  readonly token: SubscribeTokenRecord | null;

  constructor({ name, status }: RegisteredPartner, argument: string, token: SubscribeTokenRecord | null = null) {
    const created = token ? ` Subscribe token ${token.id} was created meanwhile and is disabled.` : "";
    const message = `\`${argument}\` must concern an active partner; \`${name}\` is ${status.toLowerCase()}.${created}`;
    super("PARTNER_NOT_ACTIVE", message, { argument, status, ...(token && { subscribeTokenId: token.id }) });
    this.token = token;
  }
}

/** Thrown when a tracking id left its partner while a token with it was being created; the token is disabled since. */
export class TrackingIdLeftError extends ApplicationError {
  readonly token: SubscribeTokenRecord;

  constructor({ name }: RegisteredPartner, argument: string, token: SubscribeTokenRecord) {
    const message = `\`${argument}\` must stay with its partner; it left \`${name}\` meanwhile. Subscribe token ${token.id} was created and is disabled.`;
    super("CONFLICT", message, { argument, subscribeTokenId: token.id });
    this.token = token;
  }
}

type Guarded = Pick<SubscribeTokenRecord, "id" | "trackingId">;

/**
 * Checks in the store that the partner with the tracking id, if there is one, is active.
 *
 * @returns that partner; null where there is none
 * @throws PartnerNotActiveError
 */
export async function assertHolderActive(
  trackingId: string | null | undefined,
  argument: string,
  context: GraphContext,
): Promise<RegisteredPartner | null> {
  const holder = await holderOf(trackingId, context);
  if (holder && holder.status !== "ACTIVE") throw new PartnerNotActiveError(holder, argument);
  return holder;
}

/** Returns the registered partner with the tracking id; null if there is none. */
export async function holderOf(
  trackingId: string | null | undefined,
  { store }: Pick<GraphContext, "store">,
): Promise<RegisteredPartner | null> {
  return trackingId == null ? null : store.partners.byTrackingId(trackingId);
}

/** Returns the partner with the tracking id if it is suspended or retired; null otherwise. */
async function inactiveHolder(
  trackingId: string | null | undefined,
  context: Pick<GraphContext, "store">,
): Promise<RegisteredPartner | null> {
  const holder = await holderOf(trackingId, context);
  return holder === null || holder.status === "ACTIVE" ? null : holder;
}

/** The parts of a context that {@link disableOfInactive} needs. */
type Disabling = Pick<GraphContext, "store" | "partnerWork" | "upstream" | "tokenCache">;

/**
 * Disables a token that was created or enabled while its partner was being suspended or retired.
 *
 * @param isCreated whether the token is new: a resumption then enables it, like the tokens that the suspension disabled
 *
 * @returns the partner, and the disabled token; null when the partner is active
 */
export async function disableOfInactive(
  { id, trackingId }: Guarded,
  isCreated: boolean,
  context: Disabling,
): Promise<{ readonly partner: RegisteredPartner; readonly token: SubscribeTokenRecord } | null> {
  const holder = await inactiveHolder(trackingId, context);
  if (!holder) return null;
  const { store, partnerWork, upstream, tokenCache } = context;
  const disable = async () => {
    // Under the lease no suspension or resumption is half done, and the status does not change until the token is disabled.
    const partner = await inactiveHolder(trackingId, context);
    if (!partner) return null;
    if (isCreated && partner.status === "SUSPENDED") await store.partners.addSuspendedTokenIds(partner.id, [id]);
    const token = await upstream.subscribeTokens.update(id, { isActive: false });
    tokenCache.put(token);
    return { partner, token };
  };
  try {
    return await partnerWork.alone(holder.id, async (lease) => {
      await lease.assertHeld();
      return disable();
    });
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    // A request that holds the partner for long must not keep the token from being disabled.
    return disable();
  }
}
