import type { DocumentNode, ExecutionArgs, ExecutionResult } from "graphql";
import { isAsyncIterable, mapAsyncIterator } from "graphql-yoga";
import type { GraphContext } from "../context.ts";

/** A subscription within the limits, whose price was charged: yoga executes it. */
export interface AdmittedSubscription {
  readonly document: DocumentNode;
  readonly context: GraphContext;
}

type Results = ExecutionResult | AsyncIterable<ExecutionResult>;

/**
 * Subscribes by yoga's own function, so that its plugins and those of envelop see the subscription.
 *
 * @param subscribeByYoga yoga's function, which its plugins may have wrapped
 * @param show returns a result as the client may read it; applied to each event
 */
export async function subscribe(
  { context }: AdmittedSubscription,
  args: ExecutionArgs,
  subscribeByYoga: (args: ExecutionArgs) => Promise<Results> | Results,
  show: (result: ExecutionResult) => ExecutionResult,
): Promise<Results> {
  const results = await subscribeByYoga({ ...args, contextValue: context });
  return isAsyncIterable(results) ? mapAsyncIterator(results, show) : show(results);
}
