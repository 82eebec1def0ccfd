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
    id: t.id({ description: "Global id of the stream: `Stream.id`." }),
    name: t.string({ description: "Name of the stream, with its case: `Stream.name`." }),
  }),
});

export interface StreamReference {
  readonly id?: string | null | undefined;
  readonly name?: string | null | undefined;
}

/**
 * Returns the stream name of a reference, whether or not such a stream exists.
 *
 * @throws NotFoundError for a foreign id
 */
export function streamNameOf({ id, name }: StreamReference, argument: string): string {
  const key = name ?? (id == null ? null : keyOfId(id, "Stream"));
  if (key === null) throw new NotFoundError(argument);
  return key;
}

/**
 * Returns the stream that a reference names.
 *
 * @throws NotFoundError if no token, broadcast or traffic shows it
 */
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
