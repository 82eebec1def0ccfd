import type { GraphContext } from "../../context.ts";
import type { PartnerRecord } from "../../model/partner/partner.ts";
import { openedBy, streamRecord } from "../../model/stream/stream.ts";
import { isUsable, type SubscribeTokenRecord } from "../../model/token/token.ts";
import { sumTraffic, type Traffic as TrafficRecord } from "../../model/usage/traffic.ts";
import type { FormerHolder } from "../../store/records.ts";
import { Traffic } from "../bandwidth/traffic.ts";
import { builder } from "../builder.ts";
import { Partner, Stream, SubscribeToken } from "../refs.ts";
import { freshRows } from "./tracking-ids.ts";

/** Tokens, streams and traffic that belong to a tracking id. */
export interface Holdings {
  readonly tokens: readonly SubscribeTokenRecord[];
  readonly streamNames: readonly string[];
  readonly traffic: TrafficRecord;
  readonly formerPartners: readonly PartnerRecord[];
}

export const TrackingIdHoldings = builder.objectRef<Holdings>("TrackingIdHoldings").implement({
  description: "Tokens, streams and traffic that a partner takes over with a tracking id that it adopts.",
  fields: (t) => ({
    subscribeTokens: t.field({
      type: [SubscribeToken],
      description: "Every subscribe token with the tracking id, usable or not, by ascending number. Empty for none.",
      resolve: ({ tokens }) => [...tokens],
    }),
    streams: t.field({
      type: [Stream],
      description:
        "Streams that a usable token with the tracking id opens, or that have traffic under it, by name. Empty for none.",
      resolve: ({ streamNames }) => streamNames.map(streamRecord),
    }),
    traffic: t.expose("traffic", {
      type: Traffic,
      description: "Traffic under the tracking id over the last 365 days, read for this request.",
    }),
    formerPartners: t.field({
      type: [Partner],
      description: "Partners that had the tracking id before, the latest one last; empty if none had it.",
      resolve: ({ formerPartners }) => [...formerPartners],
    }),
  }),
});

/** Reads what belongs to a tracking id. @throws UpstreamError */
export async function holdingsOf(
  trackingId: string,
  tokens: readonly SubscribeTokenRecord[],
  formerHolders: readonly FormerHolder[],
  context: GraphContext,
): Promise<Holdings> {
  const { loaders, now } = context;
  const [rows, knownNames, former] = await Promise.all([
    freshRows(trackingId, context),
    loaders.streamNames(),
    Promise.all(formerHolders.map(({ partnerId }) => loaders.partners.byId(partnerId))),
  ]);
  const grants = tokens.filter((token) => isUsable(token, now)).flatMap(({ streams }) => streams);
  const opened = knownNames.filter(openedBy(grants, context.patternReadings.read));
  const granted = grants.flatMap(({ pattern, isRegex }) => (isRegex ? [] : pattern));
  const metered = rows.flatMap(({ streamName }) => streamName ?? []);
  return {
    tokens,
    streamNames: [...new Set([...opened, ...granted, ...metered])].sort(),
    traffic: sumTraffic(rows.map(({ traffic }) => traffic)),
    formerPartners: former.flatMap((partner) => partner ?? []),
  };
}
