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
  label: (wished, { label }) => label === wished,
  streams: (wished, { streams }) => sameGrants(wished, streams),
  expiresInSeconds: (wished, { expiresAt }, span) => expiryMatchesRequest(wished, expiresAt, span),
  originCluster: (wished, { originCluster }) => originCluster === (wished || null),
  allowedOrigins: (wished, { allowedOrigins }) => sameTexts(wished, allowedOrigins),
  allowedIpAddresses: (wished, { allowedIpAddresses }) => sameTexts(wished, allowedIpAddresses),
  bindIpsOnUsage: (wished, { bindIpsOnUsage }) => bindIpsOnUsage === (wished ?? 0),
  allowedCountries: (wished, { countries }) => sameTexts(wished, countries.allowedCountries),
  deniedCountries: (wished, { countries }) => sameTexts(wished, countries.deniedCountries),
};

/** What a subscribe token is recognised by after the answer to its creation was lost. */
export const subscribeTokenComparison: Comparison<NewSubscribeToken, SubscribeTokenRecord> = {
  ...tokenComparison,
  trackingId: (wished, { trackingId }) => trackingId === (wished ?? null),
};

/** What a publish token is recognised by. Defaults are those of the platform. @see POST /api/publish_token */
export const publishTokenComparison: Comparison<NewPublishToken, PublishTokenRecord> = {
  ...tokenComparison,
  isSecured: (wished, { isSecured }) => isSecured === (wished ?? false),
  isMultisource: (wished, { isMultisource }) => isMultisource === (wished ?? true),
  isRecording: (wished, { isRecording }) => isRecording === (wished ?? false),
  isClipping: (wished, { isClipping }) => isClipping === (wished ?? false),
  hasThumbnails: (wished, { hasThumbnails }) => hasThumbnails === (wished ?? false),
  isLowLatencyRtmp: (wished, { isLowLatencyRtmp }) => isLowLatencyRtmp === (wished ?? true),
  isSrtEncrypted: (wished, { isSrtEncrypted }) => isSrtEncrypted === (wished ?? false),
  isDrm: (wished, { isDrm }) => isDrm === (wished ?? false),
  isUtcInserted: (wished, { isUtcInserted }) => isUtcInserted === (wished ?? null),
  priority: (wished, { priority }) => priority === (wished ?? null),
  geoCascade: (wished, { geoCascade }) => sameCascade(wished ?? null, geoCascade),
};

function sameGrants(wished: readonly StreamGrant[], made: readonly StreamGrant[]): boolean {
  const keysOf = (grants: readonly StreamGrant[]) =>
    new Set(grants.map((grant) => JSON.stringify([grant.pattern, grant.isRegex])));
  const [left, right] = [keysOf(wished), keysOf(made)];
  return left.size === right.size && [...left].every((key) => right.has(key));
}

function sameCascade(wished: GeoCascade | null, made: GeoCascade | null): boolean {
  if (wished === null || made === null) return wished === made;
  return wished.isEnabled === made.isEnabled && sameTexts(wished.clusters, made.clusters);
}
