/** Severities of findings with their descriptions for clients, most severe first. */
export const severities = {
  CRITICAL: "The problem costs money or leaves a stream unprotected now.",
  WARNING: "The problem will cost money, break viewing or falsify bills.",
  INFO: "No action is needed now.",
} as const;

export type Severity = keyof typeof severities;

/** Every kind of finding: its severity, its impact on money or security, and what to do about it. */
export const findingKinds = {
  STREAM_UNSECURED: {
    severity: "CRITICAL",
    impact: "Anyone may watch the stream without a token. The traffic is billed to the account, and to no partner.",
    advice: "Secure the publish token. Viewers without a subscribe token lose access at once.",
  },
  UNTRACKED_VIEWERS: {
    severity: "CRITICAL",
    impact:
      "Viewers of a secured stream used bandwidth without a tracking id, so no partner can be billed for it. A subscribe token without a tracking id admits them.",
    advice:
      "Create a subscribe token with a tracking id for the holder of each token listed in `tokens`, then disable the listed tokens. Viewers with viewer tokens signed by them lose access.",
  },
  TOKEN_OF_INACTIVE_PARTNER: {
    severity: "CRITICAL",
    impact: "The partner is suspended or retired, but its subscribe token still admits viewers.",
    advice: "Disable the token, or resume the partner by `resumePartner`.",
  },
  TRACKING_ID_MISSING: {
    severity: "CRITICAL",
    impact:
      "The holder of this subscribe token may sign under any tracking id or none, so usage can be hidden or billed to another partner.",
    advice:
      "Create a subscribe token with a tracking id for the token's holder, then disable this token. A tracking id can't be added later.",
  },
  MASTER_BINDS_ADDRESSES: {
    severity: "WARNING",
    impact:
      "Viewer tokens inherit the binding: the addresses of the partner's first viewers use up the limit, and later viewers are rejected.",
    advice: "Remove the binding.",
  },
  WILDCARD_GRANT: {
    severity: "WARNING",
    impact: "The token opens every stream of the account, including streams of other partners and future streams.",
    advice:
      "Replace the patterns by the names of the streams that the holder may open. The suggested mutation keeps the streams that were watched under the token's tracking id in the last 7 days.",
  },
  BROAD_GRANT: {
    severity: "WARNING",
    impact:
      "The token's patterns open more than half of the streams that are known by name, and future streams whose names match.",
    advice:
      "Replace the patterns by the names of the streams that the holder may open. The suggested mutation keeps the streams that were watched under the token's tracking id in the last 7 days.",
  },
  PATTERN_UNREADABLE: {
    severity: "WARNING",
    impact:
      "The platform accepts the pattern, but the gateway can't read it, so the streams that the token opens are unknown. Checks that protect a stream assume that the pattern covers every name with its literal prefix; checks that grant access assume that it opens nothing.",
    advice:
      "Record the streams that the pattern opens by `recordPatternCoverage`, or replace the pattern by `updatePublishToken` or `updateSubscribeToken`.",
  },
  CLUSTER_MISMATCH: {
    severity: "WARNING",
    impact:
      "Viewers find a stream only in the cluster where it is published: viewers with this token do not find the stream.",
    advice:
      "Move the token to the cluster of the stream's publish tokens, unless the token also opens streams in other clusters: those need a token of their own.",
  },
  PUBLISHERS_DIFFER: {
    severity: "WARNING",
    impact:
      "The stream's publish tokens differ in cluster or geo-cascade, so the token that is broadcasting decides which viewers find the stream.",
    advice:
      "Give all publish tokens of the stream one cluster, by `updatePublishToken`, and one geo-cascade, by `setGeoCascade`. The suggested mutation moves them to the cluster of the subscribe tokens.",
  },
  TOKEN_EXPIRES: {
    severity: "WARNING",
    impact: "After the expiry the token and all viewer tokens signed with it are rejected. An expiry can't be changed.",
    advice:
      "Create a successor and hand it to the holder before the expiry. The suggested mutation creates one with the same settings and lifetime; for publish tokens use `createPublishToken`, since their settings contain secrets.",
  },
  TOKEN_LEFT_BEHIND: {
    severity: "WARNING",
    impact:
      "An interrupted request probably created this usable token without returning it to its caller. Repeating the request with its idempotency key returns the token. A token that was created in the platform's dashboard at that time with the same settings can't be told apart.",
    advice: "Repeat the interrupted request with its idempotency key, or delete the token.",
  },
  TRACKING_ID_UNCLAIMED: {
    severity: "INFO",
    impact: "Traffic is counted under a tracking id that no registered partner has, so no partner is billed for it.",
    advice:
      "Onboard a partner under the tracking id, after the findings of the id's tokens are resolved, or add the id to a registered partner by `adoptTrackingId`.",
  },
  TRACKED_INGEST: {
    severity: "WARNING",
    impact:
      "Incoming bytes are counted under a tracking id. Partners are billed for what is sent to viewers, so this points to a mistake in metering.",
    advice: "Compare `reconciliation` with the platform's own figures before the partner is billed.",
  },
} as const satisfies Record<string, { readonly severity: Severity; readonly impact: string; readonly advice: string }>;

export type FindingKind = keyof typeof findingKinds;
