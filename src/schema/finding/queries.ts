import { seesAccount } from "../../auth/scopes.ts";
import type { GraphContext } from "../../context.ts";
import { InvalidInputError } from "../../model/errors.ts";
import {
  type Finding as FindingRecord,
  findingKinds,
  type GrantFacts,
  inactivePartnerFindings,
  publishTokenFindings,
  type Severity,
  type StreamTraffic,
  severities,
  streamFindings,
  subscribeTokenFindings,
  trafficFindings,
} from "../../model/partner/findings.ts";
import { isMetered } from "../../model/stream/stream.ts";
import { isUsable } from "../../model/token/token.ts";
import { ceilTo, DAY_MS, HOUR_MS } from "../../model/usage/time.ts";
import { builder } from "../builder.ts";
import { byCodeUnit, pageOf, sortableNumber } from "../connection.ts";
import { connectionType } from "../connection-type.ts";
import { tokensOf } from "../partner/partner-tokens.ts";
import { Partner } from "../refs.ts";
import { Finding, FindingSeverity } from "./finding.ts";
import { leftBehindFindings } from "./left-behind.ts";

const FindingConnection = connectionType(Finding, "Finding", "findings");

/** The largest `expiringWithinDays`, in days. */
const MAX_DAYS_AHEAD = 3650;
const DAYS_AHEAD = 14;
/** Age of the oldest traffic that findings consider, in milliseconds. */
const TRAFFIC_WINDOW_MS = 7 * DAY_MS;

const findingArgs = builder.args((t) => ({
  severity: t.field({ type: [FindingSeverity], description: "Only findings of these severities; all by default." }),
  expiringWithinDays: t.int({
    required: true,
    defaultValue: DAYS_AHEAD,
    description: `Days before a token's expiry at which it becomes a finding, 0 to ${MAX_DAYS_AHEAD}.`,
  }),
}));

builder.queryField("findings", (t) =>
  t.connection(
    {
      type: Finding,
      nullable: true,
      authScopes: { staff: "partner:read" },
      description:
        "Problems of the account, most severe first: unsecured streams, untracked traffic, and tokens that open too much, are in different clusters, expire soon or were left behind by an interrupted request. Traffic of the last 7 days is considered.",
      args: findingArgs,
      resolve: async (_root, args, context) => {
        const expiringBefore = horizon(args.expiringWithinDays, context);
        return findingPage(await accountFindings(expiringBefore, context), args);
      },
    },
    FindingConnection,
  ),
);

builder.objectField(Partner, "findings", (t) =>
  t.connection(
    {
      type: Finding,
      nullable: true,
      authScopes: { scope: "partner:read" },
      description: "Problems of the partner's own subscribe tokens, most severe first.",
      args: findingArgs,
      resolve: async ({ trackingIds, status }, args, context) => {
        const expiringBefore = horizon(args.expiringWithinDays, context);
        const tokens = tokensOf(trackingIds, await context.loaders.tokens());
        const facts = await grantFacts(context);
        const isInactive = () => status === "SUSPENDED" || status === "RETIRED";
        return findingPage(
          [
            ...subscribeTokenFindings(tokens, context.now, expiringBefore, facts),
            ...inactivePartnerFindings(tokens, isInactive, context.now),
          ],
          args,
        );
      },
    },
    FindingConnection,
  ),
);

function horizon(days: number, { now }: GraphContext): number {
  if (days >= 0 && days <= MAX_DAYS_AHEAD) return now + days * DAY_MS;
  throw new InvalidInputError(
    "expiringWithinDays",
    `\`expiringWithinDays\` must be 0 to ${MAX_DAYS_AHEAD}; got ${days}.`,
  );
}

async function accountFindings(expiringBefore: number, context: GraphContext): Promise<FindingRecord[]> {
  const { loaders, now } = context;
  const [tokens, streamNames, partners] = await Promise.all([
    loaders.tokens(),
    loaders.streamNames(),
    context.partnerCache.read(),
  ]);
  const streams = streamNames.map((streamName) => ({
    streamName,
    publish: tokens.publish.possiblyCovering(streamName),
    subscribe: tokens.subscribe.covering(streamName),
  }));
  const facts = await grantFacts(context);
  const publishers = new Map(
    streams.map(({ streamName, publish }) => [streamName, publish.filter((token) => isUsable(token, now))]),
  );
  const isSecured = (name: string) => {
    const own = publishers.get(name) ?? [];
    return own.length > 0 && own.every((token) => token.isSecured);
  };
  const isInactive = (trackingId: string) => (partners.byTrackingId(trackingId)?.status ?? "ACTIVE") !== "ACTIVE";
  return [
    ...streams.flatMap((stream) => streamFindings(stream, now, facts)),
    ...subscribeTokenFindings(tokens.subscribe.all(), now, expiringBefore, facts),
    ...inactivePartnerFindings(tokens.subscribe.all(), isInactive, now),
    ...(await leftBehindFindings(context)),
    ...publishTokenFindings(tokens.publish.all(), now, expiringBefore, facts.read),
    ...trafficFindings(
      await recentTraffic(streamNames, context),
      isSecured,
      (trackingId) => partners.byTrackingId(trackingId) !== null,
    ),
  ];
}

/** Returns no stream names for a partner's caller, which must not learn the account's streams: its grants are judged alone. */
async function grantFacts({ loaders, caller, patternReadings }: GraphContext): Promise<GrantFacts> {
  const { read, openAnyName } = patternReadings;
  if (!seesAccount(caller.role)) return { read, openAnyName, known: [], mostOpened: () => 0 };
  const [known, { subscribe }] = await Promise.all([loaders.streamNames(), loaders.tokens()]);
  const counts = new Map<number, number>();
  for (const name of known) {
    for (const { id } of subscribe.covering(name)) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return { read, openAnyName, known, mostOpened: ({ id }) => counts.get(id) ?? 0 };
}

async function recentTraffic(streamNames: readonly string[], { loaders, now }: GraphContext): Promise<StreamTraffic[]> {
  const window = { from: ceilTo(now - TRAFFIC_WINDOW_MS, DAY_MS), to: ceilTo(now, HOUR_MS) };
  return Promise.all(
    streamNames
      .filter(isMetered)
      .map(async (streamName) => ({ streamName, rows: await loaders.trackingRows(streamName, window) })),
  );
}

interface FindingPageArguments {
  readonly severity?: readonly Severity[] | null | undefined;
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

const gravity = Object.keys(severities);

function findingPage(findings: readonly FindingRecord[], { severity, ...page }: FindingPageArguments) {
  const chosen = findings.filter(({ kind }) => !severity || severity.includes(findingKinds[kind].severity));
  return pageOf(
    [...chosen].sort((a, b) => byCodeUnit(keyOf(a), keyOf(b))),
    keyOf,
    page,
  );
}

/** Nothing of the key moves with figures: counts in the text of a finding grow, and cursors hold the key. */
function keyOf({ kind, summary, streamName, trackingId, token }: FindingRecord): string {
  const subject = [streamName ?? "", trackingId ?? "", token ? `${token.kind} ${sortableNumber(token.id)}` : ""];
  return [gravity.indexOf(findingKinds[kind].severity), kind, ...subject, summary.replace(/\d+/g, "#")].join("\n");
}
