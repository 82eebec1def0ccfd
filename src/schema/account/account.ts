import type { GraphContext } from "../../context.ts";
import { accountBandwidth, streamTrackingBandwidth, sumBandwidth } from "../../loaders/bandwidth.ts";
import { isMetered } from "../../model/stream/stream.ts";
import type { GeoCascade as Cascade, CountryRules } from "../../model/token/token.ts";
import { type MaybePromise, mapMaybe } from "../../primitives/maybe-promise.ts";
import { Bandwidth, BandwidthValue } from "../bandwidth/bandwidth.ts";
import { loadsUsage } from "../batch-hints.ts";
import { builder } from "../builder.ts";
import { MediaExpiry } from "../media/media-expiry.ts";
import { GeoCascade } from "../token/publish-token.ts";
import { TranscoderUsage } from "../transcoder/transcoder.ts";
import { dailyWindow, usageWindow, windowArgs } from "../window.ts";
import { ClipUsage, DrmUsage, StorageUsage, StoredMedia } from "./meters.ts";
import { AccountReconciliation, reconcile } from "./reconciliation.ts";

/** The account that the gateway's API secret belongs to. What it sets for its tokens is read when it is first asked for. */
export interface AccountRecord {
  readonly kind: "Account";
  readonly accountId: string;
  countryRules(): Promise<CountryRules>;
  geoCascade(): Promise<Cascade>;
}

/** The account, with what of its settings is known already. @throws UpstreamError when its id can't be read */
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
    accountId: t.exposeString("accountId", { description: "Its public id: the first part of every stream id." }),
    defaultCluster: t.string({
      nullable: true,
      description: "The cluster of tokens that name none.",
      resolve: async (_account, _args, { account }) => (await account.clusters()).defaultCluster,
    }),
    allowedCountries: t.field({
      type: ["CountryCode"],
      nullable: true,
      description: "Countries whose viewers may watch, for tokens that set no rule; empty for any.",
      resolve: async (account) => [...(await account.countryRules()).allowedCountries],
    }),
    deniedCountries: t.field({
      type: ["CountryCode"],
      nullable: true,
      description: "Countries whose viewers may not watch, for tokens that set no rule.",
      resolve: async (account) => [...(await account.countryRules()).deniedCountries],
    }),
    geoCascade: t.field({
      type: GeoCascade,
      nullable: true,
      description: "Where streams are relayed to, for publish tokens that set nothing.",
      resolve: (account) => account.geoCascade(),
    }),
    mediaExpiry: t.field({
      type: MediaExpiry,
      nullable: true,
      authScopes: { staff: "stream:read" },
      description: "How long recordings, clips, and the cache which clips are cut from are kept.",
      resolve: (_account, _args, { upstream, signal }) => upstream.mediaExpiry.read(signal),
    }),
    usage: t.field({
      type: Bandwidth,
      nullable: true,
      authScopes: { staff: "usage:read" },
      extensions: loadsUsage("ACCOUNT"),
      description: "All traffic of the account over a window. Whole UTC months are kept without end.",
      args: windowArgs,
      resolve: (_account, args, context) =>
        new BandwidthValue(accountBandwidth(context.loaders.usage), usageWindow(args, context)),
    }),
    untrackedUsage: t.field({
      type: Bandwidth,
      nullable: true,
      authScopes: { staff: "usage:read" },
      description:
        "Traffic of no partner over a window, on all streams that are known by name: viewers without a tracking id (`bytesOut`), and what broadcasters sent (`bytesIn`).",
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
      description: "For how long all transcoders together were active, those that have been deleted since included.",
      args: windowArgs,
      resolve: (_account, args, context) => ({ transcoderId: null, window: dailyWindow(args, context) }),
    }),
    clipUsage: t.field({
      type: ClipUsage,
      nullable: true,
      authScopes: { staff: "usage:read" },
      description: "Minutes of the clips that were ordered in a window.",
      args: windowArgs,
      resolve: (_account, args, context) => ({ window: dailyWindow(args, context) }),
    }),
    storageUsage: t.field({
      type: StorageUsage,
      nullable: true,
      authScopes: { staff: "usage:read" },
      description: "What was kept of recordings, clips and their cache in a window, and for how long.",
      args: windowArgs,
      resolve: (_account, args, context) => ({ window: dailyWindow(args, context) }),
    }),
    storedMedia: t.field({
      type: StoredMedia,
      nullable: true,
      authScopes: { staff: "usage:read" },
      description: "What is kept now in the platform's storage.",
      resolve: (_account, _args, { loaders }) => loaders.meters.storedBytes(),
    }),
    drmUsage: t.field({
      type: DrmUsage,
      nullable: true,
      authScopes: { staff: "usage:read" },
      description: "Requests for DRM licences in a window.",
      args: windowArgs,
      resolve: (_account, args, context) => ({ window: dailyWindow(args, context) }),
    }),
    reconciliation: t.field({
      type: AccountReconciliation,
      nullable: true,
      authScopes: { staff: "usage:read" },
      description:
        "The account's traffic against that of its partners over a window: what is billed, to whom, and what is left.",
      args: windowArgs,
      resolve: async (_account, args, context) =>
        reconcile(await meteredStreams(context), usageWindow(args, context), context),
    }),
  }),
});

/** Streams that analytics can be asked for. */
function meteredStreams({ loaders }: GraphContext): MaybePromise<readonly string[]> {
  const names = mapMaybe(loaders.streamNames(), (known) => known.filter(isMetered));
  return loaders.batchScheduler.holdUntil(new Set(["STREAM_TRACKING"]), names);
}
