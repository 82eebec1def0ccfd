import type { GraphContext } from "../../context.ts";
import { ApplicationError, NotFoundError } from "../../model/errors.ts";
import type { RegisteredPartner } from "../../model/partner/partner.ts";
import type { SubscribeTokenRecord } from "../../model/token/token.ts";
import type { PartnerLease } from "../../store/partner-work.ts";
import { applyToEach } from "../apply-to-each.ts";
import type { UserErrorShape } from "../errors.ts";
import type { PartnerReference } from "./find-partner.ts";
import { findRegistered } from "./find-registered-partner.ts";
import { tokensOf } from "./partner.ts";

/**
 * Runs work on a partner alone, with the partner as the store has it then.
 *
 * @throws NotFoundError, ConflictError, ApplicationError PARTNER_NOT_ACTIVE for a tracking id that nobody has claimed
 */
export async function aloneWith<Result>(
  ref: PartnerReference,
  argument: string,
  context: GraphContext,
  work: (partner: RegisteredPartner, lease: PartnerLease) => Promise<Result>,
): Promise<Result> {
  const { id } = await findRegistered(ref, argument, context);
  return context.partnerWork.alone(id, async (lease) => {
    const partner = await context.store.partners.byId(id);
    if (!partner) throw new NotFoundError(argument);
    return work(partner, lease);
  });
}

/** All subscribe tokens of a partner, by a reading of the platform that begins now. @throws UpstreamError */
export async function freshTokensOf(
  { trackingIds }: RegisteredPartner,
  { tokenCache }: Pick<GraphContext, "tokenCache">,
): Promise<readonly SubscribeTokenRecord[]> {
  return tokensOf(trackingIds, await tokenCache.readRefreshed());
}

/** What became of tokens that were to be switched. */
export interface Switched {
  readonly tokens: readonly SubscribeTokenRecord[];
  readonly userErrors: readonly UserErrorShape[];
}

/** Disables or enables each token; one that fails does not keep the others from being done. */
export async function switchTokens(
  tokens: readonly SubscribeTokenRecord[],
  isActive: boolean,
  { upstream, tokenCache }: Pick<GraphContext, "upstream" | "tokenCache">,
): Promise<Switched> {
  const { values, userErrors } = await applyToEach(tokens, ({ id }) =>
    upstream.subscribeTokens.update(id, { isActive }).catch(namingToken(id)),
  );
  for (const token of values) tokenCache.put(token);
  return { tokens: values, userErrors };
}

function namingToken(id: number): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof ApplicationError)) throw error;
    throw new ApplicationError(error.code, `Subscribe token ${id} was not changed: ${error.message}`, error.facts);
  };
}
