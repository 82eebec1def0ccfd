import { decodeViewerToken, isSignedBy } from "../../auth/viewer-token.ts";
import type { GraphContext } from "../../context.ts";
import { ApplicationError } from "../../model/errors.ts";
import { hasNameLength, isWellFormed } from "../../model/text.ts";
import type { SubscribeTokenRecord } from "../../model/token/token.ts";
import { readClaims } from "../../model/token/viewer-claims.ts";
import {
  type DecodedViewerToken,
  explainSubscribeToken,
  explainViewerToken,
  isInCalendar,
  type OnAir,
  refusal,
  type SigningFacts,
  type ViewerTokenVerdict,
} from "../../model/token/viewer-token.ts";
import { noSideEffects } from "../audit/audited.ts";
import { builder } from "../builder.ts";
import { enumValues } from "../enum-values.ts";
import { refusalError, SigningWarning, UserError, warningsVisibleTo } from "../errors.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { SubscribeToken } from "../refs.ts";
import {
  parseViewerLocation,
  type ViewerLocation,
  ViewingDecision,
  type ViewingDecisionValue,
  viewerLocationDescriptions,
  viewingDecision,
} from "../viewing/viewing-decision.ts";
import { signingFacts } from "./sign-viewer-token.ts";

/** Kinds of tokens that a viewer may show. */
const inspectedKinds = {
  SIGNED: "A viewer token that was signed under a subscribe token.",
  SUBSCRIBE_TOKEN: "The string of a subscribe token, which a viewer may show itself.",
} as const;

const InspectedTokenKind = builder.enumType("InspectedTokenKind", {
  description: "Kind of an inspected token.",
  values: enumValues(inspectedKinds),
});

interface Inspection extends ViewerTokenVerdict {
  /** Null for a text that is no viewer's token. */
  readonly kind: keyof typeof inspectedKinds | null;
  /** The stream that the verdict is about; null if none is named. */
  readonly streamName: string | null;
  readonly claims: DecodedViewerToken | null;
  readonly parent: SubscribeTokenRecord | null;
  /** Where the viewer is; null if not given. */
  readonly location: ViewerLocation | null;
}

const ViewerPlaceInput = builder.inputType("ViewerPlaceInput", {
  description: "Location of a viewer who presents a token.",
  fields: (t) => ({
    country: t.field({ type: "CountryCode", description: viewerLocationDescriptions.country }),
    origin: t.string({ description: viewerLocationDescriptions.origin }),
    ip: t.string({ description: viewerLocationDescriptions.ip }),
  }),
});

const InspectViewerTokenInput = builder.inputType("InspectViewerTokenInput", {
  description: "Input of `inspectViewerToken`.",
  fields: (t) => ({
    jwt: t.string({
      required: true,
      description: "The viewer token, or the string of the subscribe token that the viewer shows.",
    }),
    streamName: t.string({
      description:
        "The stream that the viewer asks for. Defaults to the one the token names; a subscribe token that opens several needs it.",
    }),
    viewer: t.field({
      type: ViewerPlaceInput,
      description: "Location of the viewer, from which `viewing` is decided. Defaults to none: then `viewing` is null.",
    }),
  }),
});

const ViewerTokenClaims = builder.objectRef<DecodedViewerToken>("ViewerTokenClaims").implement({
  description: "Claims of a viewer token, as they are written in it. They are unproven unless the signature is valid.",
  fields: (t) => ({
    algorithm: t.exposeString("algorithm", { description: "Algorithm (`alg`) in the header of the token." }),
    tokenType: t.exposeString("tokenType", { description: "Claim `tokenType`, which must be `Subscribe`." }),
    streamName: t.exposeString("streamName", { description: "Name of the stream that the token is for." }),
    expiresAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "Expiry (`exp`) of the token itself; null if it has none, or one beyond the year 9999.",
      resolve: ({ expiresAt }) => dateOf(expiresAt),
    }),
    notBefore: t.field({
      type: "DateTime",
      nullable: true,
      description:
        "Time before which the token is not valid (`nbf`); null if it has none, or one beyond the year 9999.",
      resolve: ({ notBefore }) => dateOf(notBefore ?? null),
    }),
    trackingId: t.exposeString("trackingId", {
      nullable: true,
      description: "Tracking id under which the viewer's bytes are counted; null for none.",
    }),
    originCluster: t.exposeString("originCluster", {
      nullable: true,
      description: "Id of the cluster that the token names; null for the parent's.",
    }),
    allowedOrigins: t.field({
      type: ["String"],
      description: "Domains that the token is restricted to; empty for those of the parent.",
      resolve: ({ allowedOrigins }) => [...allowedOrigins],
    }),
    allowedIpAddresses: t.field({
      type: ["String"],
      description: "IP addresses that the token is restricted to; empty for those of the parent.",
      resolve: ({ allowedIpAddresses }) => [...allowedIpAddresses],
    }),
    customViewerData: t.string({
      nullable: true,
      description: "Signer's mark of the viewer; null if it has none, and without the scope viewer:pii.",
      resolve: ({ customViewerData }, _args, { caller }) => (caller.scopes.has("viewer:pii") ? customViewerData : null),
    }),
  }),
});

const ViewerTokenInspection = builder.objectRef<Inspection>("ViewerTokenInspection").implement({
  description: "Verdict of the platform on a viewer's token now, before it looks at where the viewer is.",
  fields: (t) => ({
    kind: t.expose("kind", {
      type: InspectedTokenKind,
      nullable: true,
      description: "Kind of the inspected token; null if the text is no viewer's token.",
    }),
    isAdmitted: t.boolean({
      description:
        "Whether no rule is broken and the stream is on air. The viewer's address, origin and country are checked only when connecting: see `viewing`.",
      resolve: ({ refusals }) => refusals.length === 0,
    }),
    reasons: t.field({
      type: [UserError],
      description:
        "Every rule that is broken; empty if admitted. STREAM_OFFLINE comes first: the platform admits nobody while a stream is off air.",
      resolve: ({ refusals }) => refusals.map(refusalError),
    }),
    warnings: t.field({
      type: [SigningWarning],
      description: "Warnings about the token; empty for none.",
      resolve: ({ warnings }, _args, { caller }) => warningsVisibleTo(caller, warnings),
    }),
    effectiveExpiresAt: t.field({
      type: "DateTime",
      nullable: true,
      description:
        "Time at which the token stops working: the earlier of its own expiry and its parent's. Null when neither has one before the year 10000.",
      resolve: ({ effectiveExpiry }) => dateOf(effectiveExpiry),
    }),
    claims: t.expose("claims", {
      type: ViewerTokenClaims,
      nullable: true,
      description: "Claims of the token; null if it is no signed viewer token.",
    }),
    parent: t.expose("parent", {
      type: SubscribeToken,
      nullable: true,
      description:
        "The subscribe token that the viewer token names, or the inspected one itself; null if there is none.",
    }),
    viewing: t.field({
      type: ViewingDecision,
      nullable: true,
      authScopes: { staff: "token:read" },
      description:
        "Whether the viewer may watch from where `input.viewer` says, and which rule decides. Null without `input.viewer`, without a parent or stream, and, with an error, for a partner's key.",
      resolve: viewingOf,
    }),
  }),
});

const InspectViewerTokenPayload = builder
  .objectRef<Payload & { readonly inspection?: Inspection }>("InspectViewerTokenPayload")
  .implement({
    description: "Inspection of a viewer's token, or the reasons why there is none.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      inspection: t.expose("inspection", {
        type: ViewerTokenInspection,
        nullable: true,
        description: "The verdict with its reasons; null when the call failed.",
      }),
    }),
  });

builder.mutationField("inspectViewerToken", (t) =>
  t.field({
    type: InspectViewerTokenPayload,
    nullable: true,
    authScopes: { scope: "token:sign" },
    extensions: noSideEffects,
    description:
      "Explains a viewer's token, which is a viewer token or a subscribe token itself: its claims, whether it would be admitted, and every reason if not. Changes nothing; a mutation so that no token appears in a URL.",
    args: {
      input: t.arg({
        type: InspectViewerTokenInput,
        required: true,
        description: "The token to inspect, and the viewer who shows it.",
      }),
    },
    resolve: (_root, { input: { jwt, streamName, viewer } }, context) =>
      payload(async () => ({
        inspection: await inspect(
          jwt,
          streamName ?? null,
          viewer ? parseViewerLocation(viewer, "input.viewer") : null,
          context,
        ),
      })),
  }),
);

async function inspect(
  input: string,
  streamName: string | null,
  location: ViewerLocation | null,
  context: GraphContext,
): Promise<Inspection> {
  // Whitespace around a token comes from copying it; no viewer sends it.
  const text = input.trim();
  const kind = text.includes(".") ? "SIGNED" : "SUBSCRIBE_TOKEN";
  const found = await (kind === "SIGNED"
    ? inspectSigned(text, streamName, context)
    : inspectPlain(text, streamName, context));
  if (found) return { ...found, kind, location };
  const refusals = [refusal("NOT_A_VIEWER_TOKEN", "jwt")];
  return {
    kind: null,
    claims: null,
    parent: null,
    streamName: null,
    refusals,
    warnings: [],
    effectiveExpiry: null,
    location,
  };
}

type Found = Omit<Inspection, "kind" | "location">;

async function inspectSigned(jwt: string, streamName: string | null, context: GraphContext): Promise<Found | null> {
  const decoded = decodeViewerToken(jwt);
  const claims = decoded && readClaims(decoded.claims);
  if (!claims) return null;
  const parent = claims.tokenId === null ? null : await subscribeTokenOf(claims.tokenId, context);
  const facts = await factsNow(claims.streamName, context);
  const signatureIsValid = parent !== null && (await isSignedBy(jwt, parent.secret));
  const token: DecodedViewerToken = { ...claims, algorithm: decoded.algorithm, signatureIsValid };
  const verdict = explainViewerToken(parent, token, facts);
  const isForOther = streamName !== null && streamName !== claims.streamName;
  const other = isForOther
    ? [refusal("STREAM_NOT_COVERED", "streamName", `The viewer asks for \`${streamName}\`.`)]
    : [];
  return {
    claims: token,
    parent,
    streamName: claims.streamName,
    ...verdict,
    refusals: [...verdict.refusals, ...other],
  };
}

/** Inspects a subscribe token itself, which a viewer may show. Another partner's token is not found. */
async function inspectPlain(text: string, requestedName: string | null, context: GraphContext): Promise<Found | null> {
  const token = await context.loaders.subscribeTokenByString(text);
  if (!token) return null;
  const [only, ...others] = token.streams;
  const streamName = requestedName ?? (only && !only.isRegex && others.length === 0 ? only.pattern : null);
  const facts =
    streamName === null
      ? { now: context.now, clusterIds: null, publishTokens: [] }
      : await factsNow(streamName, context);
  return { claims: null, parent: token, streamName, ...explainSubscribeToken(token, streamName, facts) };
}

/** Returns the subscribe token; null without a call for an id that the platform never gives. */
async function subscribeTokenOf(id: number, { loaders }: GraphContext): Promise<SubscribeTokenRecord | null> {
  return id < 1 ? null : loaders.subscribeToken(id);
}

/** Returns the facts of signing, and the live state of the stream: null if monitoring fails. */
async function factsNow(streamName: string, context: GraphContext): Promise<SigningFacts> {
  const [facts, onAir] = await Promise.all([signingFacts(streamName, context), onAirNow(streamName, context)]);
  return onAir === undefined ? facts : { ...facts, onAir };
}

/** Returns the live state; undefined if the caller may not read it, or the text is no stream name. */
async function onAirNow(streamName: string, { loaders }: GraphContext): Promise<OnAir | null | undefined> {
  if (!hasNameLength(streamName) || !isWellFormed(streamName)) return undefined;
  try {
    return (await loaders.onAir(streamName)) ?? undefined;
  } catch (error) {
    if (error instanceof ApplicationError) return null;
    throw error;
  }
}

async function viewingOf(
  { claims, parent, location, refusals, streamName }: Inspection,
  _args: object,
  context: GraphContext,
): Promise<ViewingDecisionValue | null> {
  const namesNoStream = refusals.some(({ code }) => code === "STREAM_NOT_CONCRETE");
  if (!parent || !location || streamName === null || namesNoStream) return null;
  if (!claims) return viewingDecision(streamName, { token: parent, signed: null, ...location }, context);
  const { allowedOrigins, allowedIpAddresses, originCluster } = claims;
  // A stream that is off air shows in `isLive`, and does not count against the token.
  const isAdmitted = refusals.every(({ code }) => code === "STREAM_OFFLINE");
  const signed = { isAdmitted, allowedOrigins, allowedIpAddresses, originCluster };
  return viewingDecision(streamName, { token: parent, signed, ...location }, context);
}

/** Returns the instant as a date; null for one that RFC 3339 can't express. */
function dateOf(instant: number | null): Date | null {
  return instant === null || !isInCalendar(instant) ? null : new Date(instant);
}
