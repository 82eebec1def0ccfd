import type { GraphContext } from "../../context.ts";
import { toPartnerRecord } from "../../loaders/partners.ts";
import { ConflictError, NotFoundError } from "../../model/errors.ts";
import type { PartnerRecord, RegisteredPartner, RegisteredStatus } from "../../model/partner/partner.ts";
import type { SubscribeTokenRecord } from "../../model/token/token.ts";
import type { PartnerLease } from "../../store/partner-work.ts";
import type { Tables } from "../../store/store.ts";
import { commitWithAudit } from "../audit/audited.ts";
import { builder } from "../builder.ts";
import { type UserErrorShape, userErrors } from "../errors.ts";
import { MutationPayload, type Payload } from "../payload.ts";
import { Partner, SubscribeToken } from "../refs.ts";
import { freshTokensOf, type Switched, switchTokens } from "./partner-tokens.ts";

interface StatusChange extends Payload {
  readonly partner?: PartnerRecord;
  readonly tokens?: readonly SubscribeTokenRecord[];
  readonly warning?: string;
}

export const PartnerStatusPayload = builder.objectRef<StatusChange>("PartnerStatusPayload").implement({
  description:
    "The partner after the change. Some tokens may have been changed although others failed: repeat the request for these.",
  interfaces: [MutationPayload],
  fields: (t) => ({
    partner: t.expose("partner", {
      type: Partner,
      nullable: true,
      description: "The partner with its new status; null when the status was not changed.",
    }),
    subscribeTokens: t.field({
      type: [SubscribeToken],
      description: "Subscribe tokens that this request disabled or enabled; empty for none.",
      resolve: ({ tokens }) => [...(tokens ?? [])],
    }),
    warning: t.exposeString("warning", {
      nullable: true,
      description: "An effect that does not happen at once, in a sentence for a person; null when there is none.",
    }),
  }),
});

/** The warning of a mutation that disables a partner's tokens. */
export const CONNECTED_VIEWERS_STAY =
  "Viewer tokens under these subscribe tokens are refused from the viewer's next connection on; connected viewers are not interrupted. Stop the stream to disconnect them.";

/** @throws ConflictError for a retired partner, whose status is final */
export function assertNotRetired({ status }: RegisteredPartner): void {
  if (status !== "RETIRED") return;
  const message = "`input.partner` must not be retired: retirement cannot be undone; got a retired partner.";
  throw new ConflictError(message, { argument: "input.partner", status });
}

/** Writes the status, and `alongside` in the same transaction, while the lease is held. */
export async function setStatus(
  { id }: RegisteredPartner,
  status: RegisteredStatus,
  lease: PartnerLease,
  context: GraphContext,
  alongside?: (tables: Tables) => Promise<void>,
): Promise<PartnerRecord> {
  const partner = await commitWithAudit(context, async (tables) => {
    await lease.assertHeld(tables);
    const updated = await tables.partners.update(id, { status });
    await alongside?.(tables);
    return updated;
  });
  context.partnerCache.changed();
  if (!partner) throw new NotFoundError("input.partner");
  return toPartnerRecord(partner);
}

/** Readings of the token list for one change: each may show tokens that were created during the one before. */
const MAX_READINGS = 4;

/**
 * Disables all active tokens of a partner. The list is read again until it shows no other active token, since a token may be
 * created, or be hidden by a deletion, while it is read.
 *
 * @param beforeDisabling gets the ids of the tokens before they are disabled
 */
export async function disableAll(
  partner: RegisteredPartner,
  lease: PartnerLease,
  context: GraphContext,
  beforeDisabling: (ids: readonly number[]) => Promise<void> = async () => undefined,
): Promise<Switched> {
  const disabled: SubscribeTokenRecord[] = [];
  const failures: UserErrorShape[] = [];
  const tried = new Set<number>();
  try {
    for (let reading = 0; reading < MAX_READINGS; reading += 1) {
      const tokens = await freshTokensOf(partner, context);
      const active = tokens.filter(({ id, isActive }) => isActive && !tried.has(id));
      if (active.length === 0) break;
      for (const { id } of active) tried.add(id);
      await beforeDisabling(active.map(({ id }) => id));
      await lease.assertHeld();
      const switched = await switchTokens(active, false, context);
      disabled.push(...switched.tokens);
      failures.push(...switched.userErrors);
    }
  } catch (error) {
    failures.push(...userErrors(error));
  }
  return { tokens: disabled, userErrors: failures };
}
