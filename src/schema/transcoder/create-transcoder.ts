import {
  assertOutput,
  assertTranscoderSettings,
  assertTranscodes,
  type TranscoderRecord,
} from "../../model/transcoder.ts";
import type { NewTranscoder } from "../../upstream/transcoders.ts";
import { builder } from "../builder.ts";
import { createIdempotently } from "../create-idempotently.ts";
import { omitNulls } from "../input.ts";
import { type Comparison, matchesRequest } from "../matches-request.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { Transcoder } from "./transcoder.ts";
import { outputFields } from "./transcoder-input.ts";

const CreateTranscoderInput = builder.inputType("CreateTranscoderInput", {
  description: "Settings of the new transcoder.",
  fields: (t) => ({
    idempotencyKey: t.id({
      required: true,
      description:
        "Key of your choice, 1 to 128 characters. Repeating a request with it within a day returns the same transcoder.",
    }),
    name: t.string({ required: true, description: "Name of the transcoder; must not be blank." }),
    clusterId: t.string({
      required: true,
      description: "Id of the cluster to run in, near the source; its `canTranscode` must be true.",
    }),
    dnsPrefix: t.string({
      description:
        "First part of the host's name: letters, digits and dashes. Defaults to one of the platform's choice.",
    }),
    ...outputFields(t, true),
    startsNow: t.boolean({
      required: true,
      defaultValue: false,
      description: "Whether to start the transcoder at once. It is charged while it is active. Defaults to false.",
    }),
  }),
});

const CreateTranscoderPayload = builder
  .objectRef<Payload & { readonly transcoder?: TranscoderRecord }>("CreateTranscoderPayload")
  .implement({
    description: "The new transcoder, or why there is none.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      transcoder: t.expose("transcoder", {
        type: Transcoder,
        nullable: true,
        description: "The new transcoder; null when the call failed.",
      }),
    }),
  });

const usualHeights: readonly number[] = [2160, 1440, 1080, 720, 540, 480, 360];

/**
 * Returns whether the platform chose this height for a request.
 *
 * The platform has a profile for each usual height; a height in between gets the profile below it.
 */
function isProfileHeight(requested: number, actual: number): boolean {
  return actual === requested || (!usualHeights.includes(requested) && actual < requested);
}

/** Statuses that a started transcoder may have moments later. */
const statusesAfterStart = new Set<TranscoderRecord["status"]>(["Queued", "Provisioning", "Active", "Error"]);

/** Compares a transcoder with a request whose response was lost. */
export const transcoderComparison: Comparison<NewTranscoder, TranscoderRecord> = {
  name: (requested, { name }) => name === requested,
  clusterId: (requested, { clusterId }) => clusterId === requested,
  // Without a prefix the platform chooses one.
  dnsPrefix: (requested, { host }) =>
    requested === undefined || (host ?? "").toLowerCase().startsWith(`${requested.toLowerCase()}-`),
  profileId: (requested, { profile }) => requested === undefined || profile?.id === requested,
  height: (requested, { profile }) => requested === undefined || isProfileHeight(requested, profile?.height ?? 0),
  frameRate: (requested, { profile }) => requested === undefined || profile?.frameRate === requested,
  isPassThrough: (requested, { profile }) => (profile?.isPassThrough ?? false) === (requested ?? false),
  startsNow: (requested, { status }) => statusesAfterStart.has(status) === requested,
};

builder.mutationField("createTranscoder", (t) =>
  t.field({
    type: CreateTranscoderPayload,
    nullable: true,
    authScopes: { scope: "transcoder:write" },
    description: "Creates a cloud transcoder, by a profile of the platform or by height and frame rate.",
    args: { input: t.arg({ type: CreateTranscoderInput, required: true, description: "The transcoder to create." }) },
    resolve: (_root, { input: { idempotencyKey, ...settings } }, context) =>
      payload(async () => {
        const input: NewTranscoder = omitNulls(settings);
        assertTranscoderSettings(input);
        assertOutput(input);
        assertTranscodes(input.clusterId, (await context.account.clusters()).clusters);
        const { transcoders } = context.upstream;
        const { created: transcoder } = await createIdempotently(
          {
            operation: "createTranscoder",
            idempotencyKey,
            input,
            kind: "Transcoder",
            fingerprint: { name: input.name, clusterId: input.clusterId },
            noun: "transcoder",
            create: () => transcoders.create(input),
            listNewest: (page) => transcoders.list({ page, newestFirst: true }),
            matchesRequest: (created, span) => matchesRequest(transcoderComparison, input, created, span),
            idOf: ({ id }) => id,
            createdAt: ({ createdAt }) => createdAt,
            find: (id) => transcoders.read(id),
          },
          context,
        );
        return { transcoder };
      }),
  }),
);
