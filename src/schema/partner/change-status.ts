import pLimit from "p-limit";
import type { GraphContext } from "../../context.ts";
import { registered } from "../../loaders/partners.ts";
import { ApplicationError, ConflictError, NotFoundError } from "../../model/errors.ts";
import type { PartnerRecord, RegisteredPartner, RegisteredStatus } from "../../model/partner.ts";
import type { SubscribeTokenRecord } from "../../model/token.ts";
import type { Tables } from "../../store/store.ts";
import { commit } from "../audit/audited.ts";
import { builder } from "../builder.ts";
import { type UserErrorShape, userErrors } from "../errors.ts";
import { MutationPayload, type Payload } from "../payload.ts";
import { SubscribeToken } from "../token/subscribe-token.ts";
import { PartnerRef, type PartnerReference } from "./find-partner.ts";
import { findRegistered } from "./find-registered.ts";
import { Partner, tokensOf } from "./partner.ts";

/** The platform changes subscribe tokens one by one; so many of these calls run at once. */
const CALLS_AT_ONCE = 8;

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

type Transition = (partner: RegisteredPartner, context: GraphContext) => Promise<StatusChange>;

async function change(ref: PartnerReference, context: GraphContext, transition: Transition): Promise<StatusChange> {
  try {
    return await transition(await findRegistered(ref, "partner", context), context);
  } catch (error) {
    return { partner: null, tokens: [], notice: null, userErrors: userErrors(error) };
  }
}

/** The registry comes first: from then on nothing is signed, also when the platform can't be reached. */
async function suspend(partner: RegisteredPartner, context: GraphContext): Promise<StatusChange> {
  if (partner.status === "RETIRED") throw notWhile(partner);
  const tokens = await activeTokens(partner, context);
  const suspended = await setStatus(partner, "SUSPENDED", context, async ({ partners }) => {
    // A repeated request finds tokens that the first one could not disable, beside those it did.
    const earlier = partner.status === "SUSPENDED" ? await partners.suspendedTokenIds(partner.id) : [];
    await partners.setSuspendedTokenIds(partner.id, [...new Set([...earlier, ...tokens.map(({ id }) => id)])]);
  });
  const changed = await switchTokens(tokens, false, context);
  return { partner: suspended, ...changed, notice: cutOff };
}

async function resume(partner: RegisteredPartner, context: GraphContext): Promise<StatusChange> {
  if (partner.status === "RETIRED") throw notWhile(partner);
  const ids = new Set(await context.store.partners.suspendedTokenIds(partner.id));
  const own = tokensOf(partner.trackingIds, await context.loaders.tokens());
  const changed = await switchTokens(
    own.filter(({ id, isActive }) => ids.has(id) && !isActive),
    true,
    context,
  );
  // What could not be enabled is still known to be suspended, so the request can be repeated.
  const failed = own.filter(({ id }) => ids.has(id) && !changed.tokens.some((token) => token.id === id));
  const stillDisabled = failed.filter(({ isActive }) => !isActive).map(({ id }) => id);
  const resumed = await setStatus(partner, "ACTIVE", context, ({ partners }) =>
    partners.setSuspendedTokenIds(partner.id, stillDisabled),
  );
  return { partner: resumed, ...changed, notice: null };
}

async function retire(partner: RegisteredPartner, context: GraphContext): Promise<StatusChange> {
  const tokens = await activeTokens(partner, context);
  const retired = await setStatus(partner, "RETIRED", context, async ({ apiKeys, partners }) => {
    await apiKeys.revokeOf(partner.id, context.ownNow);
    await partners.setSuspendedTokenIds(partner.id, []);
  });
  const changed = await switchTokens(tokens, false, context);
  return { partner: retired, ...changed, notice: cutOff };
}

async function setStatus(
  { id }: RegisteredPartner,
  status: RegisteredStatus,
  context: GraphContext,
  alongside: (tables: Tables) => Promise<void>,
): Promise<PartnerRecord> {
  const partner = await commit(context, async (tables) => {
    await alongside(tables);
    return tables.partners.update(id, { status });
  });
  context.partnerDirectory.changed();
  if (!partner) throw new NotFoundError("partner");
  return registered(partner);
}

async function activeTokens({ trackingIds }: RegisteredPartner, { loaders }: GraphContext) {
  return tokensOf(trackingIds, await loaders.tokens()).filter(({ isActive }) => isActive);
}

/** Disables or enables each; one that fails does not keep the others from being done. */
async function switchTokens(
  tokens: readonly SubscribeTokenRecord[],
  isActive: boolean,
  { upstream, directory }: GraphContext,
): Promise<{ tokens: SubscribeTokenRecord[]; userErrors: UserErrorShape[] }> {
  const atOnce = pLimit(CALLS_AT_ONCE);
  const outcomes = await Promise.allSettled(
    tokens.map(({ id }) => atOnce(() => upstream.subscribeTokens.update(id, { isActive }).catch(namingToken(id)))),
  );
  const changed = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  for (const token of changed) directory.put(token);
  return {
    tokens: changed,
    userErrors: outcomes.flatMap((outcome) => (outcome.status === "rejected" ? userErrors(outcome.reason) : [])),
  };
}

function namingToken(id: number): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof ApplicationError)) throw error;
    throw new ApplicationError(error.code, `Subscribe token ${id} was not changed: ${error.message}`, error.facts);
  };
}

function notWhile({ status }: RegisteredPartner): ConflictError {
  return new ConflictError(`The partner is ${status.toLowerCase()}, for good.`, { argument: "partner", status });
}
