import type { GraphContext } from "../../context.ts";
import { NotFoundError } from "../../model/errors.ts";
import { isMetered, MAX_NAME_LENGTH, type StreamRecord } from "../../model/stream.ts";
import { ceilTo, DAY_MS, HOUR_MS } from "../../model/time-window.ts";
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
export async function findStream(ref: StreamReference, argument: string, context: GraphContext): Promise<StreamRecord> {
  const name = streamNameOf(ref, argument);
  if (name.length > 0 && name.length <= MAX_NAME_LENGTH && (await exists(name, context)))
    return { kind: "Stream", name };
  throw new NotFoundError(argument);
}

/** A stream exists through tokens that name it, through being live, or through traffic: asked in the order of their price. */
async function exists(name: string, context: GraphContext): Promise<boolean> {
  const { loaders, streamCatalog, sightings } = context;
  if (streamCatalog.has(name, await loaders.tokens())) return true;
  const isFound = (await loaders.liveStreams.byName(name)) !== null || (await hasTraffic(name, context));
  if (isFound) sightings.sawStream(name);
  return isFound;
}

/** Only for names that nothing else knows, so it is one small call of its own. */
async function hasTraffic(name: string, { loaders, now }: GraphContext): Promise<boolean> {
  if (!isMetered(name)) return false;
  const window = { from: ceilTo(now - 365 * DAY_MS, DAY_MS), to: ceilTo(now, HOUR_MS) };
  const { bytesIn, bytesOut } = await loaders.figures.streamTotal.load({ name, window });
  return bytesIn > 0n || bytesOut > 0n;
}
