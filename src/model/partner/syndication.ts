import { ApplicationError, type ErrorCode } from "../errors.ts";
import { countOpened, openAllKnown, openAnyName, openedBy, patternsOf, unreadPatterns } from "../stream/stream.ts";
import { type PatternReader, readPattern } from "../stream/stream-pattern.ts";
import { cascadeKey, type PublishTokenRecord, type StreamGrant, type SubscribeTokenRecord } from "../token/token.ts";

/** Several rules are broken at once; all of them are told. */
export class RuleViolations extends ApplicationError {
  readonly violations: readonly ApplicationError[];

  constructor(violations: readonly [ApplicationError, ...ApplicationError[]]) {
    super(violations[0].code, violations[0].message, violations[0].facts);
    this.violations = violations;
  }
}

/** @throws RuleViolations when there is any */
export function assertNoViolations(violations: readonly ApplicationError[]): void {
  const [first, ...others] = violations;
  if (first) throw new RuleViolations([first, ...others]);
}

/** The cluster that a master token needs, or why there is none. */
export interface ClusterChoice {
  /** What to name on creation; undefined to take the account's default, which is the right one. */
  readonly originCluster: string | undefined;
  readonly violations: readonly ApplicationError[];
}

/** What is known of the account's clusters; null when the platform could not tell. */
export interface KnownClusters {
  readonly ids: readonly string[];
  readonly defaultCluster: string;
}

/**
 * Chooses the cluster of a master token for the streams that these publish tokens broadcast: publishers and viewers meet
 * only in one cluster, or where all are of `auto`.
 *
 * @param publishTokens usable ones that broadcast what the master shall open
 * @param wished the client's own choice
 */
export function chooseCluster(
  publishTokens: readonly PublishTokenRecord[],
  wished: string | undefined,
  known: KnownClusters | null,
  argument: string,
  read: PatternReader = readPattern,
): ClusterChoice {
  const because = reasonOfUnread(publishTokens, read);
  const clusters = [...new Set(publishTokens.map((token) => token.effective.originCluster))].sort();
  const [published] = clusters;
  const violations: ApplicationError[] = [];
  if (wished !== undefined && known && wished !== "auto" && !known.ids.includes(wished)) {
    violations.push(
      violation("CLUSTER_UNKNOWN", argument, `The account has no cluster ${wished}.`, { known: known.ids }),
    );
  }
  if (clusters.length > 1) {
    violations.push(differing(`clusters ${clusters.join(" and ")}`, argument, { clusters }, because));
  } else if (wished !== undefined && published !== undefined && wished !== published) {
    const message = `Its publishers are of the cluster ${published}: viewers under a token of ${wished} would not find the stream.`;
    violations.push(violation("CLUSTER_MISMATCH", argument, message + because, { published, wished }));
  }
  const needed = wished ?? published;
  return { originCluster: needed === known?.defaultCluster && wished === undefined ? undefined : needed, violations };
}

/** Rules for the publish tokens of streams that are to be sold: secured, and alike where there are several. */
export function publisherViolations(
  publishTokens: readonly PublishTokenRecord[],
  argument: string,
  read: PatternReader = readPattern,
): ApplicationError[] {
  const unsecured = publishTokens.filter(({ isSecured }) => !isSecured);
  const cascades = new Set(publishTokens.map(cascadeKey));
  return [
    ...(unsecured.length > 0
      ? [
          violation(
            "STREAM_UNSECURED",
            argument,
            `Anyone may watch without a token, uncounted, while publish token ${listed(unsecured)} is not secured: set isSecured by updatePublishToken first.${reasonOfUnread(unsecured, read)}`,
            { publishTokenIds: unsecured.map(({ id }) => id) },
          ),
        ]
      : []),
    ...(cascades.size > 1
      ? [differing("geo-cascade settings", argument, {}, reasonOfUnread(publishTokens, read))]
      : []),
  ];
}

/** Rules for what a partner is granted: never everything, unless that is said on purpose; and all that is asked for. */
export function grantViolations(
  grants: readonly StreamGrant[],
  { allowWildcard, streamNames, known = [], read = readPattern }: GrantRules,
  argument: string,
): ApplicationError[] {
  const isOpen = openedBy(grants, read);
  const wildcards = allowWildcard ? [] : wildcardViolations(grants, known, read, argument);
  const closed = streamNames.filter((name) => !isOpen(name));
  return closed.length === 0
    ? wildcards
    : [
        ...wildcards,
        violation("GRANT_NOT_COVERED", argument, `No grant opens ${closed.map((name) => `\`${name}\``).join(", ")}.`, {
          streamNames: closed,
        }),
      ];
}

/** What grants are held against. */
export interface GrantRules {
  /** Whether a grant of everything is meant. */
  readonly allowWildcard: boolean;
  /** Streams that some grant has to open. */
  readonly streamNames: readonly string[];
  /** Every stream of the account that is known by name. */
  readonly known?: readonly string[];
  readonly read?: PatternReader;
}

/** Each grant of everything, however it is spelt; or all grants, where only together they open everything. */
function wildcardViolations(
  grants: readonly StreamGrant[],
  known: readonly string[],
  read: PatternReader,
  argument: string,
): ApplicationError[] {
  const opensAll = (some: readonly StreamGrant[]) => openAnyName(some, read) || openAllKnown(some, known, read);
  const mend = "Name the streams, or set allowWildcard.";
  const single = grants.flatMap((grant, index) =>
    opensAll([grant])
      ? [
          violation(
            "WILDCARD_GRANT",
            `${argument}.${index}.pattern`,
            `\`${argument}.${index}.pattern\` must not open every stream of the account, later ones included; got \`${grant.pattern}\`. ${mend}`,
            {},
          ),
        ]
      : [],
  );
  if (single.length > 0 || !opensAll(grants)) return single;
  const patterns = patternsOf(grants).map((pattern) => `\`${pattern}\``);
  const message = `\`${argument}\` must not open every stream of the account together, later ones included; got ${patterns.join(" and ")}. ${mend}`;
  return [violation("WILDCARD_GRANT", argument, message, {})];
}

/** A grant that opens more than half of the known streams. */
export interface BroadGrant {
  readonly grant: StreamGrant;
  /** Its place among the grants, from 0. */
  readonly index: number;
  readonly opened: number;
  readonly known: number;
}

/** The grants by pattern that open more than half of the known streams, each with the counts. */
export function broadGrants(
  grants: readonly StreamGrant[],
  known: readonly string[],
  read: PatternReader = readPattern,
): BroadGrant[] {
  return grants.flatMap((grant, index) => {
    const opened = countOpened([grant], known, read);
    return isBroad(opened, known.length) ? [{ grant, index, opened, known: known.length }] : [];
  });
}

/** More than half of several streams. */
export function isBroad(opened: number, known: number): boolean {
  return opened > 1 && opened * 2 > known;
}

/** Whether a subscribe token can serve as a partner's master: usable, counted under its id, and not bound to addresses. */
export function isMaster(token: SubscribeTokenRecord, trackingIds: readonly string[]): boolean {
  return token.trackingId !== null && trackingIds.includes(token.trackingId) && token.bindIpsOnUsage === 0;
}

/** Rules for subscribe tokens that become a partner's masters because the partner adopts their tracking id. */
export function masterViolations(masters: readonly SubscribeTokenRecord[], argument: string): ApplicationError[] {
  const bound = masters.filter(({ bindIpsOnUsage }) => bindIpsOnUsage > 0);
  if (bound.length === 0) return [];
  const message = `Subscribe token ${listed(bound)} binds itself to its first viewers' addresses and would lock all others out: set bindIpsOnUsage to 0 by updateSubscribeToken.`;
  return [violation("MASTER_BINDS_ADDRESSES", argument, message, { subscribeTokenIds: bound.map(({ id }) => id) })];
}

/** Names the publish tokens that count for a stream although their patterns can't be read; empty where there is none. */
function reasonOfUnread(publishTokens: readonly PublishTokenRecord[], read: PatternReader): string {
  return publishTokens
    .flatMap((token) => unreadPatterns(token, read).map((pattern) => ` ${countsUnread(token, pattern)}`))
    .join("");
}

function countsUnread({ id }: PublishTokenRecord, pattern: string): string {
  return `Publish token ${id} counts as one of them since the gateway can't read its pattern \`${pattern}\`: record what it opens by recordPatternCoverage.`;
}

function differing(
  what: string,
  argument: string,
  facts: Readonly<Record<string, unknown>>,
  because: string,
): ApplicationError {
  const message = `The publish tokens of the stream have different ${what}; redundant publishers must be alike.${because}`;
  return violation("PUBLISHERS_DIFFER", argument, message, facts);
}

function violation(
  code: ErrorCode,
  argument: string,
  message: string,
  facts: Readonly<Record<string, unknown>>,
): ApplicationError {
  return new ApplicationError(code, message, { argument, ...facts });
}

function listed(tokens: readonly { readonly id: number }[]): string {
  return tokens.map(({ id }) => id).join(", ");
}
