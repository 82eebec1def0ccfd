import type { GraphContext } from "../../context.ts";
import type { PublishTokenRecord } from "../../model/token/token.ts";
import type { StoppingLevel } from "../../upstream/streams.ts";
import { builder } from "../builder.ts";
import { userError } from "../errors.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { PublishToken, Stream } from "../refs.ts";
import { disablePublishTokens } from "../token/change-many.ts";
import { findStream, StreamRef } from "./find-stream.ts";
import { StoppingLevel as StoppingLevelEnum } from "./stopping-level.ts";

interface Stopped {
  readonly stoppingLevel: StoppingLevel;
  readonly disabledTokens: readonly PublishTokenRecord[];
}

const StopStreamPayload = builder
  .objectRef<Payload & Partial<Stopped> & { readonly streamName?: string }>("StopStreamPayload")
  .implement({
    description: "What was stopped.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      stream: t.field({
        type: Stream,
        nullable: true,
        description: "The stream.",
        resolve: ({ streamName }) => (streamName === undefined ? null : { kind: "Stream" as const, name: streamName }),
      }),
      stoppingLevel: t.expose("stoppingLevel", {
        type: StoppingLevelEnum,
        nullable: true,
        description: "How much was stopped; null when the call failed.",
      }),
      disabledTokens: t.field({
        type: [PublishToken],
        description: "Publish tokens that were disabled, so that encoders can't come back with them.",
        resolve: ({ disabledTokens }) => [...(disabledTokens ?? [])],
      }),
    }),
  });

const StopAllStreamsPayload = builder.objectRef<Payload & Partial<Stopped>>("StopAllStreamsPayload").implement({
  description: "What was stopped.",
  interfaces: [MutationPayload],
  fields: (t) => ({
    stoppingLevel: t.expose("stoppingLevel", {
      type: StoppingLevelEnum,
      nullable: true,
      description: "How much was stopped; null when the call failed.",
    }),
    disabledTokens: t.field({
      type: [PublishToken],
      description: "Publish tokens that were disabled, so that encoders can't come back with them.",
      resolve: ({ disabledTokens }) => [...(disabledTokens ?? [])],
    }),
  }),
});

const disableFirst = {
  required: true,
  defaultValue: true,
  description:
    "Disable the publish tokens that are in use first. Without it encoders, which reconnect by themselves, are back within seconds.",
} as const;

builder.mutationFields((t) => ({
  stopStream: t.field({
    type: StopStreamPayload,
    nullable: true,
    authScopes: { scope: "stream:control" },
    description: "Ends a live stream for its broadcasters and viewers.",
    args: {
      stream: t.arg({ type: StreamRef, required: true, description: "Which stream." }),
      disableFirst: t.arg.boolean(disableFirst),
    },
    resolve: (_root, args, context) =>
      stopping(async () => {
        const { name } = await findStream(args.stream, "stream", context);
        const streamId = `${await context.account.id()}/${name}`;
        const { publishTokens, streams } = context.upstream;
        const outcome = await stop(
          args.disableFirst ? await publishTokens.active(streamId) : [],
          () => streams.stop(streamId),
          context,
        );
        return { ...outcome, streamName: name };
      }),
  }),
  stopAllStreams: t.field({
    type: StopAllStreamsPayload,
    nullable: true,
    authScopes: { scope: "stream:control" },
    description: "Ends every live stream of the account.",
    args: { disableFirst: t.arg.boolean(disableFirst) },
    resolve: (_root, args, context) =>
      stopping(async () => {
        const { publishTokens, streams } = context.upstream;
        return stop(args.disableFirst ? await publishTokens.activeAll() : [], () => streams.stopAll(), context);
      }),
  }),
}));

interface StopOutcome extends Stopped {
  /** Tokens that could not be disabled; the stream was stopped all the same. */
  readonly failures: readonly unknown[];
}

/** The payload of stopping: what could not be disabled is told beside what was stopped. */
async function stopping<Outcome extends StopOutcome>(run: () => Promise<Outcome>) {
  const outcome = await payload(run);
  return { ...outcome, userErrors: [...outcome.userErrors, ...(outcome.failures ?? []).map(userError)] };
}

async function stop(
  activeTokenIds: readonly number[],
  stopNow: () => Promise<StoppingLevel>,
  context: GraphContext,
): Promise<StopOutcome> {
  const found = await Promise.all(activeTokenIds.map((id) => context.tokenCache.publishToken(id)));
  const tokens = found.filter((token) => token !== null);
  const { disabled, failures } = await disablePublishTokens(tokens, context);
  const stoppingLevel = await stopNow();
  context.liveStreamCache.changed();
  return { stoppingLevel, disabledTokens: disabled, failures };
}
