import { ConflictError } from "../../model/errors.ts";
import { streamRecord } from "../../model/stream/stream.ts";
import type { PublishTokenRecord } from "../../model/token/token.ts";
import type { StoppingLevel as Level } from "../../upstream/streams.ts";
import { builder } from "../builder.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { PublishToken, Stream } from "../refs.ts";
import { PublishTokenRef } from "../token/find-token.ts";
import { findPublisher } from "./find-publisher.ts";
import { findStream, StreamRef } from "./find-stream.ts";
import { StoppingLevel } from "./stopping-level.ts";

const ReprioritizeStreamInput = builder.inputType("ReprioritizeStreamInput", {
  description: "Which of a stream's redundant feeds is moved up or down.",
  fields: (t) => ({
    stream: t.field({ type: StreamRef, required: true, description: "Which stream." }),
    publishToken: t.field({
      type: PublishTokenRef,
      description:
        "The token that the feeds are published with. It may be left out for a stream that a single usable one publishes.",
    }),
    priority: t.int({
      required: true,
      description: "The new priority: among redundant feeds the highest live one is shown.",
    }),
    restartsOtherStreams: t.boolean({
      required: true,
      defaultValue: false,
      description: "Allow it for a token that stands for other streams as well: theirs are interrupted and moved, too.",
    }),
  }),
});

interface Moved {
  readonly streamName: string;
  readonly token: PublishTokenRecord;
  readonly stoppingLevel: Level;
}

const ReprioritizeStreamPayload = builder.objectRef<Payload & Partial<Moved>>("ReprioritizeStreamPayload").implement({
  description: "What was moved, or why nothing was.",
  interfaces: [MutationPayload],
  fields: (t) => ({
    stream: t.field({
      type: Stream,
      nullable: true,
      description: "The stream. Its feeds are back with the new priority when their encoders have connected again.",
      resolve: ({ streamName }) => (streamName === undefined ? null : streamRecord(streamName)),
    }),
    publishToken: t.expose("token", {
      type: PublishToken,
      nullable: true,
      description: "The token, whose default priority it is from now on.",
    }),
    stoppingLevel: t.expose("stoppingLevel", {
      type: StoppingLevel,
      nullable: true,
      description: "How much was interrupted, so that encoders connect again: NONE when nothing was live.",
    }),
  }),
});

builder.mutationField("reprioritizeStream", (t) =>
  t.field({
    type: ReprioritizeStreamPayload,
    nullable: true,
    authScopes: { scope: "stream:control" },
    description:
      "Gives the feeds of a publish token another priority at once: they are interrupted, and their encoders come back with it within seconds. A feed that set its own priority in its address keeps that one.",
    args: { input: t.arg({ type: ReprioritizeStreamInput, required: true, description: "What to move." }) },
    resolve: (_root, { input }, context) =>
      payload(async () => {
        const { name } = await findStream(input.stream, "input.stream", context);
        const token = await findPublisher(name, input.publishToken, "input.publishToken", context);
        assertOthersMayRestart(token, name, input.restartsOtherStreams);
        const stoppingLevel = await context.upstream.streams.reprioritize(token.id, input.priority);
        const moved = { ...token, priority: input.priority };
        context.tokenCache.put(moved);
        context.liveStreamCache.changed();
        return { streamName: name, token: moved, stoppingLevel };
      }),
  }),
);

/** @throws ConflictError for a token of several streams, unless that is wanted */
function assertOthersMayRestart({ streams }: PublishTokenRecord, streamName: string, isAllowed: boolean): void {
  const isOfOneStream = streams.every(({ pattern, isRegex }) => !isRegex && pattern === streamName);
  if (isOfOneStream || isAllowed) return;
  throw new ConflictError(
    "The token stands for other streams as well, which would be interrupted too. Say restartsOtherStreams if that is wanted.",
    { argument: "input.restartsOtherStreams" },
  );
}
