import type { GraphContext } from "../../context.ts";
import type { PublishTokenRecord } from "../../model/token/token.ts";
import type { StoppingLevel } from "../../upstream/streams.ts";
import { userError } from "../errors.ts";
import type { InputFields } from "../input.ts";
import { type OutputFields, type Payload, payload } from "../payload.ts";
import { PublishToken } from "../refs.ts";
import { disablePublishTokens } from "../token/change-many.ts";
import { StoppingLevel as StoppingLevelEnum } from "./stopping-level.ts";

/** Returns the input field that disables publish tokens before streams are stopped. */
export const disableFirstField = (t: InputFields) => ({
  disableFirst: t.boolean({
    required: true,
    defaultValue: true,
    description:
      "Whether to disable the publish tokens that are in use first. Encoders reconnect by themselves, so without this they are back within seconds. Defaults to true.",
  }),
});

/** Streams that were stopped, and the tokens that were disabled first. */
interface Stopped {
  readonly stoppingLevel: StoppingLevel;
  readonly disabledTokens: readonly PublishTokenRecord[];
}

/** Payload of a mutation that stops one stream, which it names, or all of them. */
export type StopPayload = Payload & Partial<Stopped> & { readonly streamName?: string };

/** Returns the payload fields that report what was stopped and disabled. */
export const stoppedFields = (t: OutputFields<StopPayload>) => ({
  stoppingLevel: t.expose("stoppingLevel", {
    type: StoppingLevelEnum,
    nullable: true,
    description: "Extent of the stop; null when the call failed.",
  }),
  disabledTokens: t.field({
    type: [PublishToken],
    description: "Publish tokens that were disabled, so that encoders can't come back with them; empty for none.",
    resolve: ({ disabledTokens }) => [...(disabledTokens ?? [])],
  }),
});

interface StopOutcome extends Stopped {
  /** Tokens that could not be disabled; the streams were stopped all the same. */
  readonly failures: readonly unknown[];
}

/**
 * Returns the payload of a mutation that stops streams.
 *
 * Tokens that could not be disabled become `userErrors` beside what was stopped.
 */
export async function stopPayload<Outcome extends StopOutcome>(run: () => Promise<Outcome>) {
  const outcome = await payload(run);
  return { ...outcome, userErrors: [...outcome.userErrors, ...(outcome.failures ?? []).map(userError)] };
}

/**
 * Disables the publish tokens with these ids, then stops streams.
 *
 * @throws UpstreamError when no token could be disabled because the call failed, or when stopping failed
 */
export async function stopBroadcasts(
  activeTokenIds: readonly number[],
  stop: () => Promise<StoppingLevel>,
  context: GraphContext,
): Promise<StopOutcome> {
  const found = await Promise.all(activeTokenIds.map((id) => context.tokenCache.publishToken(id)));
  const tokens = found.filter((token) => token !== null);
  const { disabled, failures } = await disablePublishTokens(tokens, context);
  const stoppingLevel = await stop();
  context.liveStreamCache.changed();
  return { stoppingLevel, disabledTokens: disabled, failures };
}
