import type { GraphContext } from "../../context.ts";
import { InvalidInputError } from "../../model/errors.ts";
import { parseAddress } from "../../model/network.ts";
import { liveFeeds } from "../../model/stream/feed-ranking.ts";
import { isOriginOfPage } from "../../model/token/restrictions.ts";
import {
  type ViewingDecision as Decision,
  decideViewing,
  type PublishingState,
  type RuleOutcome,
  type Viewer,
  viewingRules,
  viewingVerdicts,
} from "../../model/viewing/viewing.ts";
import { builder } from "../builder.ts";
import { enumValues } from "../enum-values.ts";
import { possiblePublishTokens } from "../stream/usable-publish-tokens.ts";
import { EffectiveGeoRules } from "./effective-geo-rules.ts";

const ViewingVerdict = builder.enumType("ViewingVerdict", {
  description: "What comes of a viewer who asks to watch a stream.",
  values: enumValues(viewingVerdicts),
});

const ViewingRule = builder.enumType("ViewingRule", {
  description: "The rules that decide whether a viewer may watch, in the order in which the platform asks them.",
  values: enumValues(viewingRules),
});

const ViewingRuleResult = builder.objectRef<RuleOutcome>("ViewingRuleResult").implement({
  description: "What one rule makes of a viewer.",
  fields: (t) => ({
    rule: t.expose("rule", { type: ViewingRule, description: "The rule, for a program." }),
    verdict: t.expose("verdict", { type: ViewingVerdict, description: "What would come of it if it stood alone." }),
    message: t.string({
      description:
        "The rule, for a person; it names a token whose pattern the gateway can't read, where one plays a part.",
      resolve: ({ rule, detail }) => (detail ? `${viewingRules[rule]} ${detail}` : viewingRules[rule]),
    }),
  }),
});

export interface ViewingDecisionValue extends Decision {
  readonly isLive: boolean;
}

export const ViewingDecision = builder.objectRef<ViewingDecisionValue>("ViewingDecision").implement({
  description: "Whether a viewer may watch a stream, and why.",
  fields: (t) => ({
    verdict: t.field({
      type: ViewingVerdict,
      description: "What comes of the viewer.",
      resolve: ({ decidedBy }) => decidedBy.verdict,
    }),
    decidedBy: t.expose("decidedBy", { type: ViewingRuleResult, description: "The rule that decides." }),
    failedRules: t.field({
      type: [ViewingRuleResult],
      description: "Every rule that refuses the viewer or leaves it open; empty for one who is admitted.",
      resolve: ({ failedRules }) => [...failedRules],
    }),
    geoRules: t.expose("geoRules", {
      type: EffectiveGeoRules,
      nullable: true,
      description: "The geo rules that hold for the viewer; null where it is open which publish token decides.",
    }),
    isLive: t.exposeBoolean("isLive", {
      description:
        "Whether the stream is on air, so that the verdict is of its live feeds. Off air it is of the moment when it is broadcast.",
    }),
  }),
});

/** How to say where a viewer is. */
export const placeDescriptions = {
  country: "Where the viewer is. Left out, geo rules stay open.",
  origin:
    "Origin of the page, such as `https://player.demo.com`; left out for a viewer who sends none, such as an app.",
  ip: "The viewer's IPv4 or IPv6 address. Left out, lists of addresses stay open.",
} as const;

/** Where a viewer is, as a client wrote it. */
export interface Place {
  readonly country?: string | null | undefined;
  readonly origin?: string | null | undefined;
  readonly ip?: string | null | undefined;
}

/** Where a viewer is, checked. */
export type ViewerAt = Pick<Viewer, "country" | "origin" | "ip">;

/** @param path where the client wrote it: `viewer`, or nothing for arguments of their own. @throws InvalidInputError */
export function viewerAt({ country, origin, ip }: Place, path = ""): ViewerAt {
  const at = (name: string) => (path ? `${path}.${name}` : name);
  const address = ip == null ? null : parseAddress(ip);
  if (ip != null && address === null) throw new InvalidInputError(at("ip"), "It is one IPv4 or IPv6 address.");
  if (origin != null && !isOriginOfPage(origin)) {
    throw new InvalidInputError(at("origin"), "It is an origin such as `https://player.demo.com`, without a path.");
  }
  return { country: country ?? null, origin: origin ?? null, ip: address };
}

/** Whether a viewer may watch the stream now, or when it is broadcast. @throws UpstreamError */
export async function viewingDecision(
  streamName: string,
  viewer: Viewer,
  context: GraphContext,
): Promise<ViewingDecisionValue> {
  const publishing = await publishingOf(streamName, context);
  return { ...decideViewing(publishing, viewer, context.now, context.patternReadings.read), isLive: publishing.isLive };
}

/** Who broadcasts the stream now, or may. */
async function publishingOf(streamName: string, context: GraphContext): Promise<PublishingState> {
  const { loaders } = context;
  const live = await loaders.liveStreams.withFeeds(streamName);
  const feeds = liveFeeds(live?.feeds ?? []);
  const ids = feeds.flatMap(({ publishTokenId }) => publishTokenId ?? []);
  const feeding = (await Promise.all(ids.map((id) => loaders.publishToken(id)))).filter((token) => token !== null);
  if (feeding.length > 0) return { streamName, publishTokens: feeding, isLive: true };
  return { streamName, publishTokens: await possiblePublishTokens(streamName, context), isLive: false };
}
