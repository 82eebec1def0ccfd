import type { GraphContext } from "../../context.ts";
import { ConflictError } from "../../model/errors.ts";
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
import { assertAnyChange, type InputFields } from "../input.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { PublishToken, Stream } from "../refs.ts";
import { findPublishToken, PublishTokenRef, type TokenReference } from "../token/find-token.ts";
import { assertPublishSettings } from "../token/token-input.ts";
import { findStream, StreamRef, type StreamReference } from "./find-stream.ts";

/** A stream and the publish tokens that carry its features. */
export interface FeatureTarget {
  readonly stream: StreamReference;
  readonly publishToken?: TokenReference | null | undefined;
}

/** Returns the input fields that name a stream and, if only one is meant, its publish token. */
export const featureTargetFields = (t: InputFields) => ({
  stream: t.field({ type: StreamRef, required: true, description: "The stream whose features change, by id or name." }),
  publishToken: t.field({
    type: PublishTokenRef,
    description:
      "The publish token to change. Defaults to every usable publish token of the stream; a token that publishes other streams too must be named.",
  }),
});

/** Outcome of changing features. */
interface Changed {
  readonly streamName: string;
  readonly publishTokens: readonly PublishTokenRecord[];
  /** Changed tokens that are broadcasting now: the change takes effect with their next broadcast. */
  readonly live: readonly PublishTokenRecord[];
  readonly failures: readonly UserErrorShape[];
}

/** Creates the payload type of a mutation that changes features of a stream. */
export function featuresPayload(name: string) {
  return builder.objectRef<Payload & Partial<Changed>>(name).implement({
    description:
      "The publish tokens that were changed, or why none was. Some may have changed although others could not.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      stream: t.field({
        type: Stream,
        nullable: true,
        description: "The stream whose features were changed; null when nothing was changed.",
        resolve: ({ streamName }) => (streamName === undefined ? null : streamRecord(streamName)),
      }),
      publishTokens: t.field({
        type: [PublishToken],
        description: "The changed tokens with their new settings; empty when nothing was changed.",
        resolve: ({ publishTokens }) => [...(publishTokens ?? [])],
      }),
      awaitingNextBroadcast: t.field({
        type: [PublishToken],
        description:
          "Changed tokens that are broadcasting now; empty for none. A running broadcast keeps most of its settings until it is restarted.",
        resolve: ({ live }) => [...(live ?? [])],
      }),
    }),
  });
}

/**
 * Changes features in the publish tokens of a stream.
 *
 * All rules are checked for all tokens before the first is changed. When the platform rejects one token, the others are
 * still changed.
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
  assertAnyChange(settings);
  assertPublishSettings(settings);
  const { name } = await findStream(stream, "input.stream", context);
  const tokens = await (publishToken ? namedPublisher(publishToken, name, context) : usablePublishers(name, context));
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

/**
 * Returns the publish token that the client names, which may publish other streams too.
 *
 * @throws NotFoundError, ConflictError
 */
async function namedPublisher(
  ref: TokenReference,
  streamName: string,
  context: GraphContext,
): Promise<PublishTokenRecord[]> {
  const token = await findPublishToken(ref, "input.publishToken", context);
  if ((await context.loaders.publishersOf(streamName)).some(({ id }) => id === token.id)) return [token];
  throw new ConflictError(
    `\`input.publishToken\` must name a publish token of ${streamName}; ${token.label} (${token.id}) does not publish it.`,
    {
      argument: "input.publishToken",
    },
  );
}

/**
 * Returns every usable publish token of the stream.
 *
 * @throws ConflictError if there is none, or if one publishes other streams too
 */
async function usablePublishers(streamName: string, { loaders, now }: GraphContext): Promise<PublishTokenRecord[]> {
  const tokens = (await loaders.publishersOf(streamName)).filter((token) => isUsable(token, now));
  if (tokens.length === 0) {
    throw new ConflictError(
      `\`input.stream\` must have a usable publish token, which carries its features; none publishes ${streamName}.`,
      {
        argument: "input.stream",
      },
    );
  }
  const shared = tokens.find(({ streams }) => streams.length > 1 || streams.some(({ isRegex }) => isRegex));
  if (!shared) return tokens;
  throw new ConflictError(
    `\`input.publishToken\` must be given: the token ${shared.label} (${shared.id}) publishes other streams too, which would change with it.`,
    { argument: "input.publishToken" },
  );
}
