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
import { type InputFields, omitNulls } from "../input.ts";

/** The longest life of a token, in seconds. @see POST /api/subscribe_token */
const MAX_EXPIRES_IN_SECONDS = 2_147_483_647;

export const StreamGrantInput = builder.inputType("StreamGrantInput", {
  description: "One entry of a token's list of streams.",
  fields: (t) => ({
    pattern: t.string({
      required: true,
      description: "A stream name, or a regular expression that a whole name must match, with its case.",
    }),
    isRegex: t.boolean({
      required: true,
      defaultValue: false,
      description: "Whether it is a regular expression. It must be one of linear running time.",
    }),
  }),
});

export const GeoCascadeInput = builder.inputType("GeoCascadeInput", {
  description: "Relaying of a stream to other clusters.",
  fields: (t) => ({
    isEnabled: t.boolean({ required: true, description: "Whether it is relayed." }),
    clusters: t.stringList({
      required: true,
      defaultValue: ["all"],
      description: "Ids of the clusters, or just `all`; not empty while it is enabled.",
    }),
  }),
});

/** Fields of a token that may be set when it is made. */
export const newTokenFields = (t: InputFields) => ({
  label: t.string({ required: true, description: "What to call it: 1 to 128 characters." }),
  streams: t.field({
    type: [StreamGrantInput],
    required: true,
    description: "The streams it stands for, at least one.",
  }),
  expiresInSeconds: t.int({
    description: "From now, at least 1; left out for a token that never expires. It can't be changed later.",
  }),
  originCluster: t.string({
    description:
      "Id of a cluster, or `auto`; that of the account when it is left out. Broadcasters and viewers of a stream must share it.",
  }),
});

/** Fields of a token that may change later, beside its restrictions. */
export const changeFields = (t: InputFields) => ({
  label: t.string({ description: "What to call it: 1 to 128 characters." }),
  isActive: t.boolean({ description: "Whether it is enabled." }),
  addStreams: t.field({ type: [StreamGrantInput], description: "Entries to add to its list of streams." }),
  removeStreams: t.stringList({ description: "Patterns of the entries to take away." }),
  originCluster: t.string({ description: "Id of a cluster, or `auto`." }),
});

/** Fields of a token that restrict who may use it. */
export const restrictionFields = (t: InputFields) => ({
  allowedOrigins: t.stringList({
    description: "Domains whose pages may use it, `*.` in front for subdomains; empty for any.",
  }),
  allowedIpAddresses: t.stringList({
    description: "IPv4 addresses and CIDR blocks that may use it; empty for any. Excludes `bindIpsOnUsage`.",
  }),
  bindIpsOnUsage: t.int({
    description:
      "Binds it to the first so many addresses that use it; 0 for no binding. Excludes `allowedIpAddresses`, and is not for a registered partner's tokens, whose viewers would lock each other out.",
  }),
  allowedCountries: t.field({
    type: ["CountryCode"],
    description:
      "Countries whose viewers may watch; empty for the rules of the next level. Excludes `deniedCountries`.",
  }),
  deniedCountries: t.field({
    type: ["CountryCode"],
    description: "Countries whose viewers may not watch. Excludes `allowedCountries`.",
  }),
});

/** Fields of a publish token that switch features of its streams; of some, null clears what was set: see {@link pickSettings}. */
export const publishSettingFields = (t: InputFields) => ({
  isMultisource: t.boolean({ description: "Whether a stream may have several sources. Needs a fixed cluster." }),
  isRecording: t.boolean({ description: "Whether broadcasts are recorded. Excludes `isClipping`." }),
  isClipping: t.boolean({ description: "Whether clips can be cut while a stream is live. Excludes `isRecording`." }),
  hasThumbnails: t.boolean({ description: "Whether a thumbnail is sent every 30 seconds." }),
  isLowLatencyRtmp: t.boolean({ description: "Whether RTMP and SRT buffers are trimmed." }),
  isSrtEncrypted: t.boolean({ description: "Whether SRT is encrypted with a passphrase." }),
  isDrm: t.boolean({
    description: "Whether its streams are encrypted for DRM. Needs a secured stream; a premium feature.",
  }),
  isUtcInserted: t.boolean({
    description: "Whether the platform writes its UTC time into the stream. Null leaves that to the account.",
  }),
  priority: t.int({ description: "Default priority of its feeds. Null clears it." }),
  geoCascade: t.field({ type: GeoCascadeInput, description: "Where its streams are relayed to." }),
});

/** The same for the settings of a publish token, where null clears a priority and leaves UTC insertion to the account. */
export function pickSettings<
  Input extends { readonly priority?: number | null | undefined; readonly isUtcInserted?: boolean | null | undefined },
>({ priority, isUtcInserted, ...rest }: Input) {
  return {
    ...omitNulls(rest),
    ...(priority !== undefined && { priority }),
    ...(isUtcInserted !== undefined && { isUtcInserted }),
  };
}

/** Checks what new tokens of both kinds share. @throws InvalidInputError naming the argument and the rule */
export function assertNewToken(
  input: RestrictionsInput & {
    readonly label: string;
    readonly streams: readonly StreamGrant[];
    readonly expiresInSeconds?: number | undefined;
  },
): void {
  assertName(input.label, "input.label");
  if (input.streams.length === 0)
    throw new InvalidInputError("input.streams", "A token stands for at least one stream.");
  assertGrants(input.streams, "input.streams");
  assertTtl(input.expiresInSeconds, "input.expiresInSeconds");
  assertRestrictions(input, "input");
}

/** @throws InvalidInputError for a life that no token can have */
export function assertTtl(expiresInSeconds: number | undefined, argument: string): void {
  if (expiresInSeconds !== undefined && (expiresInSeconds < 1 || expiresInSeconds > MAX_EXPIRES_IN_SECONDS)) {
    throw new InvalidInputError(argument, `A life is of 1 to ${MAX_EXPIRES_IN_SECONDS} seconds.`);
  }
}

/**
 * Checks that a partner's master is not bound to addresses: its viewer tokens share the binding.
 *
 * @throws InvalidInputError MASTER_BINDS_ADDRESSES where a registered partner has the tracking id
 */
export async function assertMasterIsUnbound(
  bindIpsOnUsage: number | undefined,
  trackingId: string | null | undefined,
  { partnerCache }: GraphContext,
): Promise<void> {
  if (!bindIpsOnUsage || !trackingId) return;
  const partner = (await partnerCache.read()).byTrackingId(trackingId);
  if (!partner) return;
  const rule = "It would be a partner's master: the first viewers under it would lock out all others. Leave it at 0.";
  throw new InvalidInputError("input.bindIpsOnUsage", rule, {}, "MASTER_BINDS_ADDRESSES");
}

/** Checks what changes of both kinds of token share. @throws InvalidInputError naming the argument and the rule */
export function assertChanges(changes: { readonly addStreams?: readonly StreamGrant[] | undefined }): void {
  if (Object.keys(changes).length === 0) throw new InvalidInputError("input", "There is nothing to change in it.");
  assertGrants(changes.addStreams ?? [], "input.addStreams");
}

/** @throws InvalidInputError naming the entry */
export function assertGrants(grants: readonly StreamGrant[], argument: string): void {
  for (const [index, grant] of grants.entries()) assertGrant(grant, `${argument}.${index}.pattern`);
}

/** Checks what features exclude each other. @throws InvalidInputError naming the argument and the documented rule */
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
