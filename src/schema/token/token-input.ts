import type { GraphContext } from "../../context.ts";
import { assertCascade } from "../../model/cluster/geo-cascade.ts";
import { InvalidInputError } from "../../model/errors.ts";
import { assertGrant } from "../../model/stream/stream.ts";
import { assertName } from "../../model/text.ts";
import {
  assertDrmIsSecured,
  assertMultisourceCluster,
  assertRecordsOrClips,
  type RecordingSettings,
} from "../../model/token/publish-settings.ts";
import { assertRestrictions, type RestrictionsInput } from "../../model/token/restrictions.ts";
import type { GeoCascade, StreamGrant } from "../../model/token/token.ts";
import { builder } from "../builder.ts";
import { assertAnyChange, type InputFields, omitNulls } from "../input.ts";

/** The longest time until a token expires, in seconds. @see POST /api/subscribe_token */
const MAX_EXPIRES_IN_SECONDS = 2_147_483_647;

export const StreamGrantInput = builder.inputType("StreamGrantInput", {
  description: "One entry of a token's list of streams: a stream name, or a pattern for several.",
  fields: (t) => ({
    pattern: t.string({
      required: true,
      description:
        "Stream name, or, if `isRegex` is true, a regular expression that must match a whole name. Case-sensitive.",
    }),
    isRegex: t.boolean({
      required: true,
      defaultValue: false,
      description:
        "Whether `pattern` is a regular expression. Defaults to false: a stream name. Must run in linear time.",
    }),
  }),
});

export const GeoCascadeInput = builder.inputType("GeoCascadeInput", {
  description: "Relaying of a stream to other clusters, near its viewers.",
  fields: (t) => ({
    isEnabled: t.boolean({ required: true, description: "Whether the stream is relayed to other clusters." }),
    clusters: t.stringList({
      required: true,
      defaultValue: ["all"],
      description: "Ids of the clusters to relay to, or only `all`. Defaults to `all`; must not be empty if enabled.",
    }),
  }),
});

/** Fields of a token that can be set at its creation. */
export const newTokenFields = (t: InputFields) => ({
  idempotencyKey: t.id({
    required: true,
    description:
      "Key of your choice, 1 to 128 characters, that makes a retry safe: the same key within a day returns the token created first.",
  }),
  label: t.string({ required: true, description: "Name for people: 1 to 128 characters." }),
  streams: t.field({
    type: [StreamGrantInput],
    required: true,
    description: "Streams that the token opens, at least one entry.",
  }),
  expiresInSeconds: t.int({
    description: `Seconds from now until the token expires, 1 to ${MAX_EXPIRES_IN_SECONDS}. Defaults to never. Can't be changed later.`,
  }),
  originCluster: t.string({
    description:
      "Id of a cluster, or `auto`. Defaults to the account's. Broadcasters and viewers of a stream must share it.",
  }),
});

/** Fields of a token that can be changed later, besides its restrictions. */
export const changeFields = (t: InputFields) => ({
  label: t.string({ description: "Name for people: 1 to 128 characters. Defaults to no change." }),
  isActive: t.boolean({ description: "Whether the token is enabled. Defaults to no change." }),
  addStreams: t.field({
    type: [StreamGrantInput],
    description: "Entries to add to the list of streams. Defaults to none.",
  }),
  removeStreams: t.stringList({
    description: "Patterns of the entries to remove from the list of streams. Defaults to none.",
  }),
  originCluster: t.string({ description: "Id of a cluster, or `auto`. Defaults to no change." }),
});

/** Returns the sentence on the default of an optional field, which keeps an existing token's value. */
const defaultsTo = (isNew: boolean) => (value: string) => `Defaults to ${isNew ? value : "no change"}.`;

/** Fields of a token that restrict who may use it. */
export const restrictionFields = (t: InputFields, isNew: boolean) => {
  const byDefault = defaultsTo(isNew);
  return {
    allowedOrigins: t.stringList({
      description: `Domains whose pages may use the token; a leading \`*.\` includes subdomains. Empty for any. ${byDefault("any")}`,
    }),
    allowedIpAddresses: t.stringList({
      description: `IPv4 addresses and CIDR blocks that may use the token. Empty for any. ${byDefault("any")} Excludes \`bindIpsOnUsage\`.`,
    }),
    bindIpsOnUsage: t.field({
      type: "SafeInt",
      description: `Number of IP addresses to bind the token to: the first ones that use it; 0 for no limit. ${byDefault("0")} Excludes \`allowedIpAddresses\`. Refused for a registered partner's tokens, which its viewers share.`,
    }),
    allowedCountries: t.field({
      type: ["CountryCode"],
      description: `The only countries whose viewers may watch. Empty for the rules of the next level. ${byDefault("empty")} Excludes \`deniedCountries\`.`,
    }),
    deniedCountries: t.field({
      type: ["CountryCode"],
      description: `Countries whose viewers may not watch. Empty for the rules of the next level. ${byDefault("empty")} Excludes \`allowedCountries\`.`,
    }),
  };
};

/** Fields of a publish token that switch features of its streams. Null clears some of them: see {@link pickSettings}. */
export const publishSettingFields = (t: InputFields, isNew: boolean) => {
  const byDefault = defaultsTo(isNew);
  return {
    isMultisource: t.boolean({
      description: `Whether a stream may have several sources at the same time. Requires a fixed cluster. ${byDefault("true")}`,
    }),
    isRecording: t.boolean({
      description: `Whether broadcasts are recorded. Excludes \`isClipping\`. ${byDefault("false")}`,
    }),
    isClipping: t.boolean({
      description: `Whether clips can be cut while a stream is live. Excludes \`isRecording\`. ${byDefault("false")}`,
    }),
    hasThumbnails: t.boolean({ description: `Whether a thumbnail is sent every 30 seconds. ${byDefault("false")}` }),
    isLowLatencyRtmp: t.boolean({ description: `Whether RTMP and SRT buffers are trimmed. ${byDefault("true")}` }),
    isSrtEncrypted: t.boolean({ description: `Whether SRT is encrypted with a passphrase. ${byDefault("false")}` }),
    isDrm: t.boolean({
      description: `Whether streams are encrypted for DRM, a premium feature. Requires a secured stream. ${byDefault("false")}`,
    }),
    isUtcInserted: t.boolean({
      description: `Whether the platform writes its UTC time into the streams. Null applies the account's setting. ${byDefault("null")}`,
    }),
    priority: t.int({
      description: `Default priority of the feeds; of redundant feeds the live one with the highest is shown. Null clears the priority. ${byDefault("null")}`,
    }),
    geoCascade: t.field({
      type: GeoCascadeInput,
      description: `Clusters that streams are relayed to. ${byDefault("the account's setting")}`,
    }),
  };
};

/** Omits nulls from the settings of a publish token, except where null clears the priority or the choice of UTC insertion. */
export function pickSettings<
  Input extends { readonly priority?: number | null | undefined; readonly isUtcInserted?: boolean | null | undefined },
>({ priority, isUtcInserted, ...rest }: Input) {
  return {
    ...omitNulls(rest),
    ...(priority !== undefined && { priority }),
    ...(isUtcInserted !== undefined && { isUtcInserted }),
  };
}

/** Checks the fields that new tokens of both kinds share. @throws InvalidInputError */
export function assertNewToken(
  input: RestrictionsInput & {
    readonly label: string;
    readonly streams: readonly StreamGrant[];
    readonly expiresInSeconds?: number | undefined;
  },
): void {
  assertName(input.label, "input.label");
  if (input.streams.length === 0)
    throw new InvalidInputError("input.streams", "`input.streams` must name at least one stream; got none.");
  assertGrants(input.streams, "input.streams");
  assertTtl(input.expiresInSeconds, "input.expiresInSeconds");
  assertRestrictions(input, "input");
}

/** @throws InvalidInputError for a time until expiry that no token can have */
export function assertTtl(expiresInSeconds: number | undefined, argument: string): void {
  if (expiresInSeconds !== undefined && (expiresInSeconds < 1 || expiresInSeconds > MAX_EXPIRES_IN_SECONDS)) {
    throw new InvalidInputError(
      argument,
      `\`${argument}\` must be between 1 and ${MAX_EXPIRES_IN_SECONDS}; got ${expiresInSeconds}.`,
    );
  }
}

/**
 * Checks that a partner's master token is not bound to addresses: its viewer tokens share the binding.
 *
 * @throws InvalidInputError MASTER_BINDS_ADDRESSES if a registered partner has the tracking id
 */
export async function assertMasterIsUnbound(
  bindIpsOnUsage: number | undefined,
  trackingId: string | null | undefined,
  { partnerCache }: GraphContext,
): Promise<void> {
  if (!bindIpsOnUsage || !trackingId) return;
  const partner = (await partnerCache.read()).byTrackingId(trackingId);
  if (!partner) return;
  const rule = `\`input.bindIpsOnUsage\` must be 0 for a registered partner's token, whose first viewers would lock out all others; got ${bindIpsOnUsage}.`;
  throw new InvalidInputError("input.bindIpsOnUsage", rule, {}, "MASTER_BINDS_ADDRESSES");
}

/** Checks the changes that both kinds of token share. @throws InvalidInputError */
export function assertChanges(changes: { readonly addStreams?: readonly StreamGrant[] | undefined }): void {
  assertAnyChange(changes);
  assertGrants(changes.addStreams ?? [], "input.addStreams");
}

/** Checks every grant. @throws InvalidInputError naming the entry */
export function assertGrants(grants: readonly StreamGrant[], argument: string): void {
  for (const [index, grant] of grants.entries()) assertGrant(grant, `${argument}.${index}.pattern`);
}

/** Checks that the features do not exclude each other. @throws InvalidInputError naming the documented rule */
export function assertPublishSettings(
  settings: RecordingSettings & {
    readonly isSecured?: boolean | undefined;
    readonly isDrm?: boolean | undefined;
    readonly isMultisource?: boolean | undefined;
    readonly originCluster?: string | undefined;
    readonly geoCascade?: GeoCascade | null | undefined;
  },
): void {
  assertRecordsOrClips(settings);
  assertDrmIsSecured(settings);
  assertMultisourceCluster(settings.isMultisource, settings.originCluster);
  if (settings.geoCascade) assertCascade(settings.geoCascade, null, "input.geoCascade");
}
