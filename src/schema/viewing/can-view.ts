import type { GraphContext } from "../../context.ts";
import { InvalidInputError } from "../../model/errors.ts";
import { liveFeeds } from "../../model/feeds.ts";
import { parseAddress } from "../../model/network.ts";
import { isOriginOfPage } from "../../model/restrictions.ts";
import {
  type ViewingDecision as Decision,
  decideViewing,
  type Publishing,
  type Ruling,
  viewingRules,
  viewingVerdicts,
} from "../../model/viewing.ts";
import { builder } from "../builder.ts";
import { enumValues } from "../enum-values.ts";
import { findStream, StreamRef } from "../stream/find-stream.ts";
import { usablePublishTokens } from "../stream/usable-publish-tokens.ts";
import { findSubscribeToken, SubscribeTokenRef } from "../token/find-token.ts";
import { EffectiveGeoRules } from "./effective-geo-rules.ts";

const ViewingVerdict = builder.enumType("ViewingVerdict", {
  description: "What comes of a viewer who asks to watch a stream.",
  values: enumValues(viewingVerdicts),
});

const ViewingRule = builder.enumType("ViewingRule", {
  description: "The rules that decide whether a viewer may watch, in the order in which the platform asks them.",
  values: enumValues(viewingRules),
});

const ViewingRuling = builder.objectRef<Ruling>("ViewingRuling").implement({
  description: "What one rule makes of a viewer.",
  fields: (t) => ({
    rule: t.expose("rule", { type: ViewingRule, description: "The rule, for a program." }),
    verdict: t.expose("verdict", { type: ViewingVerdict, description: "What would come of it if it stood alone." }),
    message: t.string({ description: "The rule, for a person.", resolve: ({ rule }) => viewingRules[rule] }),
  }),
});

interface ViewingDecisionValue extends Decision {
  readonly isLive: boolean;
}

const ViewingDecision = builder.objectRef<ViewingDecisionValue>("ViewingDecision").implement({
  description: "Whether a viewer may watch a stream, and why.",
  fields: (t) => ({
    verdict: t.field({
      type: ViewingVerdict,
      description: "What comes of the viewer.",
      resolve: ({ decidedBy }) => decidedBy.verdict,
    }),
    decidedBy: t.expose("decidedBy", { type: ViewingRuling, description: "The rule that decides." }),
    objections: t.field({
      type: [ViewingRuling],
      description: "Every rule that refuses the viewer or leaves it open; empty for one who is admitted.",
      resolve: ({ objections }) => [...objections],
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

builder.queryField("canView", (t) =>
  t.field({
    type: ViewingDecision,
    nullable: true,
    authScopes: { staff: "token:read" },
    description:
      "Whether a viewer may watch a stream, by the rules that the platform asks when a viewer connects, and which of them decides. Of a viewer token, ask for its parent; `inspectViewerToken` explains what it adds.",
    args: {
      stream: t.arg({ type: StreamRef, required: true, description: "The stream." }),
      token: t.arg({
        type: SubscribeTokenRef,
        description: "The subscribe token that the viewer shows; left out for a viewer who shows none.",
      }),
      country: t.arg({ type: "CountryCode", description: "Where the viewer is. Left out, geo rules stay open." }),
      origin: t.arg.string({
        description:
          "Origin of the page, such as `https://player.demo.com`; left out for a viewer who sends none, such as an app.",
      }),
      ip: t.arg.string({ description: "The viewer's IPv4 or IPv6 address. Left out, lists of addresses stay open." }),
    },
    resolve: async (_root, { stream, token, country, origin, ip }, context) => {
      const address = ip == null ? null : parseAddress(ip);
      if (ip != null && address === null) throw new InvalidInputError("ip", "It is one IPv4 or IPv6 address.");
      if (origin != null && !isOriginOfPage(origin)) {
        throw new InvalidInputError("origin", "It is an origin such as `https://player.demo.com`, without a path.");
      }
      const { name } = await findStream(stream, "stream", context);
      const shown = token ? await findSubscribeToken(token, "token", context) : null;
      const viewer = { token: shown, country: country ?? null, origin: origin ?? null, ip: address };
      const publishing = await publishingOf(name, context);
      return { ...decideViewing(publishing, viewer, context.now), isLive: publishing.isLive };
    },
  }),
);

/** Who broadcasts the stream now, or may. */
async function publishingOf(streamName: string, context: GraphContext): Promise<Publishing> {
  const { loaders } = context;
  const live = await loaders.liveStreams.withFeeds(streamName);
  const feeds = liveFeeds(live?.feeds ?? []);
  const ids = feeds.flatMap(({ publishTokenId }) => publishTokenId ?? []);
  const feeding = (await Promise.all(ids.map((id) => loaders.publishToken(id)))).filter((token) => token !== null);
  if (feeding.length > 0) return { streamName, publishTokens: feeding, isLive: true };
  return { streamName, publishTokens: await usablePublishTokens(streamName, context), isLive: false };
}
