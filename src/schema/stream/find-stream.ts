import type { GraphContext } from "../../context.ts";
import { NotFoundError } from "../../model/errors.ts";
import { type StreamRecord, streamRecord } from "../../model/stream/stream.ts";
import { type MaybePromise, mapMaybe } from "../../primitives/maybe-promise.ts";
import { builder } from "../builder.ts";
import { keyOfId } from "../global-id.ts";

export const StreamRef = builder.inputType("StreamRef", {
  description: "Names a stream, by exactly one of its fields.",
  isOneOf: true,
  fields: (t) => ({
    id: t.id({ description: "Its id in the graph." }),
    name: t.string({ description: "Its name, with its case." }),
  }),
});

export interface StreamReference {
  readonly id?: string | null | undefined;
  readonly name?: string | null | undefined;
}

/** The name that a reference means, be there such a stream or not. @throws NotFoundError for an id that is none */
export function streamNameOf({ id, name }: StreamReference, argument: string): string {
  const key = name ?? (id == null ? null : keyOfId(id, "Stream"));
  if (key === null) throw new NotFoundError(argument);
  return key;
}

/** The stream that is meant. @throws NotFoundError when it is nowhere to be found */
export function findStream(
  ref: StreamReference,
  argument: string,
  { loaders }: GraphContext,
): MaybePromise<StreamRecord> {
  const name = streamNameOf(ref, argument);
  return mapMaybe(loaders.streamExists(name), (exists) => {
    if (exists) return streamRecord(name);
    throw new NotFoundError(argument);
  });
}
