import { seesAccount } from "../../auth/scopes.ts";
import type { GraphContext } from "../../context.ts";
import { InvalidInputError } from "../../model/errors.ts";
import { findingKinds, type Severity, severities } from "../../model/partner/finding-kinds.ts";
import {
  type Finding as FindingRecord,
  type GrantFacts,
  inactivePartnerFindings,
  subscribeTokenFindings,
} from "../../model/partner/findings.ts";
import type { PartnerRecord } from "../../model/partner/partner.ts";
import { DAY_MS } from "../../model/usage/time.ts";
import { builder } from "../builder.ts";
import { byCodeUnit, pageOf, sortableNumber } from "../connection.ts";
import { connectionType } from "../connection-type.ts";
import { tokensOf } from "../partner/partner-tokens.ts";
import { Finding, FindingSeverity } from "./finding.ts";

export const FindingConnection = connectionType(Finding, "Finding", "findings");

/** The largest `expiringWithinDays`, in days. */
const MAX_DAYS_AHEAD = 3650;
const DAYS_AHEAD = 14;
/** Arguments of a list of findings, besides those of its page. */
export const findingArgs = builder.args((t) => ({
  severity: t.field({ type: [FindingSeverity], description: "Only findings of these severities; all by default." }),
  expiringWithinDays: t.int({
    required: true,
    defaultValue: DAYS_AHEAD,
    description: `Days before a token's expiry at which the token becomes a finding: 0 to ${MAX_DAYS_AHEAD}, ${DAYS_AHEAD} by default.`,
  }),
}));

/** Returns the latest expiry that is a finding. @throws InvalidInputError for a number of days out of range */
export function expiryHorizon(days: number, { now }: GraphContext): number {
  if (days >= 0 && days <= MAX_DAYS_AHEAD) return now + days * DAY_MS;
  throw new InvalidInputError(
    "expiringWithinDays",
    `\`expiringWithinDays\` must be 0 to ${MAX_DAYS_AHEAD}; got ${days}.`,
  );
}

/** Returns the findings about a partner's own subscribe tokens. */
export async function partnerFindings(
  { trackingIds, status }: PartnerRecord,
  expiringWithinDays: number,
  context: GraphContext,
): Promise<FindingRecord[]> {
  const expiringBefore = expiryHorizon(expiringWithinDays, context);
  const tokens = tokensOf(trackingIds, await context.loaders.tokens());
  const facts = await grantFacts(context);
  const isInactive = () => status === "SUSPENDED" || status === "RETIRED";
  return [
    ...subscribeTokenFindings(tokens, context.now, expiringBefore, facts),
    ...inactivePartnerFindings(tokens, isInactive, context.now),
  ];
}

/**
 * Returns the facts by which grants are judged.
 *
 * A partner's caller must not learn the account's streams, so that its grants are judged without them.
 */
export async function grantFacts({ loaders, caller, patternReadings }: GraphContext): Promise<GrantFacts> {
  const { read, openAnyName } = patternReadings;
  if (!seesAccount(caller.role)) return { read, openAnyName, known: [], mostOpened: () => 0, watched: () => [] };
  const [known, { subscribe }] = await Promise.all([loaders.streamNames(), loaders.tokens()]);
  const counts = new Map<number, number>();
  for (const name of known) {
    for (const { id } of subscribe.covering(name)) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return { read, openAnyName, known, mostOpened: ({ id }) => counts.get(id) ?? 0, watched: () => [] };
}

interface FindingPageArguments {
  readonly severity?: readonly Severity[] | null | undefined;
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

const gravity = Object.keys(severities);

/** Returns a page of findings, most severe first. */
export function findingPage(findings: readonly FindingRecord[], { severity, ...page }: FindingPageArguments) {
  const chosen = findings.filter(({ kind }) => !severity || severity.includes(findingKinds[kind].severity));
  return pageOf(
    [...chosen].sort((a, b) => byCodeUnit(keyOf(a), keyOf(b))),
    keyOf,
    page,
  );
}

/** Returns the sort key of a finding, without its summary: the figures in it move, and cursors hold the key. */
function keyOf({ kind, streamName, trackingId, token, aspect }: FindingRecord): string {
  // The one token that may have admitted untracked viewers is a figure too: an account has one such finding a stream.
  const subject = kind === "UNTRACKED_VIEWERS" ? null : token;
  const parts = [streamName ?? "", trackingId ?? "", subject ? `${subject.kind} ${sortableNumber(subject.id)}` : ""];
  return [gravity.indexOf(findingKinds[kind].severity), kind, ...parts, aspect].join("\n");
}
