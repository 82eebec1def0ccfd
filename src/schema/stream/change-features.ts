import type { GraphContext } from "../../context.ts";
import { ConflictError, InvalidInputError } from "../../model/errors.ts";
import { streamRecord } from "../../model/stream/stream.ts";
import {
  assertDrmIsSecured,
  assertMultisourceCluster,
  assertRecordingMayChange,
  assertRecordsOrClips,
} from "../../model/token/publish-settings.ts";
import { isUsable, type PublishTokenRecord } from "../../model/token/token.ts";
import type { PublishSettings } from "../../upstream/publish-tokens.ts";
import { applyToEach } from "../apply-to-each.ts";
import { builder } from "../builder.ts";
import type { UserErrorShape } from "../errors.ts";
import type { InputFields } from "../input.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { PublishToken, Stream } from "../refs.ts";
import { findPublishToken, PublishTokenRef, type TokenReference } from "../token/find-token.ts";
import { assertPublishSettings } from "../token/token-input.ts";
import { findStream, StreamRef, type StreamReference } from "./find-stream.ts";

/** Which stream's features are switched, and in which of its publish tokens: they carry the settings. */
export interface FeatureTarget {
  readonly stream: StreamReference;
  readonly publishToken?: TokenReference | null | undefined;
}

/** The fields of an input that say which. */
export const featureTargetFields = (t: InputFields) => ({
  stream: t.field({ type: StreamRef, required: true, description: "Which stream." }),
  publishToken: t.field({
    type: PublishTokenRef,
    description:
      "In which of its publish tokens; in all usable ones when it is left out. One that stands for other streams too has to be named.",
  }),
});

/** What became of a switch of features. */
interface Changed {
  readonly streamName: string;
  readonly publishTokens: readonly PublishTokenRecord[];
  /** Tokens that take the change up with their next broadcast, because they are broadcasting now. */
  readonly live: readonly PublishTokenRecord[];
  readonly failures: readonly UserErrorShape[];
}

/** The payload of a mutation that switches features of a stream. */
export function featuresPayload(name: string) {
  return builder.objectRef<Payload & Partial<Changed>>(name).implement({
    description:
      "The publish tokens that were changed, or why none was. Some may have been changed although others could not be.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      stream: t.field({
        type: Stream,
        nullable: true,
        description: "The stream.",
        resolve: ({ streamName }) => (streamName === undefined ? null : streamRecord(streamName)),
      }),
      publishTokens: t.field({
        type: [PublishToken],
        description: "The tokens that were changed, as they are now.",
        resolve: ({ publishTokens }) => [...(publishTokens ?? [])],
      }),
      awaitingNextBroadcast: t.field({
        type: [PublishToken],
        description:
          "Those of them that are broadcasting now: a running broadcast keeps most of its settings until it is restarted.",
        resolve: ({ live }) => [...(live ?? [])],
      }),
    }),
  });
}

/**
 * Switches features in the publish tokens of a stream. All rules are checked for all tokens before the first is changed;
 * what the platform refuses for one does not keep the others from being changed.
 */
export async function changeFeatures(
  target: FeatureTarget,
  settings: PublishSettings,
  context: GraphContext,
): Promise<Payload & Partial<Changed>> {
  const outcome = await payload(() => change(target, settings, context));
  return { ...outcome, userErrors: [...outcome.userErrors, ...(outcome.failures ?? [])] };
}

/** @throws InvalidInputError, NotFoundError, ConflictError, UpstreamError before anything is changed */
async function change(
  { stream, publishToken }: FeatureTarget,
  settings: PublishSettings,
  context: GraphContext,
): Promise<Changed> {
  if (Object.keys(settings).length === 0) throw new InvalidInputError("input", "There is nothing to change in it.");
  assertPublishSettings(settings);
  const { name } = await findStream(stream, "input.stream", context);
  const tokens = await (publishToken ? named(publishToken, name, context) : publishersOf(name, context));
  for (const token of tokens) {
    assertRecordsOrClips(settings, token);
    assertDrmIsSecured(settings, token);
    assertMultisourceCluster(settings.isMultisource, token.effective.originCluster);
  }
  const liveIds = await context.upstream.publishTokens.activeAll(context.signal);
  for (const token of tokens) assertRecordingMayChange(token, settings, liveIds);

  const { values: changed, userErrors } = await applyToEach(tokens, ({ id }) =>
    context.upstream.publishTokens.update(id, settings),
  );
  for (const token of changed) context.tokenCache.put(token);
  return {
    streamName: name,
    publishTokens: changed,
    live: changed.filter(({ id }) => liveIds.includes(id)),
    failures: userErrors,
  };
}

/** The token that the client names: it may stand for other streams too. @throws NotFoundError, ConflictError */
async function named(ref: TokenReference, streamName: string, context: GraphContext): Promise<PublishTokenRecord[]> {
  const token = await findPublishToken(ref, "input.publishToken", context);
  if ((await context.loaders.publishersOf(streamName)).some(({ id }) => id === token.id)) return [token];
  throw new ConflictError(`The publish token ${token.label} (${token.id}) does not publish ${streamName}.`, {
    argument: "input.publishToken",
  });
}

/** Every usable publish token of the stream. @throws ConflictError when there is none, or one is for other streams too */
async function publishersOf(streamName: string, { loaders, now }: GraphContext): Promise<PublishTokenRecord[]> {
  const tokens = (await loaders.publishersOf(streamName)).filter((token) => isUsable(token, now));
  if (tokens.length === 0) {
    throw new ConflictError(`No usable publish token publishes ${streamName}: its features are settings of one.`, {
      argument: "input.stream",
    });
  }
  const shared = tokens.find(({ streams }) => streams.length > 1 || streams.some(({ isRegex }) => isRegex));
  if (!shared) return tokens;
  throw new ConflictError(
    `The publish token ${shared.label} (${shared.id}) stands for other streams too, which would change with it. Name it as \`publishToken\` if that is meant.`,
    { argument: "input.publishToken" },
  );
}
