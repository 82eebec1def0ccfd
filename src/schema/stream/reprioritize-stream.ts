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
  description: "The redundant feeds of a stream that get another priority.",
  fields: (t) => ({
    stream: t.field({
      type: StreamRef,
      required: true,
      description: "The stream whose feeds are moved, by id or name.",
    }),
    publishToken: t.field({
      type: PublishTokenRef,
      description: "Publish token of the feeds to move. Defaults to the only usable one of the stream.",
    }),
    priority: t.int({
      required: true,
      description: "New priority: among redundant feeds viewers see the live one with the highest priority.",
    }),
    restartsOtherStreams: t.boolean({
      required: true,
      defaultValue: false,
      description:
        "Must be true for a token that publishes other streams too: their feeds are interrupted and moved as well. Defaults to false.",
    }),
  }),
});

interface Moved {
  readonly streamName: string;
  readonly token: PublishTokenRecord;
  readonly stoppingLevel: Level;
}

const ReprioritizeStreamPayload = builder.objectRef<Payload & Partial<Moved>>("ReprioritizeStreamPayload").implement({
  description: "The feeds that were moved, or why none was.",
  interfaces: [MutationPayload],
  fields: (t) => ({
    stream: t.field({
      type: Stream,
      nullable: true,
      description:
        "The stream; its feeds reappear with the new priority when their encoders have reconnected. Null when the call failed.",
      resolve: ({ streamName }) => (streamName === undefined ? null : streamRecord(streamName)),
    }),
    publishToken: t.expose("token", {
      type: PublishToken,
      nullable: true,
      description: "The publish token, with the new priority as its default. Null when the call failed.",
    }),
    stoppingLevel: t.expose("stoppingLevel", {
      type: StoppingLevel,
      nullable: true,
      description:
        "Extent of the interruption that makes encoders reconnect: NONE if nothing was live; null when the call failed.",
    }),
  }),
});

builder.mutationField("reprioritizeStream", (t) =>
  t.field({
    type: ReprioritizeStreamPayload,
    nullable: true,
    authScopes: { scope: "stream:control" },
    description:
      "Gives the feeds of a publish token another priority at once: the feeds are interrupted, and their encoders reconnect with it within seconds. A feed whose address sets a priority keeps that one.",
    args: {
      input: t.arg({
        type: ReprioritizeStreamInput,
        required: true,
        description: "The feeds to move, and their new priority.",
      }),
    },
    resolve: (_root, { input }, context) =>
      payload(async () => {
        const { name } = await findStream(input.stream, "input.stream", context);
        const token = await findPublisher(name, input.publishToken, "input.publishToken", context);
        assertMayRestartOthers(token, name, input.restartsOtherStreams);
        const stoppingLevel = await context.upstream.streams.reprioritize(token.id, input.priority);
        const moved = { ...token, priority: input.priority };
        context.tokenCache.put(moved);
        context.liveStreamCache.changed();
        return { streamName: name, token: moved, stoppingLevel };
      }),
  }),
);

/** @throws ConflictError if the token publishes other streams, unless that is allowed */
function assertMayRestartOthers({ streams }: PublishTokenRecord, streamName: string, isAllowed: boolean): void {
  const isOfOneStream = streams.every(({ pattern, isRegex }) => !isRegex && pattern === streamName);
  if (isOfOneStream || isAllowed) return;
  throw new ConflictError(
    "`input.restartsOtherStreams` must be true: the token publishes other streams too, which would be interrupted as well.",
    { argument: "input.restartsOtherStreams" },
  );
}
