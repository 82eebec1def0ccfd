import { decodeViewerToken, isSignedBy } from "../../auth/viewer-token.ts";
import type { GraphContext } from "../../context.ts";
import { ApplicationError } from "../../model/errors.ts";
import { isWellFormed, MAX_NAME_LENGTH } from "../../model/text.ts";
import type { SubscribeTokenRecord } from "../../model/token/token.ts";
import { readClaims } from "../../model/token/viewer-claims.ts";
import {
  type DecodedViewerToken,
  explainViewerToken,
  isInCalendar,
  judgeSubscribeToken,
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
  placeDescriptions,
  type ViewerAt,
  ViewingDecision,
  type ViewingDecisionValue,
  viewerAt,
  viewingDecision,
} from "../viewing/viewing-decision.ts";
import { signingFacts } from "./sign-viewer-token.ts";

/** What was handed in for inspection. */
const inspectedKinds = {
  SIGNED: "A viewer token, signed under a subscribe token.",
  SUBSCRIBE_TOKEN: "The string of a subscribe token, which a viewer may show as it is.",
} as const;

const InspectedTokenKind = builder.enumType("InspectedTokenKind", {
  description: "Kind of the token that was given for inspection.",
  values: enumValues(inspectedKinds),
});

interface Inspection extends ViewerTokenVerdict {
  /** Null for a text that is neither. */
  readonly kind: keyof typeof inspectedKinds | null;
  /** The stream that the verdict is about; null where none is named. */
  readonly streamName: string | null;
  readonly claims: DecodedViewerToken | null;
  readonly parent: SubscribeTokenRecord | null;
  /** Where its viewer is; null where that was not given. */
  readonly place: ViewerAt | null;
}

const ViewerPlaceInput = builder.inputType("ViewerPlaceInput", {
  description: "Where a viewer is who shows a token.",
  fields: (t) => ({
    country: t.field({ type: "CountryCode", description: placeDescriptions.country }),
    origin: t.string({ description: placeDescriptions.origin }),
    ip: t.string({ description: placeDescriptions.ip }),
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
      description:
        "Where the viewer is; `viewing` then tells whether the token opens the stream from there. `viewing` is null without it.",
    }),
  }),
});

const ViewerTokenClaims = builder.objectRef<DecodedViewerToken>("ViewerTokenClaims").implement({
  description: "What a viewer token says of itself. Nothing of it is proven unless its signature is valid.",
  fields: (t) => ({
    algorithm: t.exposeString("algorithm", { description: "How it says it was signed." }),
    tokenType: t.exposeString("tokenType", { description: "Must be `Subscribe`." }),
    streamName: t.exposeString("streamName", { description: "The stream that it is for." }),
    expiresAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "Expiry that the token itself claims; null when it claims none, or one beyond the year 9999.",
      resolve: ({ expiresAt }) => dateOf(expiresAt),
    }),
    notBefore: t.field({
      type: "DateTime",
      nullable: true,
      description: "Before when it is not valid (`nbf`); null when it names no such time, or one beyond the year 9999.",
      resolve: ({ notBefore }) => dateOf(notBefore ?? null),
    }),
    trackingId: t.exposeString("trackingId", {
      nullable: true,
      description: "Under which it is counted; null for none.",
    }),
    originCluster: t.exposeString("originCluster", { nullable: true, description: "The cluster that it names." }),
    allowedOrigins: t.field({
      type: ["String"],
      description: "Domains that it is narrowed to.",
      resolve: ({ allowedOrigins }) => [...allowedOrigins],
    }),
    allowedIpAddresses: t.field({
      type: ["String"],
      description: "Addresses that it is narrowed to.",
      resolve: ({ allowedIpAddresses }) => [...allowedIpAddresses],
    }),
    customViewerData: t.string({
      nullable: true,
      description: "Its mark of the viewer. Needs the scope viewer:pii, without which it is null.",
      resolve: ({ customViewerData }, _args, { caller }) => (caller.scopes.has("viewer:pii") ? customViewerData : null),
    }),
  }),
});

const ViewerTokenInspection = builder.objectRef<Inspection>("ViewerTokenInspection").implement({
  description: "What the platform would say of a viewer's token now, before it looks at the viewer's place.",
  fields: (t) => ({
    kind: t.expose("kind", {
      type: InspectedTokenKind,
      nullable: true,
      description: "Kind of the token that was given; null when the text is no viewer's token.",
    }),
    isAdmitted: t.boolean({
      description:
        "Whether no rule is broken and the stream is on air. The viewer's address, origin and country are checked at the connection: see `viewing`.",
      resolve: ({ refusals }) => refusals.length === 0,
    }),
    reasons: t.field({
      type: [UserError],
      description:
        "Every rule that is broken. STREAM_OFFLINE comes first: while a stream is not being broadcast the platform lets nobody in.",
      resolve: ({ refusals }) => refusals.map(refusalError),
    }),
    warnings: t.field({
      type: [SigningWarning],
      description: "What to know about it.",
      resolve: ({ warnings }, _args, { caller }) => warningsVisibleTo(caller, warnings),
    }),
    effectiveExpiresAt: t.field({
      type: "DateTime",
      nullable: true,
      description:
        "When the token stops working: the earlier of its own expiry and its parent's. Null when neither has one before the year 10000.",
      resolve: ({ effectiveExpiry }) => dateOf(effectiveExpiry),
    }),
    claims: t.expose("claims", {
      type: ViewerTokenClaims,
      nullable: true,
      description: "Claims of the token; null when it is no signed viewer token.",
    }),
    parent: t.expose("parent", {
      type: SubscribeToken,
      nullable: true,
      description: "The subscribe token that it names, or that it is; null when there is none.",
    }),
    viewing: t.field({
      type: ViewingDecision,
      nullable: true,
      authScopes: { staff: "token:read" },
      description:
        "Whether the viewer at the place that was given may watch, and which rule decides; null where no place was given, or no parent or stream is named.",
      resolve: viewingOf,
    }),
  }),
});

const InspectViewerTokenPayload = builder
  .objectRef<Payload & { readonly inspection?: Inspection }>("InspectViewerTokenPayload")
  .implement({
    description: "What there is to say about a viewer token.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      inspection: t.expose("inspection", {
        type: ViewerTokenInspection,
        nullable: true,
        description: "The verdict with its reasons.",
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
      "Explains a viewer's token, signed or a subscribe token itself: what it says, whether it would be admitted, and every reason why not. It changes nothing; it is a mutation so that a token never stands in a URL.",
    args: {
      input: t.arg({
        type: InspectViewerTokenInput,
        required: true,
        description: "The token to inspect, and the viewer who shows it.",
      }),
    },
    resolve: (_root, { input: { jwt, streamName, viewer } }, context) =>
      payload(async () => ({
        inspection: await inspect(jwt, streamName ?? null, viewer ? viewerAt(viewer, "input.viewer") : null, context),
      })),
  }),
);

async function inspect(
  given: string,
  streamName: string | null,
  place: ViewerAt | null,
  context: GraphContext,
): Promise<Inspection> {
  // Blanks and line ends around a token come from copying it; no viewer sends them along.
  const text = given.trim();
  const kind = text.includes(".") ? "SIGNED" : "SUBSCRIBE_TOKEN";
  const found = await (kind === "SIGNED"
    ? inspectSigned(text, streamName, context)
    : inspectPlain(text, streamName, context));
  if (found) return { ...found, kind, place };
  const refusals = [refusal("NOT_A_VIEWER_TOKEN", "jwt")];
  return {
    kind: null,
    claims: null,
    parent: null,
    streamName: null,
    refusals,
    warnings: [],
    effectiveExpiry: null,
    place,
  };
}

type Found = Omit<Inspection, "kind" | "place">;

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

/** A viewer may show the subscribe token itself. What is another's is not found, like what does not exist. */
async function inspectPlain(text: string, named: string | null, context: GraphContext): Promise<Found | null> {
  const token = await context.loaders.subscribeTokenByString(text);
  if (!token) return null;
  const [only, ...others] = token.streams;
  const streamName = named ?? (only && !only.isRegex && others.length === 0 ? only.pattern : null);
  const facts =
    streamName === null
      ? { now: context.now, clusterIds: null, publishTokens: [] }
      : await factsNow(streamName, context);
  return { claims: null, parent: token, streamName, ...judgeSubscribeToken(token, streamName, facts) };
}

/** Ids that the platform has never given are not asked for. */
async function subscribeTokenOf(id: number, { loaders }: GraphContext): Promise<SubscribeTokenRecord | null> {
  return id < 1 ? null : loaders.subscribeToken(id);
}

/** What signing knows, and what is on air: null for that where monitoring fails. */
async function factsNow(streamName: string, context: GraphContext): Promise<SigningFacts> {
  const [facts, onAir] = await Promise.all([signingFacts(streamName, context), onAirNow(streamName, context)]);
  return onAir === undefined ? facts : { ...facts, onAir };
}

/** Undefined for a stream whose live state the caller may not know, and for what is no name. */
async function onAirNow(streamName: string, { loaders }: GraphContext): Promise<OnAir | null | undefined> {
  if (streamName.length < 1 || streamName.length > MAX_NAME_LENGTH || !isWellFormed(streamName)) return undefined;
  try {
    return (await loaders.onAir(streamName)) ?? undefined;
  } catch (error) {
    if (error instanceof ApplicationError) return null;
    throw error;
  }
}

async function viewingOf(
  { claims, parent, place, refusals, streamName }: Inspection,
  _args: object,
  context: GraphContext,
): Promise<ViewingDecisionValue | null> {
  const namesNoStream = refusals.some(({ code }) => code === "STREAM_NOT_CONCRETE");
  if (!parent || !place || streamName === null || namesNoStream) return null;
  if (!claims) return viewingDecision(streamName, { token: parent, signed: null, ...place }, context);
  const { allowedOrigins, allowedIpAddresses, originCluster } = claims;
  // That a stream is off air is told by `isLive`, and is no fault of the token.
  const isAdmitted = refusals.every(({ code }) => code === "STREAM_OFFLINE");
  const signed = { isAdmitted, allowedOrigins, allowedIpAddresses, originCluster };
  return viewingDecision(streamName, { token: parent, signed, ...place }, context);
}

/** An instant that RFC 3339 can write; null for any other. */
function dateOf(instant: number | null): Date | null {
  return instant === null || !isInCalendar(instant) ? null : new Date(instant);
}
