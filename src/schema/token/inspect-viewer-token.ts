import { decodeViewerToken, isSignedBy } from "../../auth/viewer-token.ts";
import type { GraphContext } from "../../context.ts";
import type { SubscribeTokenRecord } from "../../model/token.ts";
import {
  type ForeignViewerToken,
  judgeViewerToken,
  refusal,
  type ViewerTokenVerdict,
} from "../../model/viewer-token.ts";
import { changesNothing } from "../audit/audited.ts";
import { builder } from "../builder.ts";
import { refusalError, SigningWarning, shownTo, UserError } from "../errors.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import {
  placeDescriptions,
  type ViewerAt,
  ViewingDecision,
  type ViewingDecisionValue,
  viewerAt,
  viewingDecision,
} from "../viewing/viewing-decision.ts";
import { signingFacts } from "./sign-viewer-token.ts";
import { SubscribeToken } from "./subscribe-token.ts";

interface Inspection extends ViewerTokenVerdict {
  readonly claims: ForeignViewerToken | null;
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

const ViewerTokenClaims = builder.objectRef<ForeignViewerToken>("ViewerTokenClaims").implement({
  description: "What a viewer token says of itself. Nothing of it is proven unless its signature is valid.",
  fields: (t) => ({
    algorithm: t.exposeString("algorithm", { description: "How it says it was signed." }),
    tokenType: t.exposeString("tokenType", { description: "Must be `Subscribe`." }),
    streamName: t.exposeString("streamName", { description: "The stream that it is for." }),
    expiresAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "Its own expiry; null when it lacks one.",
      resolve: ({ expiresAt }) => (expiresAt === null ? null : new Date(expiresAt)),
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
  description: "What the platform would say of a viewer token now, before it looks at the viewer's place.",
  fields: (t) => ({
    isAdmitted: t.boolean({
      description: "Whether no rule is broken. The viewer's address, origin and country are checked at the connection.",
      resolve: ({ refusals }) => refusals.length === 0,
    }),
    reasons: t.field({
      type: [UserError],
      description: "Every rule that is broken.",
      resolve: ({ refusals }) => refusals.map(refusalError),
    }),
    warnings: t.field({
      type: [SigningWarning],
      description: "What to know about it.",
      resolve: ({ warnings }, _args, { caller }) => shownTo(caller, warnings),
    }),
    diesAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "When it stops working: at its own expiry or its parent's, whichever is earlier.",
      resolve: ({ diesAt }) => (diesAt === null ? null : new Date(diesAt)),
    }),
    claims: t.expose("claims", {
      type: ViewerTokenClaims,
      nullable: true,
      description: "What it says of itself; null when it is no viewer token.",
    }),
    parent: t.expose("parent", {
      type: SubscribeToken,
      nullable: true,
      description: "The subscribe token that it names; null when there is none.",
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
    extensions: changesNothing,
    description:
      "Explains a viewer token: what it says, whether it would be admitted, and every reason why not. It changes nothing; it is a mutation so that a token never stands in a URL.",
    args: {
      jwt: t.arg.string({ required: true, description: "The viewer token." }),
      viewer: t.arg({
        type: ViewerPlaceInput,
        description: "Where its viewer is, to be told whether it opens the stream from there. For the broadcaster.",
      }),
    },
    resolve: (_root, { jwt, viewer }, context) =>
      payload(async () => ({ inspection: await inspect(jwt, viewer ? viewerAt(viewer, "viewer") : null, context) })),
  }),
);

async function inspect(jwt: string, place: ViewerAt | null, context: GraphContext): Promise<Inspection> {
  const decoded = decodeViewerToken(jwt);
  const claims = decoded && claimsOf(decoded.algorithm, decoded.claims);
  if (!claims) {
    const refusals = [refusal("NOT_A_VIEWER_TOKEN", "jwt")];
    return { claims: null, parent: null, refusals, warnings: [], diesAt: null, place };
  }
  const parent = await context.loaders.subscribeToken(claims.tokenId);
  const facts = await signingFacts(claims.streamName, context);
  const signatureIsValid = parent !== null && (await isSignedBy(jwt, parent.secret));
  const token: ForeignViewerToken = { ...claims, signatureIsValid };
  return { claims: token, parent, place, ...judgeViewerToken(parent, token, facts) };
}

async function viewingOf(
  { claims, parent, place, refusals }: Inspection,
  _args: object,
  context: GraphContext,
): Promise<ViewingDecisionValue | null> {
  const namesNoStream = refusals.some(({ code }) => code === "STREAM_NOT_CONCRETE");
  if (!claims || !parent || !place || namesNoStream) return null;
  const { streamName, allowedOrigins, allowedIpAddresses, originCluster } = claims;
  const signed = { isAdmitted: refusals.length === 0, allowedOrigins, allowedIpAddresses, originCluster };
  return viewingDecision(streamName, { token: parent, signed, ...place }, context);
}

/** Claims that the platform reads; it ignores all others. */
const knownClaims = new Set([
  "tokenId",
  "tokenType",
  "streamName",
  "originCluster",
  "allowedOrigins",
  "allowedIpAddresses",
  "tracking",
  "customViewerData",
]);

/** The claims by their documented types; null when it has not even the shape of a viewer token. */
function claimsOf(algorithm: string, { streaming, exp }: Record<string, unknown>) {
  if (typeof streaming !== "object" || streaming === null) return null;
  const fields = streaming as Record<string, unknown>;
  const { tokenId, tokenType, streamName, tracking } = fields;
  if (typeof tokenId !== "number" || !Number.isSafeInteger(tokenId) || tokenId < 1) return null;
  const trackingId =
    typeof tracking === "object" && tracking !== null && "trackingId" in tracking && tracking.trackingId;
  return {
    tokenId,
    algorithm,
    tokenType: text(tokenType) ?? "",
    streamName: text(streamName) ?? "",
    expiresAt: typeof exp === "number" && Number.isFinite(exp) ? Math.floor(exp) * 1000 : null,
    trackingId: text(trackingId),
    originCluster: text(fields["originCluster"]),
    allowedOrigins: texts(fields["allowedOrigins"]),
    allowedIpAddresses: texts(fields["allowedIpAddresses"]),
    customViewerData: text(fields["customViewerData"]),
    ignoredClaims: Object.keys(fields).filter((name) => !knownClaims.has(name)),
  };
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}
