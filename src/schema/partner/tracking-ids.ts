import type { GraphContext } from "../../context.ts";
import { toPartnerRecord } from "../../loaders/partners.ts";
import { ApplicationError, ConflictError, type ErrorCode, NotFoundError } from "../../model/errors.ts";
import type { PartnerRecord, RegisteredPartner } from "../../model/partner/partner.ts";
import { assertNoViolations, masterViolations } from "../../model/partner/syndication.ts";
import { openedBy, streamRecord } from "../../model/stream/stream.ts";
import { isUsable, type SubscribeTokenRecord } from "../../model/token/token.ts";
import { DAY_MS, HOUR_MS } from "../../model/usage/time.ts";
import { allDaysRetained } from "../../model/usage/time-window.ts";
import { sumTraffic, type Traffic as TrafficFigure } from "../../model/usage/traffic.ts";
import type { PartnerLease } from "../../store/partner-work.ts";
import type { FormerHolder } from "../../store/records.ts";
import type { Tables } from "../../store/store.ts";
import { LastTrackingIdError, TrackingIdTakenError } from "../../store/store-error.ts";
import { UpstreamError } from "../../upstream/upstream-error.ts";
import type { ViewerRecordsQuery } from "../../upstream/viewer-records.ts";
import { commitLast } from "../audit/audited.ts";
import { Traffic } from "../bandwidth/traffic.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { Partner, Stream, SubscribeToken } from "../refs.ts";
import { PartnerRef } from "./find-partner.ts";
import { foreignTokens, inUse, newestToken } from "./former-holders.ts";
import { PartnerNotActiveError } from "./partner-active.ts";
import { assertTrackingIds } from "./partner-input.ts";
import { aloneWith } from "./partner-tokens.ts";
import { PartnerPayload } from "./update-partner.ts";

/** Viewer records of so long ago stand against a release: figures lag behind them. In milliseconds. */
const RECORDS_WINDOW_MS = 7 * DAY_MS;

/** How the platform answers an account that lacks a feature. */
const refusalCodes: readonly ErrorCode[] = ["UPSTREAM_REJECTED", "UPSTREAM_UNAUTHORIZED"];

const TrackingIdInput = builder.inputType("PartnerTrackingIdInput", {
  description: "A tracking id, and a partner.",
  fields: (t) => ({
    partner: t.field({ type: PartnerRef, required: true, description: "Which partner." }),
    trackingId: t.string({ required: true, description: "The tracking id: 1 to 128 characters." }),
    dryRun: t.boolean({
      required: true,
      defaultValue: false,
      description: "Checks the rules and changes nothing. `adoptTrackingId` then shows what would come with the id.",
    }),
  }),
});

/** What a tracking id brings along. */
interface Holdings {
  readonly tokens: readonly SubscribeTokenRecord[];
  readonly streamNames: readonly string[];
  readonly traffic: TrafficFigure;
  readonly formerPartners: readonly PartnerRecord[];
}

const TrackingIdHoldings = builder.objectRef<Holdings>("TrackingIdHoldings").implement({
  description: "Tokens, streams and traffic that a partner takes over with a tracking id that it adopts.",
  fields: (t) => ({
    subscribeTokens: t.field({
      type: [SubscribeToken],
      description: "Every subscribe token with the tracking id, usable or not, by ascending number.",
      resolve: ({ tokens }) => [...tokens],
    }),
    streams: t.field({
      type: [Stream],
      description: "Streams that a usable token with the tracking id opens, or that have traffic under it, by name.",
      resolve: ({ streamNames }) => streamNames.map(streamRecord),
    }),
    traffic: t.expose("traffic", {
      type: Traffic,
      description: "Traffic under the tracking id over the last 365 days, read for this request.",
    }),
    formerPartners: t.field({
      type: [Partner],
      description: "Partners that had the tracking id before, the last one at the end; empty where none had it.",
      resolve: ({ formerPartners }) => [...formerPartners],
    }),
  }),
});

interface Adoption extends Payload {
  readonly partner?: PartnerRecord | null;
  readonly holdings?: Holdings | null;
}

const AdoptTrackingIdPayload = builder.objectRef<Adoption>("AdoptTrackingIdPayload").implement({
  description: "The partner as it is now with what the tracking id brought, or why the id was not adopted.",
  interfaces: [MutationPayload],
  fields: (t) => ({
    partner: t.expose("partner", { type: Partner, nullable: true, description: "The partner; null after a failure." }),
    holdings: t.expose("holdings", {
      type: TrackingIdHoldings,
      nullable: true,
      description:
        "Tokens, streams and traffic that come with the tracking id, also in a dry run; null after a failure.",
    }),
  }),
});

interface Input {
  readonly partner: { readonly id?: string | null | undefined; readonly trackingId?: string | null | undefined };
  readonly trackingId: string;
  readonly dryRun: boolean;
}

builder.mutationFields((t) => ({
  adoptTrackingId: t.field({
    type: AdoptTrackingIdPayload,
    nullable: true,
    authScopes: { staff: "partner:admin" },
    description:
      "Gives a registered, active partner a tracking id that nobody has claimed, with the traffic and the subscribe tokens that it has: a dry run shows them. It is refused while a usable token was made for another partner that had the id. undoAdoption takes it back. To register a new partner with it, use onboardPartner.",
    args: { input: t.arg({ type: TrackingIdInput, required: true, description: "Which id, and whose it becomes." }) },
    resolve: (_root, { input }, context) =>
      payload(() =>
        aloneWith(input.partner, "input.partner", context, (partner, lease) => adopt(input, partner, lease, context)),
      ),
  }),
  undoAdoption: t.field({
    type: PartnerPayload,
    nullable: true,
    authScopes: { staff: "partner:admin" },
    description:
      "Takes back the adoption of a tracking id by adoptTrackingId or onboardPartner: nobody has claimed the id then, and it keeps its tokens and figures. Refused for the partner's last tracking id, once a statement has been issued for the id, and with TRACKING_ID_IN_USE while a usable token has been made for the partner under it since the adoption, or a viewer is connected and a token has been made since, which may be disabled or deleted now. A token that was both made and deleted in the platform's dashboard is not known, so its viewers do not stand against it.",
    args: { input: t.arg({ type: TrackingIdInput, required: true, description: "Which id, and whose it is." }) },
    resolve: (_root, { input }, context) =>
      payload(() =>
        aloneWith(input.partner, "input.partner", context, (partner, lease) => undo(input, partner, lease, context)),
      ),
  }),
  releaseTrackingId: t.field({
    type: PartnerPayload,
    nullable: true,
    authScopes: { staff: "partner:admin" },
    description:
      "Takes a tracking id that is not its last from a partner. It is refused with TRACKING_ID_IN_USE while a usable subscribe token has the id or a viewer is connected under it, and with TRACKING_ID_HAS_TRAFFIC once it has traffic, since bills hang on it.",
    args: { input: t.arg({ type: TrackingIdInput, required: true, description: "Which id, and whose it is." }) },
    resolve: (_root, { input }, context) =>
      payload(() =>
        aloneWith(input.partner, "input.partner", context, (partner, lease) => release(input, partner, lease, context)),
      ),
  }),
}));

async function adopt(
  { trackingId, dryRun }: Input,
  partner: RegisteredPartner,
  lease: PartnerLease,
  context: GraphContext,
) {
  const { store, tokenCache, now } = context;
  if (partner.status !== "ACTIVE") throw new PartnerNotActiveError(partner, "input.partner");
  assertTrackingIds([...new Set([...partner.trackingIds, trackingId])], "input.trackingId");
  const holder = await store.partners.byTrackingId(trackingId);
  if (holder && holder.id !== partner.id) throw new TrackingIdTakenError(trackingId, "input.trackingId");
  const tokens = (await tokenCache.readRefreshed()).withTrackingId(trackingId);
  const usable = tokens.filter((token) => isUsable(token, now));
  const formerHolders = holder ? [] : await store.partners.formerHolders(trackingId);
  assertNoViolations([
    ...masterViolations(usable, "input.trackingId"),
    ...foreignTokens(usable, formerHolders, partner.id, "input.trackingId"),
  ]);
  const holdings = await holdingsOf(trackingId, tokens, formerHolders, context);
  if (dryRun || holder) return { partner: toPartnerRecord(partner), holdings };
  const adopted = await change(partner, lease, context, async ({ partners }) => {
    const present = await partners.locked(partner.id);
    if (present && present.status !== "ACTIVE") throw new PartnerNotActiveError(present, "input.partner");
    await partners.addTrackingId(partner.id, trackingId, newestToken(context));
  });
  return { ...adopted, holdings };
}

async function undo(
  { trackingId, dryRun }: Input,
  partner: RegisteredPartner,
  lease: PartnerLease,
  context: GraphContext,
) {
  if (!partner.trackingIds.includes(trackingId)) throw new NotFoundError("input.trackingId");
  const { store, tokenCache, now } = context;
  const claim = await store.partners.claim(partner.id, trackingId);
  const argument = "input.trackingId";
  if (!claim) throw new NotFoundError(argument);
  if (await store.partners.hasStatement(partner.id, trackingId)) {
    throw new ConflictError("A statement has been issued for the tracking id, so its adoption is final.", { argument });
  }
  const tokens = (await tokenCache.readRefreshed()).withTrackingId(trackingId);
  const since = tokens.filter((token) => token.id > claim.afterToken);
  const usable = since.filter((token) => isUsable(token, now));
  if (usable.length > 0)
    throw inUse("has been made for the partner under the tracking id since its adoption", usable, argument);
  // Whoever came by such a token watches on although it is disabled or deleted, and would be the next holder's viewer.
  const isMadeSince = since.length > 0 || claim.newestToken > claim.afterToken;
  if (isMadeSince) await assertNobodyWatches(trackingId, context);
  assertNotLast(partner, trackingId);
  if (dryRun) return { partner: toPartnerRecord(partner) };
  return change(partner, lease, context, ({ partners }) =>
    partners.removeTrackingId(partner.id, trackingId, newestToken(context), now),
  );
}

async function release(
  { trackingId, dryRun }: Input,
  partner: RegisteredPartner,
  lease: PartnerLease,
  context: GraphContext,
) {
  if (!partner.trackingIds.includes(trackingId)) throw new NotFoundError("input.trackingId");
  const { tokenCache, now } = context;
  const rows = await freshRows(trackingId, context);
  if (rows.some(({ traffic }) => traffic.bytesOut > 0n || traffic.bytesIn > 0n)) throw hasTraffic();
  const usable = (await tokenCache.readRefreshed()).withTrackingId(trackingId).filter((token) => isUsable(token, now));
  if (usable.length > 0) throw inUse("has the tracking id", usable, "input.trackingId");
  await assertNoViewers(trackingId, context);
  assertNotLast(partner, trackingId);
  if (dryRun) return { partner: toPartnerRecord(partner) };
  return change(partner, lease, context, ({ partners }) =>
    partners.removeTrackingId(partner.id, trackingId, newestToken(context), now),
  );
}

/** @throws LastTrackingIdError as the store does; a dry run says so too */
function assertNotLast({ trackingIds }: RegisteredPartner, trackingId: string): void {
  if (trackingIds.length === 1) throw new LastTrackingIdError(trackingId);
}

/** Changes the partner while the lease is held. */
async function change(
  { id }: RegisteredPartner,
  lease: PartnerLease,
  context: GraphContext,
  work: (tables: Tables) => Promise<void>,
): Promise<{ readonly partner: PartnerRecord | null }> {
  const partner = await commitLast(context, async (tables) => {
    await lease.assertHeld(tables);
    await work(tables);
    return tables.partners.byId(id);
  });
  context.partnerCache.changed();
  return { partner: partner && toPartnerRecord(partner) };
}

async function holdingsOf(
  trackingId: string,
  tokens: readonly SubscribeTokenRecord[],
  formerHolders: readonly FormerHolder[],
  context: GraphContext,
): Promise<Holdings> {
  const { loaders, now } = context;
  const [rows, known, former] = await Promise.all([
    freshRows(trackingId, context),
    loaders.streamNames(),
    Promise.all(formerHolders.map(({ partnerId }) => loaders.partners.byId(partnerId))),
  ]);
  const grants = tokens.filter((token) => isUsable(token, now)).flatMap(({ streams }) => streams);
  const named = grants.flatMap(({ pattern, isRegex }) => (isRegex ? [] : pattern));
  const metered = rows.flatMap(({ streamName }) => streamName ?? []);
  const opened = known.filter(openedBy(grants, context.patternReadings.read));
  return {
    tokens,
    streamNames: [...new Set([...opened, ...named, ...metered])].sort(),
    traffic: sumTraffic(rows.map(({ traffic }) => traffic)),
    formerPartners: former.flatMap((partner) => partner ?? []),
  };
}

/** Rows of all days that the platform keeps, read now: the figure cache may hold those of a quarter hour ago. */
async function freshRows(trackingId: string, { upstream, now, signal }: GraphContext) {
  const rows = await upstream.analytics.trackingTotals([trackingId], allDaysRetained(now), signal);
  return rows.get(trackingId) ?? [];
}

/** @throws ApplicationError TRACKING_ID_IN_USE, TRACKING_ID_HAS_TRAFFIC; UpstreamError */
async function assertNoViewers(trackingId: string, context: GraphContext): Promise<void> {
  await assertNobodyWatches(trackingId, context);
  // Figures lag behind: whoever has just left is in the records alone.
  const { now } = context;
  const window = { from: now - RECORDS_WINDOW_MS, to: now + HOUR_MS };
  if (await hasRecord({ by: "STARTED", trackingIds: [trackingId], state: null, window }, context)) throw hasTraffic();
}

/** @throws ApplicationError TRACKING_ID_IN_USE while a viewer is connected; UpstreamError */
async function assertNobodyWatches(trackingId: string, context: GraphContext): Promise<void> {
  const { now } = context;
  const window = { from: allDaysRetained(now).from, to: now + HOUR_MS };
  if (!(await hasRecord({ by: "STARTED", trackingIds: [trackingId], state: "ONGOING", window }, context))) return;
  const message = "A viewer is connected under the tracking id, so it stays with its partner.";
  throw new ApplicationError("TRACKING_ID_IN_USE", message, { argument: "input.trackingId" });
}

function hasTraffic(): ApplicationError {
  const message = "The tracking id has traffic within the last year, so it stays with its partner.";
  return new ApplicationError("TRACKING_ID_HAS_TRAFFIC", message, { argument: "input.trackingId" });
}

/** False where the account has no viewer records, which are a premium feature. @throws UpstreamError when they fail */
async function hasRecord(query: ViewerRecordsQuery, { upstream, signal }: GraphContext): Promise<boolean> {
  try {
    for await (const _record of upstream.viewerRecords.stream(query, signal)) return true;
    return false;
  } catch (error) {
    const isMissing = error instanceof UpstreamError && refusalCodes.includes(error.code);
    if (isMissing) return false;
    throw error;
  }
}
