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
  description: "Outcome for a viewer who asks to watch a stream.",
  values: enumValues(viewingVerdicts),
});

const ViewingRule = builder.enumType("ViewingRule", {
  description: "Rules that decide whether a viewer may watch, in the order in which the platform applies them.",
  values: enumValues(viewingRules),
});

const ViewingRuleResult = builder.objectRef<RuleOutcome>("ViewingRuleResult").implement({
  description: "Outcome of one rule for a viewer.",
  fields: (t) => ({
    rule: t.expose("rule", { type: ViewingRule, description: "Stable, machine-readable name of the rule." }),
    verdict: t.expose("verdict", { type: ViewingVerdict, description: "Outcome if this rule alone decided." }),
    message: t.string({
      description:
        "Explanation of the rule for a person, which names a token with an unreadable pattern if one is involved.",
      resolve: ({ rule, detail }) => (detail ? `${viewingRules[rule]} ${detail}` : viewingRules[rule]),
    }),
  }),
});

export interface ViewingDecisionValue extends Decision {
  readonly isLive: boolean;
}

export const ViewingDecision = builder.objectRef<ViewingDecisionValue>("ViewingDecision").implement({
  description: "Decision whether a viewer may watch a stream, with the rules behind it.",
  fields: (t) => ({
    verdict: t.field({
      type: ViewingVerdict,
      description: "Outcome for the viewer.",
      resolve: ({ decidedBy }) => decidedBy.verdict,
    }),
    decidedBy: t.expose("decidedBy", {
      type: ViewingRuleResult,
      description: "The rule that decides, with its outcome.",
    }),
    failedRules: t.field({
      type: [ViewingRuleResult],
      description: "Every rule that refuses the viewer or can't be decided; empty if the viewer is admitted.",
      resolve: ({ failedRules }) => [...failedRules],
    }),
    geoRules: t.expose("geoRules", {
      type: EffectiveGeoRules,
      nullable: true,
      description: "Geo rules that apply to the viewer; null if it is undecided which publish token applies.",
    }),
    isLive: t.exposeBoolean("isLive", {
      description:
        "Whether the stream is on air. If so, the verdict is about the live feeds; otherwise about the moment when it is broadcast.",
    }),
  }),
});

/** Descriptions of the arguments that say where a viewer is. */
export const viewerLocationDescriptions = {
  country: "Country of the viewer, by ISO 3166-1 alpha-2. If left out, geo rules are UNDECIDED.",
  origin: "Origin of the viewer's page, such as `https://player.demo.com`. Defaults to none, as of an app.",
  ip: "IPv4 or IPv6 address of the viewer. If left out, lists of addresses are UNDECIDED.",
} as const;

/** Where a viewer is, as the client sends it. */
export interface ViewerLocationInput {
  readonly country?: string | null | undefined;
  readonly origin?: string | null | undefined;
  readonly ip?: string | null | undefined;
}

/** Where a viewer is, after validation. */
export type ViewerLocation = Pick<Viewer, "country" | "origin" | "ip">;

/**
 * Validates where a viewer is.
 *
 * @param path path of the input object, `input.viewer`; empty for arguments of the field itself
 * @throws InvalidInputError for an address or origin of the wrong form
 */
export function parseViewerLocation({ country, origin, ip }: ViewerLocationInput, path = ""): ViewerLocation {
  const at = (name: string) => (path ? `${path}.${name}` : name);
  const address = ip == null ? null : parseAddress(ip);
  if (ip != null && address === null)
    throw new InvalidInputError(at("ip"), `\`${at("ip")}\` must be one IPv4 or IPv6 address; got \`${ip}\`.`);
  if (origin != null && !isOriginOfPage(origin)) {
    throw new InvalidInputError(
      at("origin"),
      `\`${at("origin")}\` must be an origin such as \`https://player.demo.com\`, without a path; got \`${origin}\`.`,
    );
  }
  return { country: country ?? null, origin: origin ?? null, ip: address };
}

/** Decides whether a viewer may watch the stream now, or when it is broadcast. @throws UpstreamError */
export async function viewingDecision(
  streamName: string,
  viewer: Viewer,
  context: GraphContext,
): Promise<ViewingDecisionValue> {
  const publishing = await publishingOf(streamName, context);
  return { ...decideViewing(publishing, viewer, context.now, context.patternReadings.read), isLive: publishing.isLive };
}

/** Returns the publish tokens of the live feeds; off air, those that may broadcast the stream. */
async function publishingOf(streamName: string, context: GraphContext): Promise<PublishingState> {
  const { loaders } = context;
  const live = await loaders.liveStreams.withFeeds(streamName);
  const feeds = liveFeeds(live?.feeds ?? []);
  const ids = feeds.flatMap(({ publishTokenId }) => publishTokenId ?? []);
  const feeding = (await Promise.all(ids.map((id) => loaders.publishToken(id)))).filter((token) => token !== null);
  if (feeding.length > 0) return { streamName, publishTokens: feeding, isLive: true };
  return { streamName, publishTokens: await possiblePublishTokens(streamName, context), isLive: false };
}
