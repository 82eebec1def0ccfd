import { ApplicationError, type ErrorCode } from "./errors.ts";
import { isWildcard, openedBy } from "./stream.ts";
import { cascadeKey, type PublishTokenRecord, type StreamGrant, type SubscribeTokenRecord } from "./token.ts";

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
): ClusterChoice {
  const clusters = [...new Set(publishTokens.map((token) => token.effective.originCluster))].sort();
  const [published] = clusters;
  const violations: ApplicationError[] = [];
  if (wished !== undefined && known && wished !== "auto" && !known.ids.includes(wished)) {
    violations.push(
      violation("CLUSTER_UNKNOWN", argument, `The account has no cluster ${wished}.`, { known: known.ids }),
    );
  }
  if (clusters.length > 1) {
    violations.push(differing(`clusters ${clusters.join(" and ")}`, argument, { clusters }));
  } else if (wished !== undefined && published !== undefined && wished !== published) {
    const message = `Its publishers are of the cluster ${published}: viewers under a token of ${wished} would not find the stream.`;
    violations.push(violation("CLUSTER_MISMATCH", argument, message, { published, wished }));
  }
  const needed = wished ?? published;
  return { originCluster: needed === known?.defaultCluster && wished === undefined ? undefined : needed, violations };
}

/** Rules for the publish tokens of streams that are to be sold: secured, and alike where there are several. */
export function publisherViolations(
  publishTokens: readonly PublishTokenRecord[],
  argument: string,
): ApplicationError[] {
  const unsecured = publishTokens.filter(({ isSecured }) => !isSecured);
  const cascades = new Set(publishTokens.map(cascadeKey));
  return [
    ...(unsecured.length > 0
      ? [
          violation(
            "STREAM_UNSECURED",
            argument,
            `Anyone may watch without a token, uncounted, while publish token ${listed(unsecured)} is not secured: set isSecured by updatePublishToken first.`,
            { publishTokenIds: unsecured.map(({ id }) => id) },
          ),
        ]
      : []),
    ...(cascades.size > 1 ? [differing("geo-cascade settings", argument, {})] : []),
  ];
}

/** Rules for what a partner is granted: never everything, unless that is said on purpose; and all that is asked for. */
export function grantViolations(
  grants: readonly StreamGrant[],
  { allowWildcard, streamNames }: { readonly allowWildcard: boolean; readonly streamNames: readonly string[] },
  argument: string,
): ApplicationError[] {
  const isOpen = openedBy(grants);
  const wildcards = grants.flatMap((grant, index) =>
    isWildcard(grant) && !allowWildcard
      ? [
          violation(
            "WILDCARD_GRANT",
            `${argument}.${index}.pattern`,
            "It opens every stream of the account, later ones included. Name the streams, or say allowWildcard.",
            {},
          ),
        ]
      : [],
  );
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

function differing(what: string, argument: string, facts: Readonly<Record<string, unknown>>): ApplicationError {
  const message = `The publish tokens of the stream have different ${what}; redundant publishers must be alike.`;
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
