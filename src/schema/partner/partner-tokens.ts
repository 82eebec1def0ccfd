import type { TokenSnapshot } from "../../cache/token-cache.ts";
import type { GraphContext } from "../../context.ts";
import { ApplicationError, NotFoundError } from "../../model/errors.ts";
import type { RegisteredPartner } from "../../model/partner/partner.ts";
import type { SubscribeTokenRecord } from "../../model/token/token.ts";
import type { PartnerLease } from "../../store/partner-work.ts";
import { applyToEach } from "../apply-to-each.ts";
import type { UserErrorShape } from "../errors.ts";
import type { PartnerReference } from "./find-partner.ts";
import { findRegisteredPartner } from "./find-registered-partner.ts";

/** Returns the subscribe tokens with one of the tracking ids, by ascending id. */
export function tokensOf(trackingIds: readonly string[], tokens: TokenSnapshot): readonly SubscribeTokenRecord[] {
  return trackingIds.flatMap((trackingId) => tokens.withTrackingId(trackingId)).sort((a, b) => a.id - b.id);
}

/**
 * Runs work on the partner of `input.partner` while no other request changes the partner or its tokens.
 *
 * @param work gets the partner as the store has it once the lease is held
 * @throws NotFoundError, ConflictError, ApplicationError PARTNER_NOT_ACTIVE for an unclaimed tracking id
 */
export async function withPartnerLease<Result>(
  ref: PartnerReference,
  context: GraphContext,
  work: (partner: RegisteredPartner, lease: PartnerLease) => Promise<Result>,
): Promise<Result> {
  const { id } = await findRegisteredPartner(ref, "input.partner", context);
  return context.partnerWork.alone(id, async (lease) => {
    const partner = await context.store.partners.byId(id);
    if (!partner) throw new NotFoundError("input.partner");
    return work(partner, lease);
  });
}

/** Returns all subscribe tokens of a partner, read from the platform after this call. @throws UpstreamError */
export async function freshTokensOf(
  { trackingIds }: RegisteredPartner,
  { tokenCache }: Pick<GraphContext, "tokenCache">,
): Promise<readonly SubscribeTokenRecord[]> {
  return tokensOf(trackingIds, await tokenCache.readRefreshed());
}

/** The tokens that were disabled or enabled, and the failures of the others. */
export interface Switched {
  readonly tokens: readonly SubscribeTokenRecord[];
  readonly userErrors: readonly UserErrorShape[];
}

/** Disables or enables each token; a failure does not keep the others from being changed. */
export async function switchTokens(
  tokens: readonly SubscribeTokenRecord[],
  isActive: boolean,
  { upstream, tokenCache }: Pick<GraphContext, "upstream" | "tokenCache">,
): Promise<Switched> {
  const { values, userErrors } = await applyToEach(tokens, ({ id }) =>
    upstream.subscribeTokens.update(id, { isActive }).catch((error) => {
      throw withTokenId(error, id, "changed");
    }),
  );
  for (const token of values) tokenCache.put(token);
  return { tokens: values, userErrors };
}

/** Returns an error whose message names the token that was not changed; an internal error stays as it is. */
export function withTokenId(error: unknown, id: number, verb: "changed" | "rotated"): unknown {
  if (!(error instanceof ApplicationError)) return error;
  return new ApplicationError(error.code, `Subscribe token ${id} was not ${verb}: ${error.message}`, error.facts);
}
