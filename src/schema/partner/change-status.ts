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
import { PartnerRef, type PartnerReference } from "./find-partner.ts";
import { aloneWith, freshTokensOf, type Switched, switchTokens } from "./partner-tokens.ts";

interface StatusChange extends Payload {
  readonly partner: PartnerRecord | null;
  readonly tokens: readonly SubscribeTokenRecord[];
  readonly notice: string | null;
}

const PartnerStatusPayload = builder.objectRef<StatusChange>("PartnerStatusPayload").implement({
  description: "The partner as it is now. Some tokens may have been changed although others could not be: ask again.",
  interfaces: [MutationPayload],
  fields: (t) => ({
    partner: t.expose("partner", { type: Partner, nullable: true, description: "The partner." }),
    subscribeTokens: t.field({
      type: [SubscribeToken],
      description: "The subscribe tokens that were disabled or enabled by this request.",
      resolve: ({ tokens }) => [...tokens],
    }),
    notice: t.exposeString("notice", { nullable: true, description: "What does not happen at once, for a person." }),
  }),
});

const cutOff =
  "What was signed under these tokens is refused from a viewer's next connection on; viewers who are watching are not interrupted. Stop the stream to end them.";

builder.mutationFields((t) => ({
  suspendPartner: t.field({
    type: PartnerStatusPayload,
    nullable: true,
    authScopes: { staff: "partner:admin" },
    description:
      "Disables every subscribe token of a partner, and keeps it from signing. Its keys still read its usage. Viewer tokens that were signed already die at their next connection.",
    args: { partner: t.arg({ type: PartnerRef, required: true, description: "Which partner." }) },
    resolve: (_root, { partner }, context) => change(partner, context, suspend),
  }),
  resumePartner: t.field({
    type: PartnerStatusPayload,
    nullable: true,
    authScopes: { staff: "partner:admin" },
    description: "Makes a suspended partner active again, and enables the tokens that its suspension disabled.",
    args: { partner: t.arg({ type: PartnerRef, required: true, description: "Which partner." }) },
    resolve: (_root, { partner }, context) => change(partner, context, resume),
  }),
  retirePartner: t.field({
    type: PartnerStatusPayload,
    nullable: true,
    authScopes: { staff: "partner:admin" },
    description:
      "Ends a partnership for good: disables its subscribe tokens and revokes its API keys. Its record, its tracking ids and its usage stay, for its bills.",
    args: { partner: t.arg({ type: PartnerRef, required: true, description: "Which partner." }) },
    resolve: (_root, { partner }, context) => change(partner, context, retire),
  }),
}));

type Transition = (
  partner: RegisteredPartner,
  lease: PartnerLease,
  context: GraphContext,
) => Promise<Omit<StatusChange, "notice"> & { readonly notice?: string }>;

async function change(ref: PartnerReference, context: GraphContext, transition: Transition): Promise<StatusChange> {
  try {
    const changed = await aloneWith(ref, "partner", context, (partner, lease) => transition(partner, lease, context));
    return { notice: null, ...changed };
  } catch (error) {
    return { partner: null, tokens: [], notice: null, userErrors: userErrors(error) };
  }
}

/** The registry comes first: from then on nothing is signed and no token made, also when the platform can't be reached. */
const suspend: Transition = async (partner, lease, context) => {
  if (partner.status === "RETIRED") throw notWhile(partner);
  const suspended = await setStatus(partner, "SUSPENDED", lease, context);
  const note = (ids: readonly number[]) =>
    commitWithAudit(context, async (tables) => {
      await lease.assertHeld(tables);
      await tables.partners.noteSuspendedTokenIds(partner.id, ids);
    });
  return { partner: suspended, ...(await disableAll(partner, lease, context, note)), notice: cutOff };
};

/** The status comes first: should the gateway end half way, an active partner lacks tokens, which asking again enables. */
const resume: Transition = async (partner, lease, context) => {
  if (partner.status === "RETIRED") throw notWhile(partner);
  const ids = await context.store.partners.suspendedTokenIds(partner.id);
  const own = ids.length === 0 ? [] : await suspendedTokens(partner, ids, context);
  const resumed = await setStatus(partner, "ACTIVE", lease, context);
  await lease.assertHeld();
  const changed = await switchTokens(own, true, context);
  // What could not be enabled is still known to be suspended, so the request can be repeated.
  const failed = own.filter(({ id }) => !changed.tokens.some((token) => token.id === id)).map(({ id }) => id);
  await commitWithAudit(context, async (tables) => {
    await lease.assertHeld(tables);
    await tables.partners.setSuspendedTokenIds(partner.id, failed);
  });
  return { partner: resumed, ...changed };
};

const retire: Transition = async (partner, lease, context) => {
  const retired = await setStatus(partner, "RETIRED", lease, context, async ({ apiKeys, partners }) => {
    await apiKeys.revokeOf(partner.id, context.ownNow);
    await partners.setSuspendedTokenIds(partner.id, []);
  });
  return { partner: retired, ...(await disableAll(partner, lease, context)), notice: cutOff };
};

/** Writes the status, and what belongs to it, while the lease is held. */
async function setStatus(
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
  if (!partner) throw new NotFoundError("partner");
  return toPartnerRecord(partner);
}

/** The most readings of the token list for one change: each may show tokens that were being made during the one before. */
const MOST_READINGS = 4;

/**
 * Disables all active tokens of a partner. The list is read again until it shows no other active token, since a token may be
 * made, or be hidden by a deletion, while it is read.
 *
 * @param note told the tokens before they are disabled
 */
async function disableAll(
  partner: RegisteredPartner,
  lease: PartnerLease,
  context: GraphContext,
  note: (ids: readonly number[]) => Promise<void> = async () => undefined,
): Promise<Switched> {
  const done: SubscribeTokenRecord[] = [];
  const failures: UserErrorShape[] = [];
  const tried = new Set<number>();
  try {
    for (let reading = 0; reading < MOST_READINGS; reading += 1) {
      const tokens = await freshTokensOf(partner, context);
      const active = tokens.filter(({ id, isActive }) => isActive && !tried.has(id));
      if (active.length === 0) break;
      for (const { id } of active) tried.add(id);
      await note(active.map(({ id }) => id));
      await lease.assertHeld();
      const switched = await switchTokens(active, false, context);
      done.push(...switched.tokens);
      failures.push(...switched.userErrors);
    }
  } catch (error) {
    failures.push(...userErrors(error));
  }
  return { tokens: done, userErrors: failures };
}

/** Those of the tokens that are still the partner's and disabled, by a fresh list. @throws UpstreamError */
async function suspendedTokens(
  partner: RegisteredPartner,
  ids: readonly number[],
  context: GraphContext,
): Promise<SubscribeTokenRecord[]> {
  const listed = new Map((await freshTokensOf(partner, context)).map((token) => [token.id, token]));
  // A deletion can hide a neighbour while the list is read: only the token's own reading proves it gone.
  const tokens = await Promise.all(ids.map((id) => listed.get(id) ?? context.upstream.subscribeTokens.read(id)));
  return tokens.flatMap((token) =>
    token && !token.isActive && partner.trackingIds.includes(token.trackingId ?? "") ? [token] : [],
  );
}

function notWhile({ status }: RegisteredPartner): ConflictError {
  return new ConflictError(`The partner is ${status.toLowerCase()}, for good.`, { argument: "partner", status });
}
