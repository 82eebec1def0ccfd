import type { GraphContext } from "../../context.ts";
import { accountBandwidth } from "../../loaders/account-bandwidth.ts";
import { sumBandwidth } from "../../loaders/sum-bandwidth.ts";
import { streamTrackingBandwidth } from "../../loaders/tracking-bandwidth.ts";
import { isMetered } from "../../model/stream/stream.ts";
import type { GeoCascade as Cascade, CountryRules } from "../../model/token/token.ts";
import { type MaybePromise, mapMaybe } from "../../primitives/maybe-promise.ts";
import { Bandwidth, BandwidthValue } from "../bandwidth/bandwidth.ts";
import { loadsUsage } from "../batch-hints.ts";
import { builder } from "../builder.ts";
import { MediaExpiry } from "../media/media-expiry.ts";
import { TimeZonePeriod } from "../time-zone-period.ts";
import { GeoCascade } from "../token/publish-token.ts";
import { TranscoderUsage } from "../transcoder/transcoder.ts";
import { dailyWindow, usageWindow, windowArgs } from "../window.ts";
import { ClipUsage, DrmUsage, StorageUsage, StoredMedia } from "./meters.ts";
import { AccountReconciliation, reconcile } from "./reconciliation.ts";

/** The account that the gateway's API secret belongs to; its settings are read on demand. */
export interface AccountRecord {
  readonly kind: "Account";
  readonly accountId: string;
  countryRules(): Promise<CountryRules>;
  geoCascade(): Promise<Cascade>;
}

/** Returns the account, with settings that are known already. @throws UpstreamError if its id cannot be read */
export async function accountRecord(
  { account, upstream, signal }: GraphContext,
  known: { readonly countryRules?: CountryRules; readonly geoCascade?: Cascade } = {},
): Promise<AccountRecord> {
  const accountId = await account.id();
  let countryRules = known.countryRules && Promise.resolve(known.countryRules);
  let geoCascade = known.geoCascade && Promise.resolve(known.geoCascade);
  return {
    kind: "Account",
    accountId,
    countryRules: () => {
      countryRules ??= upstream.account.countryRules(signal);
      return countryRules;
    },
    geoCascade: () => {
      geoCascade ??= upstream.account.geoCascade(signal);
      return geoCascade;
    },
  };
}

export const Account = builder.objectRef<AccountRecord>("Account");

builder.node(Account, {
  name: "Account",
  description: "The broadcaster's account, which the platform bills for all traffic.",
  id: { resolve: ({ accountId }) => accountId },
  fields: (t) => ({
    accountId: t.exposeString("accountId", {
      description: "Public id of the account: the first part of every stream id.",
    }),
    defaultCluster: t.string({
      nullable: true,
      description:
        "Id of the default cluster, which tokens use that name no cluster. Null, with an error, if the platform cannot be read.",
      resolve: async (_account, _args, { account }) => (await account.clusters()).defaultCluster,
    }),
    allowedCountries: t.field({
      type: ["CountryCode"],
      nullable: true,
      description:
        "Countries whose viewers may watch, for tokens without a rule of their own; empty allows every country. Null, with an error, if the platform cannot be read.",
      resolve: async (account) => [...(await account.countryRules()).allowedCountries],
    }),
    deniedCountries: t.field({
      type: ["CountryCode"],
      nullable: true,
      description:
        "Countries whose viewers may not watch, for tokens without a rule of their own; empty denies none. Null, with an error, if the platform cannot be read.",
      resolve: async (account) => [...(await account.countryRules()).deniedCountries],
    }),
    geoCascade: t.field({
      type: GeoCascade,
      nullable: true,
      description:
        "Clusters that streams are relayed to, for publish tokens without a setting of their own. Null, with an error, if the platform cannot be read.",
      resolve: (account) => account.geoCascade(),
    }),
    billingTimeZone: t.field({
      type: "TimeZone",
      nullable: true,
      authScopes: { staff: "partner:read" },
      description:
        "Time zone, as last recorded, of the days and months of partners whose own zone has no whole-hour offsets. UTC until `setBillingTimeZone` sets another. Null, with an error, if the store cannot be read.",
      resolve: async (_account, _args, { store }) => (await store.partners.billingTimeZones()).at(-1)?.timeZone,
    }),
    billingTimeZones: t.field({
      type: [TimeZonePeriod],
      nullable: true,
      authScopes: { staff: "partner:read" },
      description:
        "All values of `billingTimeZone` by the month from which they hold, oldest first. Null, with an error, if the store cannot be read.",
      resolve: (_account, _args, { store }) => store.partners.billingTimeZones(),
    }),
    mediaExpiry: t.field({
      type: MediaExpiry,
      nullable: true,
      authScopes: { staff: "stream:read" },
      description:
        "Retention of recordings, of clips, and of the cache that clips are cut from. Null, with an error, if the platform cannot be read.",
      resolve: (_account, _args, { upstream, signal }) => upstream.mediaExpiry.read(signal),
    }),
    usage: t.field({
      type: Bandwidth,
      nullable: true,
      authScopes: { staff: "usage:read" },
      extensions: loadsUsage("ACCOUNT"),
      description:
        "All traffic of the account over a window. Whole UTC months are retained indefinitely. Null, with an error, if the platform cannot be read.",
      args: windowArgs,
      resolve: (_account, args, context) =>
        new BandwidthValue(accountBandwidth(context.loaders.usage), usageWindow(args, context)),
    }),
    untrackedUsage: t.field({
      type: Bandwidth,
      nullable: true,
      authScopes: { staff: "usage:read" },
      description:
        "Traffic without a tracking id over a window, on all streams that are known by name: bytes sent to untracked viewers (`bytesOut`) and bytes that broadcasters sent (`bytesIn`). Null, with an error, if the platform cannot be read.",
      args: windowArgs,
      resolve: async (_account, args, context) => {
        const names = await meteredStreams(context);
        const untracked = names.map((name) => streamTrackingBandwidth(context.loaders.usage, name, null));
        return new BandwidthValue(sumBandwidth(untracked), usageWindow(args, context));
      },
    }),
    transcoderUsage: t.field({
      type: TranscoderUsage,
      nullable: true,
      authScopes: { staff: "usage:read" },
      description:
        "Active time of all cloud transcoders together, deleted ones included. Null, with an error, if the platform cannot be read.",
      args: windowArgs,
      resolve: (_account, args, context) => ({ transcoderId: null, window: dailyWindow(args, context) }),
    }),
    clipUsage: t.field({
      type: ClipUsage,
      nullable: true,
      authScopes: { staff: "usage:read" },
      description:
        "Minutes of the clips that were ordered within a window. Null, with an error, if the platform cannot be read.",
      args: windowArgs,
      resolve: (_account, args, context) => ({ window: dailyWindow(args, context) }),
    }),
    storageUsage: t.field({
      type: StorageUsage,
      nullable: true,
      authScopes: { staff: "usage:read" },
      description:
        "Storage used by recordings, clips and their cache within a window, in gigabyte hours. Null, with an error, if the platform cannot be read.",
      args: windowArgs,
      resolve: (_account, args, context) => ({ window: dailyWindow(args, context) }),
    }),
    storedMedia: t.field({
      type: StoredMedia,
      nullable: true,
      authScopes: { staff: "usage:read" },
      description:
        "Bytes in the platform's storage now, by kind of media. Null, with an error, if the platform cannot be read.",
      resolve: (_account, _args, { loaders }) => loaders.meters.storedBytes(),
    }),
    drmUsage: t.field({
      type: DrmUsage,
      nullable: true,
      authScopes: { staff: "usage:read" },
      description:
        "DRM licence requests within a window, by result and system. Null, with an error, if the platform cannot be read.",
      args: windowArgs,
      resolve: (_account, args, context) => ({ window: dailyWindow(args, context) }),
    }),
    reconciliation: t.field({
      type: AccountReconciliation,
      nullable: true,
      authScopes: { staff: "usage:read" },
      description:
        "The account's traffic compared with its partners' traffic over a window, with the remainder that no partner is billed for. Null, with an error, if the platform cannot be read.",
      args: windowArgs,
      resolve: async (_account, args, context) =>
        reconcile(await meteredStreams(context), usageWindow(args, context), context),
    }),
  }),
});

/** Returns the names of streams that analytics accepts. */
function meteredStreams({ loaders }: GraphContext): MaybePromise<readonly string[]> {
  const names = mapMaybe(loaders.streamNames(), (known) => known.filter(isMetered));
  return loaders.batchScheduler.holdUntil(new Set(["STREAM_TRACKING"]), names);
}
