import { signViewerToken } from "../../auth/viewer-token.ts";
import type { GraphContext } from "../../context.ts";
import { NotFoundError, orIfFailed } from "../../model/errors.ts";
import { embedHtml, hostedPlayerUrl } from "../../model/stream/endpoints.ts";
import { openedBy, streamRecord } from "../../model/stream/stream.ts";
import { isUsable, type PublishTokenRecord, type SubscribeTokenRecord } from "../../model/token/token.ts";
import {
  planViewerToken,
  type Refusal,
  refusal,
  type SigningFacts,
  type signingAlgorithms,
  type ViewerTokenClaims,
  type ViewerTokenRequest,
  type Warning,
} from "../../model/token/viewer-token.ts";
import { noSideEffects } from "../audit/audited.ts";
import { builder } from "../builder.ts";
import { refusalError, SigningWarning, warningsVisibleTo } from "../errors.ts";
import { encodeGlobalId } from "../global-id.ts";
import type { InputFields } from "../input.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { Stream, SubscribeToken } from "../refs.ts";
import { type PlayerArguments, playerArgs, playerParametersOf } from "../stream/hosted-player.ts";
import { findSubscribeToken, SubscribeTokenRef, type TokenReference } from "./find-token.ts";

export const SigningAlgorithm = builder.enumType("SigningAlgorithm", {
  description: "Algorithm that a viewer token is signed with: the three that the platform accepts.",
  values: {
    HS256: { description: "HMAC with SHA-256, the default of signing." },
    HS384: { description: "HMAC with SHA-384, longer than the default." },
    HS512: { description: "HMAC with SHA-512, the longest signature." },
  } satisfies Record<(typeof signingAlgorithms)[number], { description: string }>,
});

/** Input fields that all viewer tokens of one request share. */
export const viewerTokenFields = (t: InputFields) => ({
  token: t.field({
    type: SubscribeTokenRef,
    required: true,
    description: "The parent to sign under: the partner's subscribe token.",
  }),
  streamName: t.string({ required: true, description: "The one stream that may be watched: a name, not a pattern." }),
  expiresInSeconds: t.int({
    description:
      "Seconds from now during which viewers may connect; connected viewers are not interrupted. Keep it short. This or `expiresAt` is required; the earlier one applies. Defaults to the other.",
  }),
  expiresAt: t.field({
    type: "DateTime",
    description:
      "Time until which viewers may connect. This or `expiresInSeconds` is required; the earlier one applies. Defaults to the other.",
  }),
  trackingId: t.string({
    description:
      "Tracking id under which the viewer's bytes are counted. Must repeat the parent's if that has one; otherwise free to choose, and defaults to none.",
  }),
  originCluster: t.string({
    description: "Id of the cluster to watch from, if the parent's is `auto`. Defaults to the parent's.",
  }),
  algorithm: t.field({
    type: SigningAlgorithm,
    required: true,
    defaultValue: "HS256",
    description: "Algorithm to sign with. Defaults to HS256.",
  }),
  allowedCountries: t.stringList({
    description:
      "Always rejected with UNSUPPORTED_RESTRICTION, because the platform ignores this restriction in viewer tokens: set it on the parent. Left out by default.",
  }),
  deniedCountries: t.stringList({
    description:
      "Always rejected with UNSUPPORTED_RESTRICTION, because the platform ignores this restriction in viewer tokens: set it on the parent. Left out by default.",
  }),
  bindIpsOnUsage: t.field({
    type: "SafeInt",
    description:
      "Always rejected with UNSUPPORTED_RESTRICTION, because the platform ignores this restriction in viewer tokens: set it on the parent. Left out by default.",
  }),
});

/** Input fields that may differ from viewer to viewer. */
export const viewerFields = (t: InputFields) => ({
  allowedOrigins: t.stringList({
    description:
      "Domains whose pages may use the token, within those that the parent allows. Defaults to the parent's.",
  }),
  allowedIpAddresses: t.stringList({
    description:
      "IPv4 addresses and CIDR blocks that may use the token, within those that the parent allows. Defaults to the parent's.",
  }),
  customViewerData: t.string({
    description:
      "Mark of your choice for this viewer, at most 1024 characters, which viewer records repeat. Defaults to none.",
  }),
});

const SignViewerTokenInput = builder.inputType("SignViewerTokenInput", {
  description: "Viewer token to sign: its parent, stream, expiry and restrictions.",
  fields: (t) => ({ ...viewerTokenFields(t), ...viewerFields(t) }),
});

export interface ViewerTokenInput {
  readonly token: TokenReference;
  readonly streamName: string;
  readonly expiresInSeconds?: number | null | undefined;
  readonly expiresAt?: Date | null | undefined;
  readonly trackingId?: string | null | undefined;
  readonly originCluster?: string | null | undefined;
  readonly algorithm: (typeof signingAlgorithms)[number];
  readonly allowedCountries?: readonly string[] | null | undefined;
  readonly deniedCountries?: readonly string[] | null | undefined;
  readonly bindIpsOnUsage?: number | null | undefined;
  readonly allowedOrigins?: readonly string[] | null | undefined;
  readonly allowedIpAddresses?: readonly string[] | null | undefined;
  readonly customViewerData?: string | null | undefined;
}

/** A signed viewer token with its claims and its parent. */
export interface SignedViewerToken {
  readonly jwt: string;
  readonly claims: ViewerTokenClaims;
  readonly parent: SubscribeTokenRecord;
  readonly warnings: readonly Warning[];
}

export const ViewerToken = builder.objectRef<SignedViewerToken>("ViewerToken").implement({
  description: "A signed viewer token: a secret that opens its stream to anyone who holds it, until it expires.",
  fields: (t) => ({
    jwt: t.exposeString("jwt", {
      description:
        "The signed token: bearer of Director and WHEP calls, `token` of the hosted player, `subscriberToken` of SDKs.",
    }),
    expiresAt: t.field({
      type: "DateTime",
      description: "Time until which viewers may connect with the token.",
      resolve: ({ claims }) => claims.exp * 1000,
    }),
    trackingId: t.string({
      nullable: true,
      description: "Tracking id under which the viewer's bytes are counted; null for none.",
      resolve: ({ claims }) => claims.streaming.tracking?.trackingId ?? null,
    }),
    stream: t.field({
      type: Stream,
      description: "The stream that may be watched.",
      resolve: ({ claims }) => streamRecord(claims.streaming.streamName),
    }),
    parent: t.expose("parent", {
      type: SubscribeToken,
      description: "The subscribe token that the viewer token was signed under.",
    }),
    playerUrl: t.string({
      nullable: true,
      description:
        "URL of the platform's own player with this token in it: as secret as the token. Null, with an error, if the account's id can't be read or the stream's name contains a slash.",
      args: playerArgs,
      resolve: signedPlayerUrl,
    }),
    embedHtml: t.string({
      nullable: true,
      description:
        "HTML of a frame with the platform's own player and this token, to embed in a page for one viewer: as secret as the token. Null, with an error, if the account's id can't be read or the stream's name contains a slash.",
      args: playerArgs,
      resolve: async (token, args, context) => embedHtml(await signedPlayerUrl(token, args, context)),
    }),
    warnings: t.field({
      type: [SigningWarning],
      description: "Warnings about a token that is valid; empty for none.",
      resolve: ({ warnings }, _args, { caller }) => warningsVisibleTo(caller, warnings),
    }),
  }),
});

async function signedPlayerUrl(
  { jwt, claims }: SignedViewerToken,
  args: PlayerArguments,
  { account }: GraphContext,
): Promise<string> {
  const parameters = playerParametersOf(args);
  return hostedPlayerUrl(await account.id(), claims.streaming.streamName, jwt) + parameters;
}

const SignViewerTokenPayload = builder
  .objectRef<Payload & { readonly viewerToken?: SignedViewerToken | null }>("SignViewerTokenPayload")
  .implement({
    description: "The signed viewer token, or every rule that it would break.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      viewerToken: t.expose("viewerToken", {
        type: ViewerToken,
        nullable: true,
        description: "The signed token; null when it was refused.",
      }),
    }),
  });

builder.mutationField("signViewerToken", (t) =>
  t.field({
    type: SignViewerTokenPayload,
    nullable: true,
    authScopes: { scope: "token:sign" },
    extensions: noSideEffects,
    description:
      "Signs a viewer token under a subscribe token, without any call to the platform. A token that the platform would refuse is refused here, with the rule.",
    args: { input: t.arg({ type: SignViewerTokenInput, required: true, description: "The viewer token to sign." }) },
    resolve: async (_root, { input }, context) => {
      const outcome = await payload(async () => {
        const parent = await findParent(input.token, context);
        return signUnder(parent, input, await signingFacts(input.streamName, context));
      });
      const { refusals, viewerToken = null } = outcome;
      if (viewerToken) context.action?.touched(encodeGlobalId("Stream", input.streamName));
      return { viewerToken, userErrors: refusals ? refusals.map(refusalError) : outcome.userErrors };
    },
  }),
);

/** Outcome of signing one token: the token or the refusals. */
export interface SigningOutcome {
  readonly viewerToken?: SignedViewerToken | null;
  readonly refusals?: readonly Refusal[];
}

/** Signs a viewer token, or returns the rules that it would break. */
export async function signUnder(
  parent: SubscribeTokenRecord | Refusal,
  input: ViewerTokenInput,
  facts: SigningFacts,
): Promise<SigningOutcome> {
  if ("argument" in parent) return { refusals: [parent] };
  const plan = planViewerToken(parent, requestOf(input, facts.now), facts);
  if ("refusals" in plan) return { refusals: plan.refusals };
  const { claims, algorithm, warnings } = plan;
  return { viewerToken: { jwt: await signViewerToken(claims, parent.secret, algorithm), claims, parent, warnings } };
}

/** Returns the subscribe token to sign under, or the refusal if the reference names none. @throws UpstreamError */
export async function findParent(ref: TokenReference, context: GraphContext): Promise<SubscribeTokenRecord | Refusal> {
  // A viewer token in place of an id is a mistake of the caller; it must not be echoed or looked up.
  if (ref.id && /^[\w-]+\.[\w-]+\.[\w-]*$/.test(ref.id)) return refusal("PARENT_IS_VIEWER_TOKEN", "token");
  try {
    return await findSubscribeToken(ref, "input.token", context);
  } catch (error) {
    if (error instanceof NotFoundError) return refusal("PARENT_NOT_FOUND", "token");
    throw error;
  }
}

/** Returns the facts that the signing rules need, all from caches: signing works while the platform is down. */
export async function signingFacts(streamName: string, context: GraphContext): Promise<SigningFacts> {
  const { loaders, account, now, patternReadings } = context;
  const [publishers, clusters] = await Promise.all([
    loaders.publishersOf(streamName),
    account.clusters().catch(orIfFailed(null)),
  ]);
  const usable = publishers.filter((token) => isUsable(token, now));
  const isCertain = ({ streams }: PublishTokenRecord) => openedBy(streams, patternReadings.read)(streamName);
  return {
    now,
    clusterIds: clusters && ["auto", ...clusters.clusters.map(({ id }) => id)],
    publishTokens: usable.filter(isCertain),
    possiblePublishTokens: usable.filter((token) => !isCertain(token)),
    read: patternReadings.read,
  };
}

function requestOf(input: ViewerTokenInput, now: number): ViewerTokenRequest {
  const unsupported = (["allowedCountries", "deniedCountries", "bindIpsOnUsage"] as const).filter(
    (field) => input[field] != null,
  );
  return {
    streamName: input.streamName,
    expiresAt: expiryOf(input, now),
    trackingId: input.trackingId ?? null,
    originCluster: input.originCluster ?? null,
    allowedOrigins: input.allowedOrigins ?? [],
    allowedIpAddresses: input.allowedIpAddresses ?? [],
    customViewerData: input.customViewerData ?? null,
    algorithm: input.algorithm,
    unsupported,
  };
}

/** Returns the earlier of the two expiries, so that neither is exceeded; null if none is given. */
function expiryOf({ expiresInSeconds, expiresAt }: ViewerTokenInput, now: number): number | null {
  const expiries = [
    ...(expiresInSeconds == null ? [] : [now + expiresInSeconds * 1000]),
    ...(expiresAt == null ? [] : [expiresAt.getTime()]),
  ];
  return expiries.length > 0 ? Math.min(...expiries) : null;
}
