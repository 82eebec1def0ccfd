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

/** How many viewer tokens one mutation signs. */
export const MAX_VIEWER_TOKENS = 1000;
/** So many are signed before other requests get a turn. */
const TOKENS_PER_TURN = 100;

const ViewerInput = builder.inputType("ViewerInput", {
  description: "One viewer: what its token has of its own.",
  fields: viewerFields,
});

const SignViewerTokensInput = builder.inputType("SignViewerTokensInput", {
  description: "What many viewers' tokens of one stream shall allow.",
  fields: (t) => ({
    ...viewerTokenFields(t),
    viewers: t.field({
      type: [ViewerInput],
      required: true,
      description: `One entry for each token, from 1 to ${MAX_VIEWER_TOKENS}.`,
    }),
  }),
});

interface SigningResult {
  readonly index: number;
  readonly viewerToken: SignedViewerToken | null;
  readonly userErrors: readonly UserErrorShape[];
}

const ViewerTokenResult = builder.objectRef<SigningResult>("ViewerTokenResult").implement({
  description: "What became of one viewer's token.",
  fields: (t) => ({
    index: t.exposeInt("index", { description: "Its place in `viewers`, from 0." }),
    viewerToken: t.expose("viewerToken", {
      type: ViewerToken,
      nullable: true,
      description: "The token; null when it was refused.",
    }),
    userErrors: t.field({
      type: [UserError],
      description: "The rules that it would break.",
      resolve: ({ userErrors }) => [...userErrors],
    }),
  }),
});

const SignViewerTokensPayload = builder
  .objectRef<Payload & { readonly results?: readonly SigningResult[] }>("SignViewerTokensPayload")
  .implement({
    description: "The signed tokens. Some may be refused although others were signed.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      results: t.field({
        type: [ViewerTokenResult],
        description: "One entry for each viewer, in their order; empty when the whole request was refused.",
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
    args: { input: t.arg({ type: SignViewerTokensInput, required: true, description: "What they shall allow." }) },
    resolve: (_root, { input: { viewers, ...shared } }, context) =>
      payload(async () => {
        if (viewers.length < 1 || viewers.length > MAX_VIEWER_TOKENS) {
          const rule = `One call signs 1 to ${MAX_VIEWER_TOKENS} tokens, not ${viewers.length}.`;
          throw new InvalidInputError("input.viewers", rule, { max: MAX_VIEWER_TOKENS }, "LIMIT_EXCEEDED");
        }
        const parent = await findParent(shared.token, context);
        const facts = await signingFacts(shared.streamName, context);
        const results: SigningResult[] = [];
        for (let begin = 0; begin < viewers.length; begin += TOKENS_PER_TURN) {
          const turn = viewers.slice(begin, begin + TOKENS_PER_TURN);
          const outcomes = await Promise.all(turn.map((viewer) => signUnder(parent, { ...shared, ...viewer }, facts)));
          for (const { viewerToken, refusals } of outcomes) {
            const userErrors = (refusals ?? []).map(refusalError);
            results.push({ index: results.length, viewerToken: viewerToken ?? null, userErrors });
          }
        }
        if (results.some(({ viewerToken }) => viewerToken !== null)) {
          context.act?.touched(encodeGlobalId("Stream", shared.streamName));
        }
        return { results };
      }),
  }),
);
