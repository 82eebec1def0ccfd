import type { GraphContext } from "../../context.ts";
import { NotFoundError } from "../../model/errors.ts";
import type { TranscoderRecord } from "../../model/transcoder.ts";
import { builder } from "../builder.ts";
import { keyOfId } from "../global-id.ts";

export const TranscoderRef = builder.inputType("TranscoderRef", {
  description: "Names a transcoder, by exactly one of its fields.",
  isOneOf: true,
  fields: (t) => ({
    id: t.id({ description: "Global id of the transcoder: `Transcoder.id`." }),
    transcoderId: t.string({ description: "The platform's id of the transcoder: `Transcoder.transcoderId`." }),
  }),
});

export interface TranscoderReference {
  readonly id?: string | null | undefined;
  readonly transcoderId?: string | null | undefined;
}

/** Form of the platform's ids of transcoders; nothing else is put into a path. */
const wellFormed = /^[\w-]{1,128}$/;

/**
 * Returns the transcoder that a reference names.
 *
 * @throws NotFoundError if the account has none; UpstreamError
 */
export async function findTranscoder(
  { id, transcoderId }: TranscoderReference,
  argument: string,
  { loaders }: GraphContext,
): Promise<TranscoderRecord> {
  const key = transcoderId ?? (id == null ? null : keyOfId(id, "Transcoder"));
  if (key === null || !wellFormed.test(key)) throw new NotFoundError(argument);
  const transcoder = await loaders.transcoders.byId(key);
  if (!transcoder) throw new NotFoundError(argument);
  return transcoder;
}
