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
  description: "What a new transcoder is made of.",
  fields: (t) => ({
    idempotencyKey: t.id({
      required: true,
      description: "Of your choosing: the same key makes the same transcoder, however often it is sent within a day.",
    }),
    name: t.string({ required: true, description: "What to call it." }),
    clusterId: t.string({
      required: true,
      description: "The cluster to run in, near the source: one with `canTranscode`.",
    }),
    dnsPrefix: t.string({
      description:
        "The first part of its host's name, of letters, digits and dashes; the platform's choice when left out.",
    }),
    ...outputFields(t),
    startsNow: t.boolean({
      required: true,
      defaultValue: false,
      description: "Start it at once: it is charged from when it is active.",
    }),
  }),
});

const CreateTranscoderPayload = builder
  .objectRef<Payload & { readonly transcoder?: TranscoderRecord }>("CreateTranscoderPayload")
  .implement({
    description: "The new transcoder, or why there is none.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      transcoder: t.expose("transcoder", { type: Transcoder, nullable: true, description: "The transcoder." }),
    }),
  });

const usualHeights: readonly number[] = [2160, 1440, 1080, 720, 540, 480, 360];

/** The platform has a profile for each usual height; a height between two takes the lower one. */
function isHeightOf(wished: number, made: number): boolean {
  return made === wished || (!usualHeights.includes(wished) && made < wished);
}

/** Statuses of a transcoder that was told to start, some moments later. */
const starting = new Set<TranscoderRecord["status"]>(["Queued", "Provisioning", "Active", "Error"]);

/** What a transcoder is recognised by after the answer to its creation was lost. */
export const transcoderComparison: Comparison<NewTranscoder, TranscoderRecord> = {
  name: (wished, { name }) => name === wished,
  clusterId: (wished, { clusterId }) => clusterId === wished,
  // Without a prefix the platform chooses one.
  dnsPrefix: (wished, { host }) =>
    wished === undefined || (host ?? "").toLowerCase().startsWith(`${wished.toLowerCase()}-`),
  profileId: (wished, { profile }) => wished === undefined || profile?.id === wished,
  height: (wished, { profile }) => wished === undefined || isHeightOf(wished, profile?.height ?? 0),
  frameRate: (wished, { profile }) => wished === undefined || profile?.frameRate === wished,
  isPassThrough: (wished, { profile }) => (profile?.isPassThrough ?? false) === (wished ?? false),
  startsNow: (wished, { status }) => starting.has(status) === wished,
};

builder.mutationField("createTranscoder", (t) =>
  t.field({
    type: CreateTranscoderPayload,
    nullable: true,
    authScopes: { scope: "transcoder:write" },
    description: "Makes a cloud transcoder, by a profile of the platform or by height and frame rate.",
    args: { input: t.arg({ type: CreateTranscoderInput, required: true, description: "What it is made of." }) },
    resolve: (_root, { input: { idempotencyKey, ...wish } }, context) =>
      payload(async () => {
        const input: NewTranscoder = omitNulls(wish);
        assertTranscoderSettings(input);
        assertOutput(input);
        assertTranscodes(input.clusterId, (await context.account.clusters()).clusters);
        const { transcoders } = context.upstream;
        const { made: transcoder } = await createIdempotently(
          {
            operation: "createTranscoder",
            idempotencyKey,
            input,
            kind: "Transcoder",
            likeness: { name: input.name, clusterId: input.clusterId },
            noun: "transcoder",
            create: () => transcoders.create(input),
            listNewest: (page) => transcoders.list({ page, newestFirst: true }),
            matchesRequest: (made, span) => matchesRequest(transcoderComparison, input, made, span),
            idOf: ({ id }) => id,
            madeAt: ({ createdAt }) => createdAt,
            find: (id) => transcoders.read(id),
          },
          context,
        );
        return { transcoder };
      }),
  }),
);
