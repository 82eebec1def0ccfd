import type { GraphContext } from "../../context.ts";
import { accountBandwidth, readCoverage, readTotal } from "../../loaders/bandwidth.ts";
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
  /** Up to when all of its figures are whole. */
  readonly freshUntil: number;
  readonly account: TrafficFigure;
  readonly partners: TrafficFigure;
  readonly untracked: TrafficFigure;
}

export const AccountReconciliation = builder.objectRef<Reconciliation>("AccountReconciliation").implement({
  description:
    "What the platform meters for the account, against what it meters per tracking id. The account pays for more than its partners use: ingest, relays between clusters, re-streams and untracked viewers.",
  fields: (t) => ({
    window: t.field({
      type: Window,
      description: "The window as it is answered: up to the newest figures when it is not over yet.",
      resolve: ({ window, freshUntil }) => answeredWindow(window, freshUntil),
    }),
    freshUntil: t.field({
      type: "DateTime",
      description:
        "The quarter hour up to which the account's figures and those of all tracking ids are whole. Where some were read later than others, they are compared as they are.",
      resolve: ({ freshUntil }) => bucketBoundary(freshUntil),
    }),
    coverage: t.field({
      type: UsageCoverage,
      nullable: true,
      description: "Whether the account's traffic lacks anything in the window, and what. Read by a call of its own.",
      resolve: async ({ window }, _args, { loaders }) => {
        const { value, freshUntil } = await readCoverage(accountBandwidth(loaders.usage), window);
        return { ...value, freshUntil };
      },
    }),
    account: t.expose("account", { type: Traffic, description: "All traffic of the account, with its parts." }),
    partners: t.expose("partners", {
      type: Traffic,
      description: "The sum over all tracking ids: what partners can be billed.",
    }),
    untracked: t.expose("untracked", {
      type: Traffic,
      description: "Traffic without a tracking id: viewers of no partner, and what broadcasters sent.",
    }),
    residualBytesOut: t.field({
      type: "Bytes",
      description: "`bytesOut` of the account less that of all partners: what the broadcaster bears itself.",
      resolve: ({ account, partners }) => account.bytesOut - partners.bytesOut,
    }),
    unexplainedBytesOut: t.field({
      type: "Bytes",
      description:
        "What is left of the residual after untracked viewers, re-streams and relays: 0 when every stream with traffic is known by name. Negative when corrections are still on their way.",
      resolve: ({ account, partners, untracked }) =>
        account.bytesOut -
        partners.bytesOut -
        untracked.bytesOut -
        (account.parts?.restream.bytesOut ?? 0n) -
        (account.parts?.geoCascade.bytesOut ?? 0n),
    }),
  }),
});

/** @throws InvalidInputError WINDOW_NOT_RETAINED; UpstreamError */
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
