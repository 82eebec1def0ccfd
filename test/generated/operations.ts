// Made by codegen.ts from src/http/graphiql/tabs.

/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** Outcome of an audited operation. */
export type AuditOutcome =
  /** The operation succeeded in all of its parts. */
  | 'DONE'
  /** The platform or the gateway failed, and nothing was changed. */
  | 'FAILED'
  /** A part of the operation failed or was refused after another part had changed something. `AuditEntry.objects` lists the changed objects. */
  | 'PARTIAL'
  /** The operation was refused, and nothing was changed. */
  | 'REFUSED'
  /** The platform's response was lost or the gateway stopped during the operation, which may have been carried out: check the object. */
  | 'UNKNOWN';

/** State of the usage in a bucket: known as a whole, in part, or not at all. */
export type BucketState =
  /** Every hour of the bucket is counted: the bucket was over, and its last quarter hour published, when its usage was read. */
  | 'COMPLETE'
  /** The bucket is unknown: neither the platform nor the archive has usage of it, which differs from zero. */
  | 'MISSING'
  /** A part of the bucket is known: the bucket is not over yet, or `missing` names the periods that lack. */
  | 'PARTIAL'
  /** The bucket is over and its usage is final, but missing hours can't be ruled out: its usage was read as one number for each day or month. */
  | 'UNVERIFIED';

/** Machine-readable code of an error. `errors[].extensions.code` of every response uses the same codes. */
export type ErrorCode =
  /** The caller cannot be authenticated now: the identity provider's keys are unavailable. */
  | 'AUTHENTICATION_UNAVAILABLE'
  /** The HTTP request is not a GraphQL request. */
  | 'BAD_REQUEST'
  /** The platform has no cached media of that time to cut a clip from. */
  | 'CLIP_NOT_CACHED'
  /** Publishers and viewers of the stream would use different clusters, so viewers would not find the stream. */
  | 'CLUSTER_MISMATCH'
  /** The account has no such cluster. */
  | 'CLUSTER_UNKNOWN'
  /** The object's state does not allow this change, or another request with this key is in progress. */
  | 'CONFLICT'
  /** The gateway's configuration disables this feature; the message names the variable. */
  | 'FEATURE_DISABLED'
  /** The caller's key lacks the scope that `scope` names, or is a partner's for a field of the broadcaster's own people: `isForStaff`. */
  | 'FORBIDDEN'
  /** No grant opens one of the requested streams. */
  | 'GRANT_NOT_COVERED'
  /** The document is not valid GraphQL syntax. */
  | 'GRAPHQL_PARSE_FAILED'
  /** The document does not match the schema: an unknown field or argument, or a value of the wrong type. */
  | 'GRAPHQL_VALIDATION_FAILED'
  /** The idempotency key was used before with different input. */
  | 'IDEMPOTENCY_MISMATCH'
  /** An internal error of the gateway. Its log has the details; the message deliberately has none. */
  | 'INTERNAL_SERVER_ERROR'
  /** An argument breaks a rule; the message names the argument and the rule. */
  | 'INVALID_INPUT'
  /** The window ends before it begins, lies in the future, or does not consist of full UTC hours. */
  | 'INVALID_WINDOW'
  /** The request exceeds a limit; the message states the limit. */
  | 'LIMIT_EXCEEDED'
  /** A partner's subscribe token must not bind to IP addresses: its first viewers would lock out all others. */
  | 'MASTER_BINDS_ADDRESSES'
  /** No object has this id or name, or the caller may not see it. A malformed id gets the same error. */
  | 'NOT_FOUND'
  /** The platform does not meter this: analytics rejects the name, or has no such breakdown. */
  | 'NOT_METERED'
  /** The platform's hosted player can't find the stream, since its name contains a slash. */
  | 'NOT_PLAYABLE'
  /** The change was sent and its response was lost. Repeat it with the same idempotency key to learn the outcome. */
  | 'OUTCOME_UNKNOWN'
  /** The gateway is overloaded; `Retry-After` says when to try again. */
  | 'OVERLOADED'
  /** The partner is not registered, suspended or retired. */
  | 'PARTNER_NOT_ACTIVE'
  /** The request names a persisted document and has none in `query`: the gateway keeps no documents, so send it whole. */
  | 'PERSISTED_QUERY_NOT_SUPPORTED'
  /** The publish tokens of the stream differ in cluster or geo-cascade; redundant publishers must have the same. */
  | 'PUBLISHERS_DIFFER'
  /** The document exceeds a limit: `limit` is its name, `max` its value, `actual` the document's. */
  | 'QUERY_TOO_COMPLEX'
  /** The query would cost more than one request may; `extensions.cost` has the points. */
  | 'QUERY_TOO_EXPENSIVE'
  /** The operation is limited per object; `retryAt` says when it is possible again. */
  | 'RATE_LIMITED'
  /** The response would be longer than `max` bytes. A requested change has been made. */
  | 'RESPONSE_TOO_LARGE'
  /** The viewer token was not signed, or is not admitted; the `refusal` of each error names a rule it breaks. */
  | 'SIGNING_REFUSED'
  /** The gateway's database is locked, full, read-only or unreachable. No change was written in part. */
  | 'STORE_UNAVAILABLE'
  /** A publish token lets anyone watch the stream without a token; secure it before syndicating the stream. */
  | 'STREAM_UNSECURED'
  /** The caller's cost budget is used up; `Retry-After` says when it is full again. */
  | 'THROTTLED'
  /** The tracking id has traffic, so it cannot leave its partner. */
  | 'TRACKING_ID_HAS_TRAFFIC'
  /** Viewers can use the tracking id: a usable subscribe token has it, or a viewer is connected under it. */
  | 'TRACKING_ID_IN_USE'
  /** Another partner has this tracking id. */
  | 'TRACKING_ID_TAKEN'
  /** The request has no key, or an invalid one. */
  | 'UNAUTHENTICATED'
  /** The stream pattern is not a regular expression of linear running time. */
  | 'UNSAFE_PATTERN'
  /** The platform's response does not match its documentation, so it was discarded. */
  | 'UPSTREAM_BAD_RESPONSE'
  /** The platform limits the rate of the gateway's calls. */
  | 'UPSTREAM_RATE_LIMITED'
  /** The platform rejected the call; the message gives its reason to staff only. */
  | 'UPSTREAM_REJECTED'
  /** The platform did not answer in time. */
  | 'UPSTREAM_TIMEOUT'
  /** The platform rejected the gateway's API secret. */
  | 'UPSTREAM_UNAUTHORIZED'
  /** The platform could not be reached, or failed. */
  | 'UPSTREAM_UNAVAILABLE'
  /** The grant would open every stream of the account, including later ones. */
  | 'WILDCARD_GRANT'
  /** The platform no longer has usage of that time in that resolution, and the archive begins later; `valid` is a window that works. */
  | 'WINDOW_NOT_RETAINED';

/** Kind of a finding; the description of each is its impact. */
export type FindingCode =
  /** The token's patterns open more than half of the streams that are known by name, and future streams whose names match. */
  | 'BROAD_GRANT'
  /** Viewers find a stream only in the cluster where it is published: viewers with this token do not find the stream. */
  | 'CLUSTER_MISMATCH'
  /** Viewer tokens inherit the binding: the addresses of the partner's first viewers use up the limit, and later viewers are rejected. */
  | 'MASTER_BINDS_ADDRESSES'
  /** The platform accepts the pattern, but the gateway can't read it, so the streams that the token opens are unknown. Checks that protect a stream assume that the pattern covers every name with its literal prefix; checks that grant access assume that it opens nothing. */
  | 'PATTERN_UNREADABLE'
  /** The stream's publish tokens differ in cluster or geo-cascade, so the token that is broadcasting decides which viewers find the stream. */
  | 'PUBLISHERS_DIFFER'
  /** Anyone may watch the stream without a token. The traffic is billed to the account, and to no partner. */
  | 'STREAM_UNSECURED'
  /** After the expiry the token and all viewer tokens signed with it are rejected. An expiry can't be changed. */
  | 'TOKEN_EXPIRES'
  /** An interrupted request probably created this usable token without returning it to its caller. Repeating the request with its idempotency key returns the token. A token that was created in the platform's dashboard at that time with the same settings can't be told apart. */
  | 'TOKEN_LEFT_BEHIND'
  /** The partner is suspended or retired, but its subscribe token still admits viewers. */
  | 'TOKEN_OF_INACTIVE_PARTNER'
  /** Incoming bytes are counted under a tracking id. Partners are billed for what is sent to viewers, so this points to a mistake in metering. */
  | 'TRACKED_INGEST'
  /** The holder of this subscribe token may sign under any tracking id or none, so usage can be hidden or billed to another partner. */
  | 'TRACKING_ID_MISSING'
  /** Traffic is counted under a tracking id that no registered partner has, so no partner is billed for it. */
  | 'TRACKING_ID_UNCLAIMED'
  /** Viewers of a secured stream used bandwidth without a tracking id, so no partner can be billed for it. A subscribe token without a tracking id admits them. */
  | 'UNTRACKED_VIEWERS'
  /** The token opens every stream of the account, including streams of other partners and future streams. */
  | 'WILDCARD_GRANT';

/** Severity of a finding. */
export type FindingSeverity =
  /** The problem costs money or leaves a stream unprotected now. */
  | 'CRITICAL'
  /** No action is needed now. */
  | 'INFO'
  /** The problem will cost money, break viewing or falsify bills. */
  | 'WARNING';

/** Kind of an inspected token. */
export type InspectedTokenKind =
  /** A viewer token that was signed under a subscribe token. */
  | 'SIGNED'
  /** The string of a subscribe token, which a viewer may show itself. */
  | 'SUBSCRIBE_TOKEN';

/** Status of a partner. */
export type PartnerStatus =
  /** The partner is registered and may sign and watch. */
  | 'ACTIVE'
  /** The partnership has ended: the partner's tokens are disabled and its API keys are rejected. */
  | 'RETIRED'
  /** The partner's subscribe tokens are disabled and it cannot sign; its API keys still read its usage. */
  | 'SUSPENDED'
  /** No registered partner has the tracking id. */
  | 'UNCLAIMED';

/** Rule that keeps a viewer token from being signed or admitted. */
export type SigningRefusalCode =
  /** The algorithm must be HS256, HS384 or HS512. */
  | 'ALGORITHM_NOT_ALLOWED'
  /** A claim has a type that the platform does not accept. */
  | 'CLAIM_TYPE_WRONG'
  /** The parent belongs to another cluster; only a parent of the cluster `auto` allows any. */
  | 'CLUSTER_MISMATCH'
  /** The account has no such cluster. */
  | 'CLUSTER_UNKNOWN'
  /** Custom viewer data must be at most 1024 characters long. */
  | 'CUSTOM_VIEWER_DATA_TOO_LONG'
  /** A viewer token must have an expiry. */
  | 'EXPIRY_MISSING'
  /** The expiry of the viewer token must be in the future. */
  | 'EXPIRY_PASSED'
  /** An address must be an IPv4 address or CIDR block, without ranges, wildcards and leading zeros. */
  | 'IP_FORM_UNSUPPORTED'
  /** The parent does not allow this address, and a viewer token can only narrow what the parent allows. */
  | 'IP_OUTSIDE_PARENT'
  /** The text is neither a JWT with the claims of a viewer token nor the string of a subscribe token that the gateway knows. */
  | 'NOT_A_VIEWER_TOKEN'
  /** The viewer token is not valid yet: its claim `nbf` is in the future. */
  | 'NOT_YET_VALID'
  /** An origin must be a domain such as `demo.com` or `*.demo.com`. */
  | 'ORIGIN_INVALID'
  /** The parent does not allow this origin, and a viewer token can only narrow what the parent allows. */
  | 'ORIGIN_OUTSIDE_PARENT'
  /** The parent has expired, and so has every viewer token signed under it. */
  | 'PARENT_EXPIRED'
  /** The parent is disabled, so no viewer token under it is admitted. */
  | 'PARENT_INACTIVE'
  /** The parent is itself a viewer token. Only a subscribe token can sign. */
  | 'PARENT_IS_VIEWER_TOKEN'
  /** There is no such subscribe token on this account. */
  | 'PARENT_NOT_FOUND'
  /** The signature does not match the parent's current secret: the token was forged, damaged, or signed before the secret was rotated. */
  | 'SIGNATURE_INVALID'
  /** The stream is published in another cluster than the viewer token's, so viewers would not find the stream. */
  | 'STREAM_CLUSTER_MISMATCH'
  /** A viewer token is for one concrete stream name of 1 to 128 characters, not a pattern or a list. */
  | 'STREAM_NOT_CONCRETE'
  /** None of the parent's grants covers this stream. Names are compared as a whole and case-sensitively. */
  | 'STREAM_NOT_COVERED'
  /** The stream is not live now, so the platform admits no viewer with any token. */
  | 'STREAM_OFFLINE'
  /** The claim `tokenType` must be exactly `Subscribe`. */
  | 'TOKEN_TYPE_WRONG'
  /** A tracking id must be 1 to 128 characters long. */
  | 'TRACKING_ID_INVALID'
  /** The parent has another tracking id, which the viewer token must repeat. */
  | 'TRACKING_ID_MISMATCH'
  /** The parent has a tracking id, and the viewer token must repeat it. */
  | 'TRACKING_ID_REQUIRED'
  /** The platform ignores this restriction in a viewer token. Set the restriction on the parent instead. */
  | 'UNSUPPORTED_RESTRICTION';

/** Warning about a valid viewer token. */
export type SigningWarningCode =
  /** The viewer token has claims that the platform ignores. */
  | 'CLAIM_IGNORED'
  /** Custom viewer data is in viewer records only for accounts with that feature. */
  | 'CUSTOM_VIEWER_DATA_NEEDS_FEATURE'
  /** The expiry is after the year 9999, so only the expiry of the parent, if there is one, ends the viewer token. */
  | 'EXPIRY_BEYOND_CALENDAR'
  /** The parent expires before the requested time, so the viewer token expires with it. */
  | 'EXPIRY_CLAMPED'
  /** The expiry looks like milliseconds. JWTs count seconds, so only the parent's expiry ends the viewer token. */
  | 'EXPIRY_IN_MILLISECONDS'
  /** The parent is bound to the first addresses that use it, and its viewer tokens share that limit, so later viewers are rejected. */
  | 'PARENT_BINDS_ADDRESSES'
  /** The viewer token names origins or addresses that the parent does not allow; whether they are admitted is not documented. */
  | 'RESTRICTION_OUTSIDE_PARENT'
  /** A publish token of the stream belongs to another cluster; while that token broadcasts, this viewer token finds no stream. */
  | 'STREAM_CLUSTER_VARIES'
  /** The subscribe token opens several streams and `streamName` was left out, so only the token itself is checked. */
  | 'STREAM_NOT_NAMED'
  /** The live state of the stream could not be read. The platform admits no viewer while a stream is not live. */
  | 'STREAM_STATE_UNKNOWN'
  /** The stream can be watched without any token, so its bytes can go untracked. */
  | 'STREAM_UNSECURED'
  /** Neither the parent nor the viewer token has a tracking id, so no partner is billed for the bytes. */
  | 'USAGE_UNTRACKED';

/** Kind of a workflow step. */
export type StepName =
  /** Checks the rules before anything is created. */
  | 'CHECK_RULES'
  /** Creates a secured publish token for the stream. */
  | 'PUBLISH_TOKEN'
  /** Registers the partner with its API key. */
  | 'REGISTER_PARTNER'
  /** Creates a subscribe token of a partner, the parent of its viewers' tokens. */
  | 'SUBSCRIBE_TOKEN';

/** Outcome of a workflow step. */
export type StepState =
  /** The step was carried out completely. */
  | 'DONE'
  /** The step failed; `code` and `detail` say why. */
  | 'FAILED'
  /** The platform's response was lost, so the object may or may not exist. Repeating the request finds out and continues. */
  | 'OUTCOME_UNKNOWN'
  /** The step reuses an existing object. */
  | 'REUSED'
  /** The step was carried out, and rolled back because a later step failed. */
  | 'ROLLED_BACK'
  /** The step was not run, because an earlier step failed or the request is a dry run. */
  | 'SKIPPED';

/** Where usage was read: from the platform, or from the copy that the gateway made of it. */
export type UsageOrigin =
  /** Read from the archive, because the platform no longer retains it or is down. */
  | 'ARCHIVE'
  /** Read from the platform, or from the cache of what it answered. */
  | 'LIVE'
  /** Read in part from the platform and in part from the archive. */
  | 'MIXED';

/** Location of a viewer who presents a token. */
export type ViewerPlaceInput = {
  /** Country of the viewer, by ISO 3166-1 alpha-2. If left out, geo rules are UNDECIDED. */
  country?: string | null | undefined;
  /** IPv4 or IPv6 address of the viewer. If left out, lists of addresses are UNDECIDED. */
  ip?: string | null | undefined;
  /** Origin of the viewer's page, such as `https://player.demo.com`. Defaults to none, as of an app. */
  origin?: string | null | undefined;
};

/** Rules that decide whether a viewer may watch, in the order in which the platform applies them. */
export type ViewingRule =
  /** The subscribe token is bound to the first addresses that use it, which only the platform knows. */
  | 'ADDRESS_BINDING'
  /** The subscribe token, or the viewer token signed under it, admits only listed IPv4 addresses; IPv6 is never listed. */
  | 'ALLOWED_IP_ADDRESSES'
  /** The subscribe token, or the viewer token signed under it, admits only pages of listed origins; a viewer without an origin is not listed. */
  | 'ALLOWED_ORIGINS'
  /** The stream is published in another cluster than the subscribe token's. */
  | 'CLUSTER_MISMATCH'
  /** Viewers are admitted by their country: see `geoRules`. */
  | 'GEO_RULES'
  /** The stream is off air, and the outcome depends on the publish token that it will be broadcast with. */
  | 'PUBLISHERS_DIFFER'
  /** No grant of the subscribe token covers the stream. */
  | 'STREAM_NOT_COVERED'
  /** No usable publish token may broadcast the stream. */
  | 'STREAM_NOT_PUBLISHED'
  /** The stream is not secured: anyone may watch whom no other rule refuses. */
  | 'STREAM_OPEN'
  /** The subscribe token is disabled, so nobody may watch with it. */
  | 'TOKEN_DISABLED'
  /** The expiry of the subscribe token has passed, so nobody may watch with it. */
  | 'TOKEN_EXPIRED'
  /** The subscribe token opens the stream, and no rule refuses the viewer. */
  | 'TOKEN_OPENS'
  /** The stream is secured, and the viewer shows no token. */
  | 'TOKEN_REQUIRED'
  /** The viewer token is refused wherever the viewer is: see `reasons`. */
  | 'VIEWER_TOKEN';

/** Outcome for a viewer who asks to watch a stream. */
export type ViewingVerdict =
  /** The platform lets the viewer watch. */
  | 'ADMITTED'
  /** The platform refuses the viewer. */
  | 'REFUSED'
  /** No known rule refuses the viewer, but a fact decides that was not given, or that only the platform knows. */
  | 'UNDECIDED';

export type AccountHealthQueryVariables = Exact<{ [key: string]: never; }>;


export type AccountHealthQuery = { findings: { totalCount: number, nodes: Array<{ severity: FindingSeverity, code: FindingCode, summary: string, impact: string, bytes: string | null, advice: string, suggestedMutation: string | null }> } | null, auditLog: { nodes: Array<{ at: string, principalName: string, operation: string, outcome: AuditOutcome, code: string | null }> } | null };

export type AccountAgainstPartnersQueryVariables = Exact<{
  month: string;
}>;


export type AccountAgainstPartnersQuery = { account: { accountId: string, reconciliation: { residualBytesOut: string, unexplainedBytesOut: string, window: { from: string, to: string }, account: { gigabytesOut: string, bytesOut: string, standard: { bytesOut: string } | null, restream: { bytesOut: string } | null, geoCascade: { bytesOut: string } | null }, partners: { gigabytesOut: string, bytesOut: string }, untracked: { bytesOut: string, bytesIn: string } } | null, untrackedUsage: { total: { gigabytesOut: string, gigabytesIn: string } | null } | null } | null, partners: { nodes: Array<{ name: string, usage: { total: { gigabytesOut: string } | null } | null }> } | null };

export type MyMonthQueryVariables = Exact<{
  month: string;
}>;


export type MyMonthQuery = { me: { partner: { name: string, month: { window: { from: string, to: string, timeZone: string }, total: { gigabytesOut: string, bytesOut: string } | null } | null, usageByStream: { totalCount: number, nodes: Array<{ stream: { name: string }, usage: { total: { gigabytesOut: string } | null } }> } | null, findings: { totalCount: number, nodes: Array<{ severity: FindingSeverity, summary: string, impact: string }> } | null, usage: { series: { freshUntil: string, points: Array<{ start: string, state: BucketState, bytesOut: string | null }> } | null } | null } | null } };

export type MyStreamsQueryVariables = Exact<{ [key: string]: never; }>;


export type MyStreamsQuery = { streams: { totalCount: number, nodes: Array<{ name: string, isLive: boolean | null, playback: { hostedPlayerUrl: string | null, whepUrl: string } | null }> } | null, subscribeTokens: { totalCount: number, nodes: Array<{ tokenId: number, label: string, trackingId: string | null, isUsable: boolean, expiresAt: string | null, grants: Array<{ pattern: string, isRegex: boolean }> }> } | null };

export type Step1_OnboardPartnerMutationVariables = Exact<{
  name: string;
  trackingId: string;
  key: string | number;
}>;


export type Step1_OnboardPartnerMutation = { onboardPartner: { apiKeySecret: string | null, partner: { name: string, trackingIds: Array<string>, status: PartnerStatus } | null, userErrors: Array<
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
    > } | null };

export type Step2_RehearseSaleMutationVariables = Exact<{
  stream: string;
  trackingId: string;
  key: string | number;
  dryRun: boolean;
}>;


export type Step2_RehearseSaleMutation = { syndicateStream: { steps: Array<{ name: StepName, state: StepState, detail: string }>, userErrors: Array<
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
    > } | null };

export type Step3_SyndicateStreamMutationVariables = Exact<{
  stream: string;
  trackingId: string;
  key: string | number;
}>;


export type Step3_SyndicateStreamMutation = { syndicateStream: { steps: Array<{ name: StepName, state: StepState, detail: string }>, publishToken: { tokenId: number } | null, syndications: Array<{ subscribeToken: { tokenId: number, trackingId: string | null }, playback: { hostedPlayerUrl: string | null } | null }>, userErrors: Array<
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
    > } | null };

export type Step4_CheckStreamQueryVariables = Exact<{
  stream: string;
}>;


export type Step4_CheckStreamQuery = { stream: { isSecured: boolean | null, clusterConsistency: { isConsistent: boolean, publishClusters: Array<string>, mismatchedTokens: Array<{ label: string }> } | null, partners: { nodes: Array<{ name: string }> } | null, ingest: Array<{ whipUrl: string, rtmps: { server: string } }> | null, playback: { hostedPlayerUrl: string | null } | null } | null };

export type Step5_SuspendPartnerMutationVariables = Exact<{
  trackingId: string;
}>;


export type Step5_SuspendPartnerMutation = { suspendPartner: { warning: string | null, partner: { status: PartnerStatus } | null, subscribeTokens: Array<{ tokenId: number, isActive: boolean }>, userErrors: Array<
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
    > } | null };

export type Step5_ResumePartnerMutationVariables = Exact<{
  trackingId: string;
}>;


export type Step5_ResumePartnerMutation = { resumePartner: { partner: { status: PartnerStatus } | null, subscribeTokens: Array<{ tokenId: number, isActive: boolean }>, userErrors: Array<
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
    > } | null };

export type PartnerMonthQueryVariables = Exact<{
  trackingId: string;
  month: string;
}>;


export type PartnerMonthQuery = { partner: { name: string, status: PartnerStatus, currency: string | null, month: { window: { from: string, to: string, timeZone: string }, total: { gigabytesOut: string, bytesOut: string } | null } | null, usageByStream: { totalCount: number, nodes: Array<{ stream: { name: string }, usage: { total: { gigabytesOut: string } | null } }> } | null, lastWeek: { percentile: { bitsPerSecond: number | null, sampleInterval: string, samples: number, discarded: number, missing: number } | null } | null, usage: { series: { freshUntil: string, points: Array<{ start: string, state: BucketState, bytesOut: string | null }> } | null } | null } | null };

export type PartnerYearQueryVariables = Exact<{
  trackingId: string;
}>;


export type PartnerYearQuery = { partner: { name: string, usageByStream: { nodes: Array<{ stream: { name: string }, usage: { origin: UsageOrigin | null, total: { gigabytesOut: string } | null } }> } | null, year: { origin: UsageOrigin | null, window: { from: string, to: string }, total: { gigabytesOut: string, bytesOut: string } | null, coverage: { state: BucketState, missing: Array<{ from: string, to: string }> } | null, series: { origin: UsageOrigin, points: Array<{ start: string, state: BucketState, origin: UsageOrigin | null, bytesOut: string | null, correctedAt: string | null }> } | null } | null } | null };

export type SignViewerTokenMutationVariables = Exact<{
  parent: number;
  stream: string;
  trackingId: string;
}>;


export type SignViewerTokenMutation = { signViewerToken: { viewerToken: { jwt: string, expiresAt: string, trackingId: string | null, playerUrl: string | null, warnings: Array<{ code: SigningWarningCode, message: string }> } | null, userErrors: Array<
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
      | { refusal: SigningRefusalCode | null, code: ErrorCode, message: string, path: Array<string> | null }
      | { code: ErrorCode, message: string, path: Array<string> | null }
    > } | null };

export type InspectViewerTokenMutationVariables = Exact<{
  jwt: string;
  streamName?: string | null | undefined;
  viewer?: ViewerPlaceInput | null | undefined;
  withViewing?: boolean;
}>;


export type InspectViewerTokenMutation = { inspectViewerToken: { inspection: { kind: InspectedTokenKind | null, isAdmitted: boolean, effectiveExpiresAt: string | null, reasons: Array<
        | { message: string }
        | { message: string }
        | { message: string }
        | { message: string }
        | { refusal: SigningRefusalCode | null, message: string }
        | { message: string }
      >, warnings: Array<{ code: SigningWarningCode, message: string }>, claims: { streamName: string, trackingId: string | null, expiresAt: string | null } | null, parent: { label: string, trackingId: string | null } | null, viewing?: { verdict: ViewingVerdict, isLive: boolean, decidedBy: { rule: ViewingRule, message: string }, failedRules: Array<{ rule: ViewingRule, message: string }> } | null } | null } | null };

export type StreamUsageQueryVariables = Exact<{
  stream: string;
}>;


export type StreamUsageQuery = { stream: { name: string, isLive: boolean | null, viewerCount: number | null, isSecured: boolean | null, bandwidthByTrackingId: Array<{ trackingId: string | null, bandwidth: { total: { gigabytesOut: string } | null } }> | null, bandwidth: { window: { from: string, to: string }, total: { gigabytesOut: string, bytesOut: string, restream: { bytesOut: string } | null, geoCascade: { bytesOut: string } | null } | null, byCountry: Array<{ country: string, traffic: { gigabytesOut: string } }> | null } | null, partners: { nodes: Array<{ name: string }> } | null, hourly: { series: { freshUntil: string, points: Array<{ start: string, state: BucketState, bytesOut: string | null }> } | null } | null } | null };


export const AccountHealthDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"AccountHealth"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"findings"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"10"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"severity"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"summary"}},{"kind":"Field","name":{"kind":"Name","value":"impact"}},{"kind":"Field","name":{"kind":"Name","value":"bytes"}},{"kind":"Field","name":{"kind":"Name","value":"advice"}},{"kind":"Field","name":{"kind":"Name","value":"suggestedMutation"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"auditLog"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"10"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"at"}},{"kind":"Field","name":{"kind":"Name","value":"principalName"}},{"kind":"Field","name":{"kind":"Name","value":"operation"}},{"kind":"Field","name":{"kind":"Name","value":"outcome"}},{"kind":"Field","name":{"kind":"Name","value":"code"}}]}}]}}]}}]} as unknown as DocumentNode<AccountHealthQuery, AccountHealthQueryVariables>;
export const AccountAgainstPartnersDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"AccountAgainstPartners"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"month"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"account"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"accountId"}},{"kind":"Field","name":{"kind":"Name","value":"reconciliation"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"window"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"month"},"value":{"kind":"Variable","name":{"kind":"Name","value":"month"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"window"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"from"}},{"kind":"Field","name":{"kind":"Name","value":"to"}}]}},{"kind":"Field","name":{"kind":"Name","value":"account"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"gigabytesOut"}},{"kind":"Field","name":{"kind":"Name","value":"bytesOut"}},{"kind":"Field","name":{"kind":"Name","value":"standard"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"bytesOut"}}]}},{"kind":"Field","name":{"kind":"Name","value":"restream"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"bytesOut"}}]}},{"kind":"Field","name":{"kind":"Name","value":"geoCascade"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"bytesOut"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"partners"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"gigabytesOut"}},{"kind":"Field","name":{"kind":"Name","value":"bytesOut"}}]}},{"kind":"Field","name":{"kind":"Name","value":"untracked"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"bytesOut"}},{"kind":"Field","name":{"kind":"Name","value":"bytesIn"}}]}},{"kind":"Field","name":{"kind":"Name","value":"residualBytesOut"}},{"kind":"Field","name":{"kind":"Name","value":"unexplainedBytesOut"}}]}},{"kind":"Field","name":{"kind":"Name","value":"untrackedUsage"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"window"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"named"},"value":{"kind":"EnumValue","value":"TODAY"}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"total"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"gigabytesOut"}},{"kind":"Field","name":{"kind":"Name","value":"gigabytesIn"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"partners"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"50"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"usage"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"window"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"month"},"value":{"kind":"Variable","name":{"kind":"Name","value":"month"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"total"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"gigabytesOut"}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<AccountAgainstPartnersQuery, AccountAgainstPartnersQueryVariables>;
export const MyMonthDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"MyMonth"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"month"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"me"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"partner"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","alias":{"kind":"Name","value":"month"},"name":{"kind":"Name","value":"usage"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"window"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"month"},"value":{"kind":"Variable","name":{"kind":"Name","value":"month"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"window"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"from"}},{"kind":"Field","name":{"kind":"Name","value":"to"}},{"kind":"Field","name":{"kind":"Name","value":"timeZone"}}]}},{"kind":"Field","name":{"kind":"Name","value":"total"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"gigabytesOut"}},{"kind":"Field","name":{"kind":"Name","value":"bytesOut"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"usageByStream"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"window"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"month"},"value":{"kind":"Variable","name":{"kind":"Name","value":"month"}}}]}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"10"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"stream"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"usage"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"total"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"gigabytesOut"}}]}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"findings"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"10"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"severity"}},{"kind":"Field","name":{"kind":"Name","value":"summary"}},{"kind":"Field","name":{"kind":"Name","value":"impact"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"usage"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"window"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"month"},"value":{"kind":"Variable","name":{"kind":"Name","value":"month"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"series"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"granularity"},"value":{"kind":"EnumValue","value":"DAY"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"freshUntil"}},{"kind":"Field","name":{"kind":"Name","value":"points"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"start"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"bytesOut"}}]}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<MyMonthQuery, MyMonthQueryVariables>;
export const MyStreamsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"MyStreams"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"streams"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"20"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"isLive"}},{"kind":"Field","name":{"kind":"Name","value":"playback"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hostedPlayerUrl"}},{"kind":"Field","name":{"kind":"Name","value":"whepUrl"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"subscribeTokens"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"20"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tokenId"}},{"kind":"Field","name":{"kind":"Name","value":"label"}},{"kind":"Field","name":{"kind":"Name","value":"trackingId"}},{"kind":"Field","name":{"kind":"Name","value":"isUsable"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"grants"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"pattern"}},{"kind":"Field","name":{"kind":"Name","value":"isRegex"}}]}}]}}]}}]}}]} as unknown as DocumentNode<MyStreamsQuery, MyStreamsQueryVariables>;
export const Step1_OnboardPartnerDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Step1_OnboardPartner"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"name"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"trackingId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"key"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"onboardPartner"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"idempotencyKey"},"value":{"kind":"Variable","name":{"kind":"Name","value":"key"}}},{"kind":"ObjectField","name":{"kind":"Name","value":"name"},"value":{"kind":"Variable","name":{"kind":"Name","value":"name"}}},{"kind":"ObjectField","name":{"kind":"Name","value":"trackingIds"},"value":{"kind":"ListValue","values":[{"kind":"Variable","name":{"kind":"Name","value":"trackingId"}}]}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"partner"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"trackingIds"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}},{"kind":"Field","name":{"kind":"Name","value":"apiKeySecret"}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<Step1_OnboardPartnerMutation, Step1_OnboardPartnerMutationVariables>;
export const Step2_RehearseSaleDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Step2_RehearseSale"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"stream"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"trackingId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"key"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Boolean"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"syndicateStream"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"idempotencyKey"},"value":{"kind":"Variable","name":{"kind":"Name","value":"key"}}},{"kind":"ObjectField","name":{"kind":"Name","value":"stream"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"name"},"value":{"kind":"Variable","name":{"kind":"Name","value":"stream"}}}]}},{"kind":"ObjectField","name":{"kind":"Name","value":"partners"},"value":{"kind":"ListValue","values":[{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"trackingId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"trackingId"}}}]}]}},{"kind":"ObjectField","name":{"kind":"Name","value":"dryRun"},"value":{"kind":"Variable","name":{"kind":"Name","value":"dryRun"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"steps"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"detail"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<Step2_RehearseSaleMutation, Step2_RehearseSaleMutationVariables>;
export const Step3_SyndicateStreamDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Step3_SyndicateStream"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"stream"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"trackingId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"key"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"syndicateStream"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"idempotencyKey"},"value":{"kind":"Variable","name":{"kind":"Name","value":"key"}}},{"kind":"ObjectField","name":{"kind":"Name","value":"stream"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"name"},"value":{"kind":"Variable","name":{"kind":"Name","value":"stream"}}}]}},{"kind":"ObjectField","name":{"kind":"Name","value":"partners"},"value":{"kind":"ListValue","values":[{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"trackingId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"trackingId"}}}]}]}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"steps"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"detail"}}]}},{"kind":"Field","name":{"kind":"Name","value":"publishToken"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tokenId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"syndications"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"subscribeToken"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tokenId"}},{"kind":"Field","name":{"kind":"Name","value":"trackingId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"playback"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hostedPlayerUrl"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<Step3_SyndicateStreamMutation, Step3_SyndicateStreamMutationVariables>;
export const Step4_CheckStreamDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Step4_CheckStream"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"stream"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"stream"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"by"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"name"},"value":{"kind":"Variable","name":{"kind":"Name","value":"stream"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"isSecured"}},{"kind":"Field","name":{"kind":"Name","value":"clusterConsistency"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"isConsistent"}},{"kind":"Field","name":{"kind":"Name","value":"publishClusters"}},{"kind":"Field","name":{"kind":"Name","value":"mismatchedTokens"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"label"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"partners"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"ingest"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"whipUrl"}},{"kind":"Field","name":{"kind":"Name","value":"rtmps"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"server"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"playback"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hostedPlayerUrl"}}]}}]}}]}}]} as unknown as DocumentNode<Step4_CheckStreamQuery, Step4_CheckStreamQueryVariables>;
export const Step5_SuspendPartnerDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Step5_SuspendPartner"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"trackingId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"suspendPartner"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"partner"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"trackingId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"trackingId"}}}]}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"partner"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"status"}}]}},{"kind":"Field","name":{"kind":"Name","value":"subscribeTokens"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tokenId"}},{"kind":"Field","name":{"kind":"Name","value":"isActive"}}]}},{"kind":"Field","name":{"kind":"Name","value":"warning"}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<Step5_SuspendPartnerMutation, Step5_SuspendPartnerMutationVariables>;
export const Step5_ResumePartnerDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Step5_ResumePartner"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"trackingId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"resumePartner"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"partner"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"trackingId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"trackingId"}}}]}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"partner"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"status"}}]}},{"kind":"Field","name":{"kind":"Name","value":"subscribeTokens"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tokenId"}},{"kind":"Field","name":{"kind":"Name","value":"isActive"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<Step5_ResumePartnerMutation, Step5_ResumePartnerMutationVariables>;
export const PartnerMonthDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"PartnerMonth"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"trackingId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"month"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"partner"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"by"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"trackingId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"trackingId"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}},{"kind":"Field","alias":{"kind":"Name","value":"month"},"name":{"kind":"Name","value":"usage"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"window"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"month"},"value":{"kind":"Variable","name":{"kind":"Name","value":"month"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"window"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"from"}},{"kind":"Field","name":{"kind":"Name","value":"to"}},{"kind":"Field","name":{"kind":"Name","value":"timeZone"}}]}},{"kind":"Field","name":{"kind":"Name","value":"total"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"gigabytesOut"}},{"kind":"Field","name":{"kind":"Name","value":"bytesOut"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"usageByStream"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"window"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"month"},"value":{"kind":"Variable","name":{"kind":"Name","value":"month"}}}]}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"10"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"stream"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"usage"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"total"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"gigabytesOut"}}]}}]}}]}}]}},{"kind":"Field","alias":{"kind":"Name","value":"lastWeek"},"name":{"kind":"Name","value":"usage"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"window"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"last"},"value":{"kind":"StringValue","value":"PT168H","block":false}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"percentile"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"p"},"value":{"kind":"IntValue","value":"95"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"bitsPerSecond"}},{"kind":"Field","name":{"kind":"Name","value":"sampleInterval"}},{"kind":"Field","name":{"kind":"Name","value":"samples"}},{"kind":"Field","name":{"kind":"Name","value":"discarded"}},{"kind":"Field","name":{"kind":"Name","value":"missing"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"usage"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"window"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"month"},"value":{"kind":"Variable","name":{"kind":"Name","value":"month"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"series"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"granularity"},"value":{"kind":"EnumValue","value":"DAY"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"freshUntil"}},{"kind":"Field","name":{"kind":"Name","value":"points"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"start"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"bytesOut"}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<PartnerMonthQuery, PartnerMonthQueryVariables>;
export const PartnerYearDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"PartnerYear"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"trackingId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"partner"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"by"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"trackingId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"trackingId"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"usageByStream"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"window"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"last"},"value":{"kind":"StringValue","value":"P11M","block":false}}]}},{"kind":"Argument","name":{"kind":"Name","value":"includeCurrent"},"value":{"kind":"BooleanValue","value":true}},{"kind":"Argument","name":{"kind":"Name","value":"timeZone"},"value":{"kind":"StringValue","value":"UTC","block":false}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"5"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"stream"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"usage"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"origin"}},{"kind":"Field","name":{"kind":"Name","value":"total"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"gigabytesOut"}}]}}]}}]}}]}},{"kind":"Field","alias":{"kind":"Name","value":"year"},"name":{"kind":"Name","value":"usage"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"window"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"last"},"value":{"kind":"StringValue","value":"P11M","block":false}}]}},{"kind":"Argument","name":{"kind":"Name","value":"includeCurrent"},"value":{"kind":"BooleanValue","value":true}},{"kind":"Argument","name":{"kind":"Name","value":"timeZone"},"value":{"kind":"StringValue","value":"UTC","block":false}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"window"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"from"}},{"kind":"Field","name":{"kind":"Name","value":"to"}}]}},{"kind":"Field","name":{"kind":"Name","value":"origin"}},{"kind":"Field","name":{"kind":"Name","value":"total"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"gigabytesOut"}},{"kind":"Field","name":{"kind":"Name","value":"bytesOut"}}]}},{"kind":"Field","name":{"kind":"Name","value":"coverage"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"missing"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"from"}},{"kind":"Field","name":{"kind":"Name","value":"to"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"series"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"granularity"},"value":{"kind":"EnumValue","value":"MONTH"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"origin"}},{"kind":"Field","name":{"kind":"Name","value":"points"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"start"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"origin"}},{"kind":"Field","name":{"kind":"Name","value":"bytesOut"}},{"kind":"Field","name":{"kind":"Name","value":"correctedAt"}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<PartnerYearQuery, PartnerYearQueryVariables>;
export const SignViewerTokenDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"SignViewerToken"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"parent"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"SafeInt"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"stream"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"trackingId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"signViewerToken"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"token"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"tokenId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"parent"}}}]}},{"kind":"ObjectField","name":{"kind":"Name","value":"streamName"},"value":{"kind":"Variable","name":{"kind":"Name","value":"stream"}}},{"kind":"ObjectField","name":{"kind":"Name","value":"trackingId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"trackingId"}}},{"kind":"ObjectField","name":{"kind":"Name","value":"expiresInSeconds"},"value":{"kind":"IntValue","value":"300"}},{"kind":"ObjectField","name":{"kind":"Name","value":"customViewerData"},"value":{"kind":"StringValue","value":"viewer-1","block":false}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"viewerToken"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"jwt"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"trackingId"}},{"kind":"Field","name":{"kind":"Name","value":"playerUrl"}},{"kind":"Field","name":{"kind":"Name","value":"warnings"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SigningRefusedError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"refusal"}}]}}]}}]}}]}}]} as unknown as DocumentNode<SignViewerTokenMutation, SignViewerTokenMutationVariables>;
export const InspectViewerTokenDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"InspectViewerToken"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"jwt"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"streamName"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"viewer"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"ViewerPlaceInput"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"withViewing"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Boolean"}}},"defaultValue":{"kind":"BooleanValue","value":false}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"inspectViewerToken"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"jwt"},"value":{"kind":"Variable","name":{"kind":"Name","value":"jwt"}}},{"kind":"ObjectField","name":{"kind":"Name","value":"streamName"},"value":{"kind":"Variable","name":{"kind":"Name","value":"streamName"}}},{"kind":"ObjectField","name":{"kind":"Name","value":"viewer"},"value":{"kind":"Variable","name":{"kind":"Name","value":"viewer"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"inspection"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"isAdmitted"}},{"kind":"Field","name":{"kind":"Name","value":"effectiveExpiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"reasons"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SigningRefusedError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"refusal"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"warnings"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}},{"kind":"Field","name":{"kind":"Name","value":"claims"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"streamName"}},{"kind":"Field","name":{"kind":"Name","value":"trackingId"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"parent"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"label"}},{"kind":"Field","name":{"kind":"Name","value":"trackingId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"viewing"},"directives":[{"kind":"Directive","name":{"kind":"Name","value":"include"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"if"},"value":{"kind":"Variable","name":{"kind":"Name","value":"withViewing"}}}]}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"verdict"}},{"kind":"Field","name":{"kind":"Name","value":"isLive"}},{"kind":"Field","name":{"kind":"Name","value":"decidedBy"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"rule"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}},{"kind":"Field","name":{"kind":"Name","value":"failedRules"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"rule"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<InspectViewerTokenMutation, InspectViewerTokenMutationVariables>;
export const StreamUsageDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"StreamUsage"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"stream"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"stream"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"by"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"name"},"value":{"kind":"Variable","name":{"kind":"Name","value":"stream"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"isLive"}},{"kind":"Field","name":{"kind":"Name","value":"viewerCount"}},{"kind":"Field","name":{"kind":"Name","value":"isSecured"}},{"kind":"Field","name":{"kind":"Name","value":"bandwidthByTrackingId"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"window"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"last"},"value":{"kind":"StringValue","value":"PT24H","block":false}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"trackingId"}},{"kind":"Field","name":{"kind":"Name","value":"bandwidth"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"total"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"gigabytesOut"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"bandwidth"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"window"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"last"},"value":{"kind":"StringValue","value":"PT24H","block":false}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"window"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"from"}},{"kind":"Field","name":{"kind":"Name","value":"to"}}]}},{"kind":"Field","name":{"kind":"Name","value":"total"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"gigabytesOut"}},{"kind":"Field","name":{"kind":"Name","value":"bytesOut"}},{"kind":"Field","name":{"kind":"Name","value":"restream"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"bytesOut"}}]}},{"kind":"Field","name":{"kind":"Name","value":"geoCascade"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"bytesOut"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"byCountry"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"5"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"country"}},{"kind":"Field","name":{"kind":"Name","value":"traffic"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"gigabytesOut"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"partners"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}},{"kind":"Field","alias":{"kind":"Name","value":"hourly"},"name":{"kind":"Name","value":"bandwidth"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"window"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"last"},"value":{"kind":"StringValue","value":"PT24H","block":false}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"series"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"granularity"},"value":{"kind":"EnumValue","value":"HOUR"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"freshUntil"}},{"kind":"Field","name":{"kind":"Name","value":"points"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"start"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"bytesOut"}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<StreamUsageQuery, StreamUsageQueryVariables>;