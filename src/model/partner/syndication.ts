import { ApplicationError, type ErrorCode } from "../errors.ts";
import { countOpened, openAllKnown, openAnyName, openedBy, patternsOf, unreadPatterns } from "../stream/stream.ts";
import { type PatternReader, readPattern } from "../stream/stream-pattern.ts";
import {
  cascadeKey,
  type PublishTokenRecord,
  type StreamGrant,
  type SubscribeTokenRecord,
  type TokenRecord,
} from "../token/token.ts";

/** Every rule that a request breaks. The code and message are those of the first violation. */
export class RuleViolations extends ApplicationError {
  readonly violations: readonly ApplicationError[];

  constructor(violations: readonly [ApplicationError, ...ApplicationError[]]) {
    super(violations[0].code, violations[0].message, violations[0].facts);
    this.violations = violations;
  }
}

/** Throws if there is a violation. @throws RuleViolations */
export function assertNoViolations(violations: readonly ApplicationError[]): void {
  const [first, ...others] = violations;
  if (first) throw new RuleViolations([first, ...others]);
}

/** The cluster of a new master token, or the reasons why there is none. */
export interface ClusterChoice {
  /** Cluster to send on creation; undefined if the account's default is the right one. */
  readonly originCluster: string | undefined;
  readonly violations: readonly ApplicationError[];
}

/** The account's clusters. */
export interface KnownClusters {
  readonly ids: readonly string[];
  readonly defaultCluster: string;
}

/**
 * Chooses the cluster of a master token for the streams of the publish tokens: viewers find a stream only in its publishers'
 * cluster.
 *
 * @param publishTokens usable ones that publish a stream of the master token
 * @param requested cluster that the client chose; undefined to follow the publishers
 * @param known null when the platform could not list the clusters
 */
export function chooseCluster(
  publishTokens: readonly PublishTokenRecord[],
  requested: string | undefined,
  known: KnownClusters | null,
  argument: string,
  read: PatternReader = readPattern,
): ClusterChoice {
  const because = reasonOfUnread(publishTokens, read);
  const clusters = [...new Set(publishTokens.map((token) => token.effective.originCluster))].sort();
  const [published] = clusters;
  const violations: ApplicationError[] = [];
  if (requested !== undefined && known && requested !== "auto" && !known.ids.includes(requested)) {
    violations.push(
      violation("CLUSTER_UNKNOWN", argument, `The account has no cluster ${requested}.`, { known: known.ids }),
    );
  }
  if (clusters.length > 1) {
    violations.push(differing(`clusters ${clusters.join(" and ")}`, argument, { clusters }, because));
  } else if (requested !== undefined && published !== undefined && requested !== published) {
    const message = `\`${argument}\` must be ${published}, the cluster of the publish tokens; got ${requested}. Viewers would not find the stream.`;
    violations.push(violation("CLUSTER_MISMATCH", argument, message + because, { published, requested }));
  }
  const needed = requested ?? published;
  return {
    originCluster: needed === known?.defaultCluster && requested === undefined ? undefined : needed,
    violations,
  };
}

/** Returns the violations of publish tokens whose streams are syndicated: each must be secured, all with one geo-cascade. */
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
            `Anyone may watch without a token, uncounted, while ${listed("publish token", unsecured)} not secured: set isSecured by updatePublishToken first.${reasonOfUnread(unsecured, read)}`,
            { publishTokenIds: unsecured.map(({ id }) => id) },
          ),
        ]
      : []),
    ...(cascades.size > 1
      ? [differing("geo-cascade settings", argument, {}, reasonOfUnread(publishTokens, read))]
      : []),
  ];
}

/** Returns the violations of a partner's grants: wildcards without `allowWildcard`, and streams that no grant opens. */
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

/** Rules that grants are checked against. */
export interface GrantRules {
  /** Whether grants may open every stream. */
  readonly allowWildcard: boolean;
  /** Streams that the grants must open. */
  readonly streamNames: readonly string[];
  /** Every stream of the account that is known by name. */
  readonly known?: readonly string[];
  readonly read?: PatternReader;
}

/** Returns a violation for each grant that opens every stream; otherwise one if all grants together do. */
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
  /** Index among the grants. */
  readonly index: number;
  readonly opened: number;
  readonly known: number;
}

/** Returns the grants that open more than half of the known streams, in their order. */
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

/** Returns whether a token opens more than half of the known streams, and several. */
export function isBroad(opened: number, known: number): boolean {
  return opened > 1 && opened * 2 > known;
}

/** Returns whether a usable subscribe token can be a partner's master: it has the partner's tracking id and binds no addresses. */
export function isMaster(token: SubscribeTokenRecord, trackingIds: readonly string[]): boolean {
  return token.trackingId !== null && trackingIds.includes(token.trackingId) && token.bindIpsOnUsage === 0;
}

/** Returns the violations of subscribe tokens that become a partner's masters when the partner adopts their tracking id. */
export function masterViolations(masters: readonly SubscribeTokenRecord[], argument: string): ApplicationError[] {
  const bound = masters.filter(({ bindIpsOnUsage }) => bindIpsOnUsage > 0);
  if (bound.length === 0) return [];
  const message = `All but the first viewers would be locked out while ${listed("subscribe token", bound)} bound to the addresses of the first: set bindIpsOnUsage to 0 by updateSubscribeToken.`;
  return [violation("MASTER_BINDS_ADDRESSES", argument, message, { subscribeTokenIds: bound.map(({ id }) => id) })];
}

/** Returns sentences that name the publish tokens whose patterns can't be read, as they count for the stream; empty for none. */
function reasonOfUnread(publishTokens: readonly PublishTokenRecord[], read: PatternReader): string {
  return publishTokens
    .flatMap((token) => unreadPatterns(token, read).map((pattern) => ` ${countsUnread(token, pattern)}`))
    .join("");
}

function countsUnread({ id, label }: PublishTokenRecord, pattern: string): string {
  return `Publish token ${id} (\`${label}\`) counts as one of them since the gateway can't read its pattern \`${pattern}\`: record what it opens by recordPatternCoverage.`;
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

/** Returns tokens by id and label with their verb: "publish token 5 (`cam`) is", "publish tokens 5 (`cam`) and 7 (`spare`) are". */
function listed(what: string, tokens: readonly TokenRecord[]): string {
  const names = tokens.map(({ id, label }) => `${id} (\`${label}\`)`);
  return names.length === 1 ? `${what} ${names[0]} is` : `${what}s ${conjunction.format(names)} are`;
}

const conjunction = new Intl.ListFormat("en", { type: "conjunction" });
