import { MAX_NAME_LENGTH } from "../text.ts";
import type { PublishTokenRecord, SubscribeTokenRecord, TokenRecord } from "../token/token.ts";

/** Text that stands in a document as it is, such as the name of an enum value. */
type Literal = string | number | boolean | readonly Literal[] | { readonly [field: string]: Literal | undefined };

/** Largest number of streams that a suggested mutation names. */
const MAX_STREAMS = 50;

/** Returns a mutation that turns on the check of viewers' tokens for the streams of a publish token. */
export function securePublishToken(token: PublishTokenRecord): string {
  return mutation(call("updatePublishToken", { token: ref(token), isSecured: true }));
}

/** Returns a mutation that disables subscribe tokens; null for none. */
export function disableSubscribeTokens(tokens: readonly SubscribeTokenRecord[]): string | null {
  return tokens.length === 0 ? null : mutation(call("disableSubscribeTokens", { tokens: tokens.map(ref) }));
}

/** Returns a mutation that removes a subscribe token's binding to the addresses of its first users. */
export function unbindAddresses(token: SubscribeTokenRecord): string {
  return mutation(call("updateSubscribeToken", { token: ref(token), bindIpsOnUsage: 0 }));
}

/** Returns a mutation that replaces a token's patterns by names; null if there are no names or too many. */
export function replacePatterns(token: SubscribeTokenRecord, names: readonly string[]): string | null {
  if (names.length === 0 || names.length > MAX_STREAMS) return null;
  const granted = new Set(token.streams.flatMap(({ pattern, isRegex }) => (isRegex ? [] : pattern)));
  const added = names.filter((name) => !granted.has(name)).map((pattern) => ({ pattern }));
  const removeStreams = token.streams.flatMap(({ pattern, isRegex }) => (isRegex ? pattern : []));
  const addStreams = added.length > 0 ? added : undefined;
  return mutation(call("updateSubscribeToken", { token: ref(token), addStreams, removeStreams }));
}

/** Returns a mutation that moves tokens to a cluster; null for no token. */
export function moveToCluster(
  tokens: readonly (PublishTokenRecord | SubscribeTokenRecord)[],
  originCluster: string,
): string | null {
  if (tokens.length === 0) return null;
  return mutation(...tokens.map((token) => call(`update${token.kind}`, { token: ref(token), originCluster })));
}

/** Returns a mutation that creates a subscribe token with the settings and lifetime of one that expires. */
export function createSuccessor(token: SubscribeTokenRecord): string | null {
  const { expiresAt, addedAt, label, streams, trackingId, bindIpsOnUsage, originCluster } = token;
  if (expiresAt === null) return null;
  const { allowedCountries, deniedCountries } = token.countries;
  const input = {
    idempotencyKey: `successor of ${token.id}`,
    label,
    streams: streams.map(({ pattern, isRegex }) => (isRegex ? { pattern, isRegex } : { pattern })),
    trackingId: trackingId ?? undefined,
    expiresInSeconds: Math.max(1, Math.round((expiresAt - addedAt) / 1000)),
    allowedOrigins: unlessEmpty(token.allowedOrigins),
    allowedIpAddresses: unlessEmpty(token.allowedIpAddresses),
    allowedCountries: unlessEmpty(allowedCountries),
    deniedCountries: unlessEmpty(deniedCountries),
    bindIpsOnUsage: bindIpsOnUsage > 0 ? bindIpsOnUsage : undefined,
    originCluster: originCluster ?? undefined,
  };
  return mutation(call("createSubscribeToken", input, "subscribeToken { tokenId }"));
}

/** Returns a mutation that deletes a token. */
export function deleteToken(token: PublishTokenRecord | SubscribeTokenRecord): string {
  return mutation(call(`delete${token.kind}`, { token: ref(token) }, "deletedId"));
}

/** Returns a mutation that registers a partner under a tracking id, which is also its name; null if it can't be a name. */
export function onboardPartner(trackingId: string): string | null {
  if (trackingId.trim() === "" || trackingId.length > MAX_NAME_LENGTH || /\p{Cc}|\p{Surrogate}/u.test(trackingId)) {
    return null;
  }
  const input = { idempotencyKey: trackingId, name: trackingId, trackingIds: [trackingId] };
  return mutation(call("onboardPartner", input, "partner { id }"));
}

function mutation(...calls: readonly string[]): string {
  const [first, ...others] = calls;
  if (others.length === 0) return `mutation { ${first} }`;
  return `mutation { ${calls.map((each, index) => `m${index + 1}: ${each}`).join(" ")} }`;
}

function call(name: string, input: Literal, result = ""): string {
  return `${name}(input: ${written(input)}) { ${result && `${result} `}userErrors { code message } }`;
}

function ref({ id }: Pick<TokenRecord, "id">): Literal {
  return { tokenId: id };
}

function unlessEmpty(texts: readonly string[]): readonly string[] | undefined {
  return texts.length > 0 ? texts : undefined;
}

/** Returns a value as GraphQL writes it. Its strings are written like those of JSON. */
function written(value: Literal): string {
  if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
  if (typeof value !== "object") return JSON.stringify(value);
  const fields = Object.entries(value).flatMap(([name, field]) =>
    field === undefined ? [] : `${name}: ${written(field)}`,
  );
  return `{ ${fields.join(", ")} }`;
}
