import type { GraphContext } from "../../context.ts";
import { NotFoundError } from "../../model/errors.ts";
import { Secret } from "../../model/secret.ts";
import { assertTargets, type RequestedTarget, withKnownKeys } from "../../model/token/restream.ts";
import type { PublishTokenRecord } from "../../model/token/token.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { PublishToken } from "../refs.ts";
import { findPublishToken, PublishTokenRef, type TokenReference } from "./find-token.ts";

const RestreamTargetInput = builder.inputType("RestreamTargetInput", {
  description: "A destination that a live stream is pushed to.",
  fields: (t) => ({
    url: t.string({
      required: true,
      description: "Its address, which begins with `rtmp://`, `rtmps://` or `srt://`: at most 2048 characters.",
    }),
    key: t.string({
      description:
        "The stream key that the destination has given you, 5 to 512 characters: a secret, which is never shown again. Left out, a target that the token has already keeps its key; it is known by its address, and by its label where several have that address.",
    }),
    label: t.string({ description: "What to call it: at most 2048 characters." }),
    isEnabled: t.boolean({
      required: true,
      defaultValue: true,
      description: "Whether streams are pushed to it.",
    }),
  }),
});

const SetRestreamTargetsInput = builder.inputType("SetRestreamTargetsInput", {
  description: "Where the streams of a publish token are pushed to.",
  fields: (t) => ({
    publishToken: t.field({
      type: PublishTokenRef,
      required: true,
      description:
        "Which token. Give each stream that is re-streamed a token of its own: a token pushes one feed only, the one that connected last.",
    }),
    targets: t.field({
      type: [RestreamTargetInput],
      required: true,
      description: "All targets, in place of those before: at most 10. An empty list ends re-streaming.",
    }),
  }),
});

const SetRestreamTargetsPayload = builder
  .objectRef<Payload & { readonly token?: PublishTokenRecord }>("SetRestreamTargetsPayload")
  .implement({
    description: "The token with its targets, or why they were not set.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      publishToken: t.expose("token", { type: PublishToken, nullable: true, description: "The token as it is now." }),
    }),
  });

builder.mutationField("setRestreamTargets", (t) =>
  t.field({
    type: SetRestreamTargetsPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description:
      "Sets where the streams of a publish token are pushed to: other platforms, over RTMP, RTMPS or SRT. Broadcasts that begin from now on use it; those that are running go on as they are until syncRestreams.",
    args: { input: t.arg({ type: SetRestreamTargetsInput, required: true, description: "The targets." }) },
    resolve: (_root, { input }, context) =>
      payload(async () => {
        const targets = input.targets.map(
          ({ url, key, label, isEnabled }): RequestedTarget => ({
            url,
            key: key == null ? undefined : new Secret(key),
            label: label ?? undefined,
            isEnabled,
          }),
        );
        assertTargets(targets, "input.targets");
        const { id, restreams } = await presentToken(input.publishToken, targets, context);
        const token = await context.upstream.publishTokens.update(id, {
          restreams: withKnownKeys(targets, restreams, "input.targets"),
        });
        context.tokenCache.put(token);
        return { token };
      }),
  }),
);

/** The token, read anew where its keys are to be kept: the directory may know those of some seconds ago. @throws NotFoundError */
async function presentToken(ref: TokenReference, targets: readonly RequestedTarget[], context: GraphContext) {
  const known = await findPublishToken(ref, "input.publishToken", context);
  if (targets.every(({ key }) => key)) return known;
  const present = await context.upstream.publishTokens.read(known.id);
  if (!present) throw new NotFoundError("input.publishToken");
  return present;
}
