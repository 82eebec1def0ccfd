import type {
  GeoCascade,
  PublishTokenRecord,
  StreamGrant,
  SubscribeTokenRecord,
  TokenRecord,
} from "../../model/token/token.ts";
import type { NewPublishToken } from "../../upstream/publish-tokens.ts";
import type { NewSubscribeToken } from "../../upstream/subscribe-tokens.ts";
import type { NewToken } from "../../upstream/token-client.ts";
import { type Comparison, expiryMatchesRequest, sameTexts } from "../matches-request.ts";

const tokenComparison: Comparison<NewToken, TokenRecord> = {
  label: (requested, { label }) => label === requested,
  streams: (requested, { streams }) => sameGrants(requested, streams),
  expiresInSeconds: (requested, { expiresAt }, span) => expiryMatchesRequest(requested, expiresAt, span),
  originCluster: (requested, { originCluster }) => originCluster === (requested || null),
  allowedOrigins: (requested, { allowedOrigins }) => sameTexts(requested, allowedOrigins),
  allowedIpAddresses: (requested, { allowedIpAddresses }) => sameTexts(requested, allowedIpAddresses),
  bindIpsOnUsage: (requested, { bindIpsOnUsage }) => bindIpsOnUsage === (requested ?? 0),
  allowedCountries: (requested, { countries }) => sameTexts(requested, countries.allowedCountries),
  deniedCountries: (requested, { countries }) => sameTexts(requested, countries.deniedCountries),
};

/** Compares a subscribe token with the request to create it, to recognise it after the response was lost. */
export const subscribeTokenComparison: Comparison<NewSubscribeToken, SubscribeTokenRecord> = {
  ...tokenComparison,
  trackingId: (requested, { trackingId }) => trackingId === (requested ?? null),
};

/** Compares a publish token with the request to create it. Defaults are the platform's. @see POST /api/publish_token */
export const publishTokenComparison: Comparison<NewPublishToken, PublishTokenRecord> = {
  ...tokenComparison,
  isSecured: (requested, { isSecured }) => isSecured === (requested ?? false),
  isMultisource: (requested, { isMultisource }) => isMultisource === (requested ?? true),
  isRecording: (requested, { isRecording }) => isRecording === (requested ?? false),
  isClipping: (requested, { isClipping }) => isClipping === (requested ?? false),
  hasThumbnails: (requested, { hasThumbnails }) => hasThumbnails === (requested ?? false),
  isLowLatencyRtmp: (requested, { isLowLatencyRtmp }) => isLowLatencyRtmp === (requested ?? true),
  isSrtEncrypted: (requested, { isSrtEncrypted }) => isSrtEncrypted === (requested ?? false),
  isDrm: (requested, { isDrm }) => isDrm === (requested ?? false),
  isUtcInserted: (requested, { isUtcInserted }) => isUtcInserted === (requested ?? null),
  priority: (requested, { priority }) => priority === (requested ?? null),
  geoCascade: (requested, { geoCascade }) => sameCascade(requested ?? null, geoCascade),
};

function sameGrants(requested: readonly StreamGrant[], created: readonly StreamGrant[]): boolean {
  const keysOf = (grants: readonly StreamGrant[]) =>
    new Set(grants.map((grant) => JSON.stringify([grant.pattern, grant.isRegex])));
  const [left, right] = [keysOf(requested), keysOf(created)];
  return left.size === right.size && [...left].every((key) => right.has(key));
}

function sameCascade(requested: GeoCascade | null, created: GeoCascade | null): boolean {
  if (requested === null || created === null) return requested === created;
  return requested.isEnabled === created.isEnabled && sameTexts(requested.clusters, created.clusters);
}
