import type { GraphContext } from "../../context.ts";
import { accountBandwidth } from "../../loaders/account-bandwidth.ts";
import { readCoverage, readTotal } from "../../loaders/bandwidth.ts";
import { bucketBoundary } from "../../model/usage/bucket-date.ts";
import { earliestFreshUntil } from "../../model/usage/measured.ts";
import { planTotal, type UsageWindow } from "../../model/usage/time-window.ts";
import { sumTraffic, type Traffic as TrafficFigure } from "../../model/usage/traffic.ts";
import { Traffic } from "../bandwidth/traffic.ts";
import { UsageCoverage } from "../bandwidth/usage-series.ts";
import { builder } from "../builder.ts";
import { answeredWindow, Window } from "../window.ts";

interface Reconciliation {
  readonly window: UsageWindow;
  /** Time up to which all usage is complete, in milliseconds since the epoch. */
  readonly freshUntil: number;
  readonly account: TrafficFigure;
  readonly partners: TrafficFigure;
  readonly untracked: TrafficFigure;
}

export const AccountReconciliation = builder.objectRef<Reconciliation>("AccountReconciliation").implement({
  description:
    "Traffic that the platform meters for the account, compared with the traffic per tracking id. The account pays for more than its partners use: ingest, relays between clusters, re-streams and untracked viewers.",
  fields: (t) => ({
    window: t.field({
      type: Window,
      description: "The window that the figures cover: a window that is not over yet ends at the newest usage.",
      resolve: ({ window, freshUntil }) => answeredWindow(window, freshUntil),
    }),
    freshUntil: t.field({
      type: "DateTime",
      description:
        "End of the last quarter hour for which the usage of the account and of all tracking ids is complete. Readings of different times are compared as they are.",
      resolve: ({ freshUntil }) => bucketBoundary(freshUntil),
    }),
    coverage: t.field({
      type: UsageCoverage,
      nullable: true,
      description:
        "Completeness of the account's traffic over the window; null if it could not be read. Costs one more upstream call.",
      resolve: async ({ window }, _args, { loaders }) => {
        const { value, freshUntil } = await readCoverage(accountBandwidth(loaders.usage), window);
        return { ...value, freshUntil };
      },
    }),
    account: t.expose("account", {
      type: Traffic,
      description: "All traffic of the account, with its parts: viewers, re-streams and relays.",
    }),
    partners: t.expose("partners", {
      type: Traffic,
      description: "Traffic of all tracking ids together, which partners can be billed for.",
    }),
    untracked: t.expose("untracked", {
      type: Traffic,
      description: "Traffic without a tracking id: untracked viewers and the broadcasters' ingest.",
    }),
    residualBytesOut: t.field({
      type: "Bytes",
      description:
        "`bytesOut` of the account minus `bytesOut` of all partners: bytes that the broadcaster pays for itself.",
      resolve: ({ account, partners }) => account.bytesOut - partners.bytesOut,
    }),
    unexplainedBytesOut: t.field({
      type: "Bytes",
      description:
        "`residualBytesOut` minus untracked viewers, re-streams and relays. 0 when every stream with traffic is known by name; negative while the platform's corrections are pending.",
      resolve: ({ account, partners, untracked }) =>
        account.bytesOut -
        partners.bytesOut -
        untracked.bytesOut -
        (account.parts?.restream.bytesOut ?? 0n) -
        (account.parts?.geoCascade.bytesOut ?? 0n),
    }),
  }),
});

/** Compares the account's traffic with that of all tracking ids. @throws InvalidInputError WINDOW_NOT_RETAINED; UpstreamError */
export async function reconcile(
  streamNames: readonly string[],
  window: UsageWindow,
  { loaders }: GraphContext,
): Promise<Reconciliation> {
  const { direct } = planTotal(window, { monthsRetained: false });
  const rowsOf = (name: string) =>
    direct
      ? loaders.usage.trackingRowsByStream.load({ name, window: direct })
      : { value: [], freshUntil: window.retention.freshUntil };
  const [account, ...rows] = await Promise.all([
    readTotal(accountBandwidth(loaders.usage), window),
    ...streamNames.map(rowsOf),
  ]);
  const all = rows.flatMap(({ value }) => value);
  return {
    window,
    freshUntil: Math.min(window.retention.freshUntil, earliestFreshUntil([account, ...rows])),
    account: account.value,
    partners: sumTraffic(all.flatMap(({ trackingId, traffic }) => (trackingId === null ? [] : traffic))),
    untracked: sumTraffic(all.flatMap(({ trackingId, traffic }) => (trackingId === null ? traffic : []))),
  };
}
