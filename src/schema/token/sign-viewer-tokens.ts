import { InvalidInputError } from "../../model/errors.ts";
import { noSideEffects } from "../audit/audited.ts";
import { builder } from "../builder.ts";
import { refusalError, UserError, type UserErrorShape } from "../errors.ts";
import { encodeGlobalId } from "../global-id.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import {
  findParent,
  type SignedViewerToken,
  signingFacts,
  signUnder,
  ViewerToken,
  viewerFields,
  viewerTokenFields,
} from "./sign-viewer-token.ts";

/** Maximum number of viewer tokens that one mutation signs. */
export const MAX_VIEWER_TOKENS = 1000;
/** Number of tokens that are signed at once, before the event loop serves other requests. */
const SIGNING_BATCH_SIZE = 100;

const ViewerInput = builder.inputType("ViewerInput", {
  description: "One viewer: the fields that only this viewer's token has.",
  fields: viewerFields,
});

const SignViewerTokensInput = builder.inputType("SignViewerTokensInput", {
  description: "Viewer tokens of one stream to sign: shared fields, and one entry for each viewer.",
  fields: (t) => ({
    ...viewerTokenFields(t),
    viewers: t.field({
      type: [ViewerInput],
      required: true,
      description: `Viewers to sign a token for, 1 to ${MAX_VIEWER_TOKENS}; an empty object for a viewer without fields of its own.`,
    }),
  }),
});

interface SigningResult {
  readonly index: number;
  readonly viewerToken: SignedViewerToken | null;
  readonly userErrors: readonly UserErrorShape[];
}

const ViewerTokenResult = builder.objectRef<SigningResult>("ViewerTokenResult").implement({
  description: "One viewer's signed token, or the reasons why it was refused.",
  fields: (t) => ({
    index: t.exposeInt("index", { description: "Index of the viewer in `input.viewers`, from 0." }),
    viewerToken: t.expose("viewerToken", {
      type: ViewerToken,
      nullable: true,
      description: "The signed token; null when it was refused.",
    }),
    userErrors: t.field({
      type: [UserError],
      description: "Rules that the token would break; empty when it was signed.",
      resolve: ({ userErrors }) => [...userErrors],
    }),
  }),
});

const SignViewerTokensPayload = builder
  .objectRef<Payload & { readonly results?: readonly SigningResult[] }>("SignViewerTokensPayload")
  .implement({
    description: "The result of each viewer: some may be refused although others were signed.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      results: t.field({
        type: [ViewerTokenResult],
        description:
          "One result for each viewer, in the order of `input.viewers`; empty when the whole request was refused.",
        resolve: ({ results }) => [...(results ?? [])],
      }),
    }),
  });

builder.mutationField("signViewerTokens", (t) =>
  t.field({
    type: SignViewerTokensPayload,
    nullable: true,
    authScopes: { scope: "token:sign" },
    extensions: noSideEffects,
    description:
      "Signs up to 1,000 viewer tokens of one stream under a subscribe token, without any call to the platform.",
    args: { input: t.arg({ type: SignViewerTokensInput, required: true, description: "The viewer tokens to sign." }) },
    resolve: (_root, { input: { viewers, ...shared } }, context) =>
      payload(async () => {
        if (viewers.length < 1 || viewers.length > MAX_VIEWER_TOKENS) {
          const rule = `\`input.viewers\` must list 1 to ${MAX_VIEWER_TOKENS} viewers; got ${viewers.length}.`;
          throw new InvalidInputError("input.viewers", rule, { max: MAX_VIEWER_TOKENS }, "LIMIT_EXCEEDED");
        }
        const parent = await findParent(shared.token, context);
        const facts = await signingFacts(shared.streamName, context);
        const results: SigningResult[] = [];
        for (let begin = 0; begin < viewers.length; begin += SIGNING_BATCH_SIZE) {
          const batch = viewers.slice(begin, begin + SIGNING_BATCH_SIZE);
          const outcomes = await Promise.all(batch.map((viewer) => signUnder(parent, { ...shared, ...viewer }, facts)));
          for (const { viewerToken, refusals } of outcomes) {
            const userErrors = (refusals ?? []).map(refusalError);
            results.push({ index: results.length, viewerToken: viewerToken ?? null, userErrors });
          }
        }
        if (results.some(({ viewerToken }) => viewerToken !== null)) {
          context.action?.touched(encodeGlobalId("Stream", shared.streamName));
        }
        return { results };
      }),
  }),
);
