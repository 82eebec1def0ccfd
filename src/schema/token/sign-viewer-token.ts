import { signViewerToken } from "../../auth/viewer-token.ts";
import type { GraphContext } from "../../context.ts";
import { NotFoundError, orIfFailed } from "../../model/errors.ts";
import { hostedPlayerUrl } from "../../model/stream/endpoints.ts";
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
import { findSubscribeToken, SubscribeTokenRef, type TokenReference } from "./find-token.ts";

export const SigningAlgorithm = builder.enumType("SigningAlgorithm", {
  description: "How a viewer token is signed. The platform takes these three.",
  values: {
    HS256: { description: "HMAC with SHA-256." },
    HS384: { description: "HMAC with SHA-384." },
    HS512: { description: "HMAC with SHA-512." },
  } satisfies Record<(typeof signingAlgorithms)[number], { description: string }>,
});

/** What all viewer tokens of one request share. */
export const viewerTokenFields = (t: InputFields) => ({
  token: t.field({
    type: SubscribeTokenRef,
    required: true,
    description: "The parent: the partner's subscribe token.",
  }),
  streamName: t.string({ required: true, description: "The one stream that may be watched: a name, not a pattern." }),
  expiresInSeconds: t.int({
    description:
      "How long from now viewers may connect with it. A viewer who is connected is not interrupted. Keep it short.",
  }),
  expiresAt: t.field({ type: "DateTime", description: "The same as an instant; leave one of the two out." }),
  trackingId: t.string({
    description:
      "Under which the viewer's bytes are counted: repeat the parent's; free to choose, or none, where the parent has none.",
  }),
  originCluster: t.string({ description: "A cluster, where the parent is of `auto` and leaves the choice." }),
  algorithm: t.field({
    type: SigningAlgorithm,
    required: true,
    defaultValue: "HS256",
    description: "How to sign it.",
  }),
  allowedCountries: t.stringList({
    description: "Always refused with UNSUPPORTED_RESTRICTION: the platform ignores it here. Set it on the parent.",
  }),
  deniedCountries: t.stringList({
    description: "Always refused with UNSUPPORTED_RESTRICTION: the platform ignores it here. Set it on the parent.",
  }),
  bindIpsOnUsage: t.int({
    description: "Always refused with UNSUPPORTED_RESTRICTION: the platform ignores it here. Set it on the parent.",
  }),
});

/** What may differ from viewer to viewer. */
export const viewerFields = (t: InputFields) => ({
  allowedOrigins: t.stringList({
    description: "Domains whose pages may use it; only such as the parent allows, where it names any.",
  }),
  allowedIpAddresses: t.stringList({
    description: "IPv4 addresses and CIDR blocks that may use it; only such as the parent allows, where it names any.",
  }),
  customViewerData: t.string({
    description: "Your own mark of this viewer, at most 1024 characters; it comes back in viewer records.",
  }),
});

const SignViewerTokenInput = builder.inputType("SignViewerTokenInput", {
  description: "What a viewer token shall allow.",
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

/** A signed viewer token, with all that was put into it. */
export interface SignedViewerToken {
  readonly jwt: string;
  readonly claims: ViewerTokenClaims;
  readonly parent: SubscribeTokenRecord;
  readonly warnings: readonly Warning[];
}

export const ViewerToken = builder.objectRef<SignedViewerToken>("ViewerToken").implement({
  description: "A signed viewer token. It opens its stream to whoever has it, until it expires.",
  fields: (t) => ({
    jwt: t.exposeString("jwt", {
      description:
        "The token: bearer of Director and WHEP calls, `token` of the hosted player, `subscriberToken` of SDKs.",
    }),
    expiresAt: t.field({
      type: "DateTime",
      description: "Until when viewers may connect with it.",
      resolve: ({ claims }) => claims.exp * 1000,
    }),
    trackingId: t.string({
      nullable: true,
      description: "Under which the viewer's bytes are counted; null for none.",
      resolve: ({ claims }) => claims.streaming.tracking?.trackingId ?? null,
    }),
    stream: t.field({
      type: Stream,
      description: "The stream that may be watched.",
      resolve: ({ claims }) => streamRecord(claims.streaming.streamName),
    }),
    parent: t.expose("parent", { type: SubscribeToken, description: "The subscribe token it was signed under." }),
    playerUrl: t.string({
      nullable: true,
      description: "The platform's own player with this token in it: as secret as the token.",
      resolve: async ({ jwt, claims }, _args, { account }) =>
        hostedPlayerUrl(await account.id(), claims.streaming.streamName, jwt),
    }),
    warnings: t.field({
      type: [SigningWarning],
      description: "What to know about it.",
      resolve: ({ warnings }, _args, { caller }) => warningsVisibleTo(caller, warnings),
    }),
  }),
});

const SignViewerTokenPayload = builder
  .objectRef<Payload & { readonly viewerToken?: SignedViewerToken | null }>("SignViewerTokenPayload")
  .implement({
    description: "The signed token, or every rule that it would break.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      viewerToken: t.expose("viewerToken", {
        type: ViewerToken,
        nullable: true,
        description: "The token; null when it was refused.",
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
      "Signs a viewer token under a subscribe token, without any call to the platform. What the platform would refuse is refused here, with the rule.",
    args: { input: t.arg({ type: SignViewerTokenInput, required: true, description: "What it shall allow." }) },
    resolve: async (_root, { input }, context) => {
      const outcome = await payload(async () => {
        const parent = await findParent(input.token, context);
        return signUnder(parent, input, await signingFacts(input.streamName, context));
      });
      const { refusals, viewerToken = null } = outcome;
      if (viewerToken) context.act?.touched(encodeGlobalId("Stream", input.streamName));
      return { viewerToken, userErrors: refusals ? refusals.map(refusalError) : outcome.userErrors };
    },
  }),
);

/** What came of one request to sign: a token or refusals. */
export interface SigningOutcome {
  readonly viewerToken?: SignedViewerToken | null;
  readonly refusals?: readonly Refusal[];
}

/** Signs what the rules allow. */
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

/** The subscribe token to sign under, or the rule that what was given is none. @throws UpstreamError */
export async function findParent(ref: TokenReference, context: GraphContext): Promise<SubscribeTokenRecord | Refusal> {
  // Whoever passes a viewer token on as a parent has mistaken it for a key; it must not be echoed or looked up.
  if (ref.id && /^[\w-]+\.[\w-]+\.[\w-]*$/.test(ref.id)) return refusal("PARENT_IS_VIEWER_TOKEN", "token");
  try {
    return await findSubscribeToken(ref, "input.token", context);
  } catch (error) {
    if (error instanceof NotFoundError) return refusal("PARENT_NOT_FOUND", "token");
    throw error;
  }
}

/** What the rules need to know, all of it remembered: signing goes on while the platform is down. */
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

/** Of two expiries that differ the earlier holds: neither promise is broken. */
function expiryOf({ expiresInSeconds, expiresAt }: ViewerTokenInput, now: number): number | null {
  const ends = [
    ...(expiresInSeconds == null ? [] : [now + expiresInSeconds * 1000]),
    ...(expiresAt == null ? [] : [expiresAt.getTime()]),
  ];
  return ends.length > 0 ? Math.min(...ends) : null;
}
