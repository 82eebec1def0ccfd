import type { GraphContext } from "../../context.ts";
import {
  type Finding as FindingRecord,
  type GrantFacts,
  inactivePartnerFindings,
  publishTokenFindings,
  type StreamTraffic,
  streamFindings,
  subscribeTokenFindings,
  trafficFindings,
  untrackedTraffic,
} from "../../model/partner/findings.ts";
import { isMetered } from "../../model/stream/stream.ts";
import { isUsable } from "../../model/token/token.ts";
import { ceilTo, DAY_MS, HOUR_MS } from "../../model/usage/time.ts";
import { builder } from "../builder.ts";
import { Finding } from "./finding.ts";
import { expiryHorizon, FindingConnection, findingArgs, findingPage, grantFacts } from "./finding-list.ts";
import { leftBehindFindings } from "./left-behind.ts";

/** Age of the oldest traffic that findings consider, in milliseconds. */
const TRAFFIC_WINDOW_MS = 7 * DAY_MS;

builder.queryField("findings", (t) =>
  t.connection(
    {
      type: Finding,
      nullable: true,
      authScopes: { staff: "partner:read" },
      description:
        "Problems of the account, most severe first: unsecured streams, untracked traffic, and tokens that open too much, are in different clusters, expire soon or were left behind by an interrupted request. Traffic of the last 7 days is considered. Null, with an error, if the platform cannot be read.",
      args: findingArgs,
      resolve: async (_root, args, context) => {
        const expiringBefore = expiryHorizon(args.expiringWithinDays, context);
        return findingPage(await accountFindings(expiringBefore, context), args);
      },
    },
    FindingConnection,
  ),
);

async function accountFindings(expiringBefore: number, context: GraphContext): Promise<FindingRecord[]> {
  const { loaders, now } = context;
  const [tokens, streamNames, partners] = await Promise.all([
    loaders.tokens(),
    loaders.streamNames(),
    context.partnerCache.read(),
  ]);
  const traffic = await recentTraffic(streamNames, context);
  const streams = streamNames.map((streamName) => ({
    streamName,
    publish: tokens.publish.possiblyCovering(streamName),
    subscribe: tokens.subscribe.covering(streamName),
  }));
  const facts = { ...(await grantFacts(context)), watched: watchedBy(traffic) };
  const publishers = new Map(
    streams.map(({ streamName, publish }) => [streamName, publish.filter((token) => isUsable(token, now))]),
  );
  const isSecured = (name: string) => {
    const own = publishers.get(name) ?? [];
    return own.length > 0 && own.every((token) => token.isSecured);
  };
  const rowsByName = new Map(traffic.map(({ streamName, rows }) => [streamName, rows]));
  const untracked = (name: string) => {
    const rows = rowsByName.get(name);
    if (!rows) return null;
    const publish = tokens.publish.possiblyCovering(name);
    return untrackedTraffic({ publish, subscribe: tokens.subscribe.possiblyCovering(name) }, rows, trafficFrom(now));
  };
  const isInactive = (trackingId: string) => (partners.byTrackingId(trackingId)?.status ?? "ACTIVE") !== "ACTIVE";
  const isClaimed = (trackingId: string) => partners.byTrackingId(trackingId) !== null;
  return [
    ...streams.flatMap((stream) =>
      streamFindings(stream, now, facts, isSecured(stream.streamName) ? null : untracked(stream.streamName)),
    ),
    ...subscribeTokenFindings(tokens.subscribe.all(), now, expiringBefore, facts),
    ...inactivePartnerFindings(tokens.subscribe.all(), isInactive, now),
    ...(await leftBehindFindings(context)),
    ...publishTokenFindings(tokens.publish.all(), now, expiringBefore, facts.read),
    ...trafficFindings(traffic, { isSecured, isClaimed, untracked, now }),
  ];
}

function trafficFrom(now: number): number {
  return ceilTo(now - TRAFFIC_WINDOW_MS, DAY_MS);
}

async function recentTraffic(streamNames: readonly string[], { loaders, now }: GraphContext): Promise<StreamTraffic[]> {
  const window = { from: trafficFrom(now), to: ceilTo(now, HOUR_MS) };
  return Promise.all(
    streamNames
      .filter(isMetered)
      .map(async (streamName) => ({ streamName, rows: await loaders.trackingRows(streamName, window) })),
  );
}

/** Returns the streams with traffic under each tracking id. */
function watchedBy(traffic: readonly StreamTraffic[]): GrantFacts["watched"] {
  const byTrackingId = new Map<string, string[]>();
  for (const { streamName, rows } of traffic) {
    for (const row of rows) {
      if (row.trackingId === null || row.traffic.bytesOut === 0n) continue;
      const names = byTrackingId.get(row.trackingId);
      if (names) names.push(streamName);
      else byTrackingId.set(row.trackingId, [streamName]);
    }
  }
  return (trackingId) => byTrackingId.get(trackingId) ?? [];
}
