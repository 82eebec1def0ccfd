import type { GraphContext } from "../../context.ts";
import { ApplicationError, ConflictError } from "../../model/errors.ts";
import type { RegisteredPartner } from "../../model/partner/partner.ts";
import type { SubscribeTokenRecord } from "../../model/token/token.ts";

/** A partner is suspended or retired, so it gets no token and none of its tokens is enabled. */
export class PartnerNotActiveError extends ApplicationError {
  /** The token that was made while the partner was suspended, disabled since; null where none was made. */
  readonly token: SubscribeTokenRecord | null;

  constructor({ name, status }: RegisteredPartner, argument: string, token: SubscribeTokenRecord | null = null) {
    const made = token ? ` Subscribe token ${token.id} was made meanwhile and is disabled.` : "";
    const message = `\`${name}\` is ${status.toLowerCase()}: it gets no token, and none of its tokens is enabled.${made}`;
    super("PARTNER_NOT_ACTIVE", message, { argument, status, ...(token && { subscribeTokenId: token.id }) });
    this.token = token;
  }
}

/** A tracking id left its partner while a token with it was being made for the partner; the token is disabled since. */
export class TrackingIdLeftError extends ApplicationError {
  readonly token: SubscribeTokenRecord;

  constructor({ name }: RegisteredPartner, argument: string, token: SubscribeTokenRecord) {
    const message = `The tracking id left \`${name}\` meanwhile. Subscribe token ${token.id} was made and is disabled.`;
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

/** The registered partner with the tracking id; null where there is none. */
export async function holderOf(
  trackingId: string | null | undefined,
  { store }: Pick<GraphContext, "store">,
): Promise<RegisteredPartner | null> {
  return trackingId == null ? null : store.partners.byTrackingId(trackingId);
}

/** The partner with the tracking id, if it is suspended or retired; null otherwise. */
export async function inactiveHolder(
  trackingId: string | null | undefined,
  context: Pick<GraphContext, "store">,
): Promise<RegisteredPartner | null> {
  const holder = await holderOf(trackingId, context);
  return holder === null || holder.status === "ACTIVE" ? null : holder;
}

/** What {@link disableOfInactive} needs of a context. */
type Disabling = Pick<GraphContext, "store" | "partnerWork" | "upstream" | "tokenCache">;

/**
 * Disables a token that was made or enabled while its partner was being suspended or retired. A resumption enables it again
 * where `isMade`, as it does with the tokens that the suspension disabled.
 *
 * @returns the partner, and the disabled token; null when the partner is active
 */
export async function disableOfInactive(
  { id, trackingId }: Guarded,
  isMade: boolean,
  context: Disabling,
): Promise<{ readonly partner: RegisteredPartner; readonly token: SubscribeTokenRecord } | null> {
  const holder = await inactiveHolder(trackingId, context);
  if (!holder) return null;
  const { store, partnerWork, upstream, tokenCache } = context;
  const disable = async () => {
    // Under the lease no suspension and no resumption is half done, and the status is final until the token is disabled.
    const partner = await inactiveHolder(trackingId, context);
    if (!partner) return null;
    if (isMade && partner.status === "SUSPENDED") await store.partners.addSuspendedTokenIds(partner.id, [id]);
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
    // Whoever holds the partner for so long does not keep the token from being disabled.
    return disable();
  }
}
