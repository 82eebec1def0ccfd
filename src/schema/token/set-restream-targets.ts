import type { GraphContext } from "../../context.ts";
import { NotFoundError } from "../../model/errors.ts";
import { Secret } from "../../model/secret.ts";
import { assertTargets, type RequestedTarget, withPresentKeys } from "../../model/token/restream.ts";
import type { PublishTokenRecord } from "../../model/token/token.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { PublishToken } from "../refs.ts";
import { findPublishToken, PublishTokenRef, type TokenReference } from "./find-token.ts";

const RestreamTargetInput = builder.inputType("RestreamTargetInput", {
  description: "A destination that live streams are pushed to.",
  fields: (t) => ({
    url: t.string({
      required: true,
      description: "Address that begins with `rtmp://`, `rtmps://` or `srt://`, at most 2048 characters.",
    }),
    key: t.string({
      description:
        "Stream key from the destination, 5 to 512 characters: a secret, never shown again. Defaults to the key of the present target with the same address, and the same label if several share the address.",
    }),
    label: t.string({ description: "Name for people, at most 2048 characters. Defaults to none." }),
    isEnabled: t.boolean({
      required: true,
      defaultValue: true,
      description: "Whether streams are pushed to this destination. Defaults to true.",
    }),
  }),
});

const SetRestreamTargetsInput = builder.inputType("SetRestreamTargetsInput", {
  description: "Input of `setRestreamTargets`.",
  fields: (t) => ({
    publishToken: t.field({
      type: PublishTokenRef,
      required: true,
      description:
        "The publish token. Use one token for each re-streamed stream: a token pushes only one feed, the one that connected last.",
    }),
    targets: t.field({
      type: [RestreamTargetInput],
      required: true,
      description: "All targets, at most 10; they replace the present ones. An empty list ends re-streaming.",
    }),
  }),
});

const SetRestreamTargetsPayload = builder
  .objectRef<Payload & { readonly token?: PublishTokenRecord }>("SetRestreamTargetsPayload")
  .implement({
    description: "The publish token with its targets, or the reasons why they were not set.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      publishToken: t.expose("token", {
        type: PublishToken,
        nullable: true,
        description: "The token in its new state; null when it was not changed.",
      }),
    }),
  });

builder.mutationField("setRestreamTargets", (t) =>
  t.field({
    type: SetRestreamTargetsPayload,
    nullable: true,
    authScopes: { scope: "token:write" },
    description:
      "Sets the destinations on other platforms that a publish token's streams are pushed to, over RTMP, RTMPS or SRT. New broadcasts use them; running ones only after `syncRestreams`.",
    args: {
      input: t.arg({
        type: SetRestreamTargetsInput,
        required: true,
        description: "The publish token and its targets.",
      }),
    },
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
          restreams: withPresentKeys(targets, restreams, "input.targets"),
        });
        context.tokenCache.put(token);
        return { token };
      }),
  }),
);

/**
 * Returns the publish token, read from the platform if keys of its targets are reused: the cache may be some seconds old.
 *
 * @throws NotFoundError
 */
async function presentToken(ref: TokenReference, targets: readonly RequestedTarget[], context: GraphContext) {
  const cached = await findPublishToken(ref, "input.publishToken", context);
  if (targets.every(({ key }) => key)) return cached;
  const present = await context.upstream.publishTokens.read(cached.id);
  if (!present) throw new NotFoundError("input.publishToken");
  return present;
}
