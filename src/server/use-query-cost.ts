import type { DocumentNode, GraphQLSchema } from "graphql";
import type { Plugin } from "graphql-yoga";
import type { GraphContext } from "../context.ts";
import { requestLimits } from "../model/request-limits.ts";
import { BUDGET_SECONDS, type CostBudget } from "./cost-budget.ts";
import { queryCost, type RawVariables } from "./query-cost.ts";
import { refused } from "./refused.ts";
import type { ServerContext } from "./use-caller.ts";

/**
 * Counts what a query costs before it runs: refuses one that is dearer than any may be, or than what is left of its
 * caller's budget. Every answer tells the cost in `extensions.cost`, and the budget in its headers.
 *
 * @param clock the time by which the budget tells when it is full again
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-10
 */
export function useQueryCost(budget: CostBudget, clock: () => number): Plugin<GraphContext, ServerContext> {
  return {
    async onExecute({ args, extendContext }) {
      const { schema, document, operationName, variableValues, contextValue } = args;
      const { caller } = contextValue;
      const points = rememberedCost(schema, document, operationName, variableValues ?? {});
      const most = requestLimits.maxCost;
      if (points > most.max) {
        extendContext({ cost: await budget.look(caller, points) });
        const message = `The query would cost ${points} points, and one may cost ${most.max}: ask for fewer objects or shorter windows.`;
        throw refused(most.code, message, { status: 400 }, { cost: points, max: most.max });
      }
      const { isGranted, status } = await budget.charge(caller, points);
      extendContext({ cost: status });
      if (isGranted) return;
      const retryAfterSeconds = secondsUntil(status.resetAt, clock());
      throw refused(
        "THROTTLED",
        `The query costs ${points} points, and ${status.remaining} of ${status.limit} a minute are left.`,
        { status: 429, headers: { "retry-after": String(retryAfterSeconds) } },
        { cost: points, remaining: status.remaining, retryAfterSeconds },
      );
    },
    onExecutionResult({ result, setResult, context }) {
      const { cost } = context as Partial<GraphContext>;
      if (!cost || !result || Array.isArray(result) || Symbol.asyncIterator in result) return;
      const told = { ...cost, resetAt: new Date(cost.resetAt) };
      setResult({ ...result, extensions: { ...result.extensions, cost: told } });
    },
    onResponse({ response, serverContext }) {
      // Yoga makes the graph's context of this one.
      const { cost } = serverContext as Partial<GraphContext>;
      if (!cost) return;
      const { limit, remaining, resetAt } = cost;
      response.headers.set("ratelimit-policy", `"default";q=${limit};w=${BUDGET_SECONDS}`);
      response.headers.set("ratelimit", `"default";r=${remaining};t=${secondsUntil(resetAt, clock())}`);
    },
  };
}

const known = new WeakMap<DocumentNode, number>();

/** Documents are parsed once and asked often; one without variables, and with one operation, costs the same each time. */
function rememberedCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
  variables: RawVariables,
): number {
  const found = known.get(document);
  if (found !== undefined) return found;
  const cost = queryCost(schema, document, operationName, variables);
  const operations = document.definitions.filter((definition) => definition.kind === "OperationDefinition");
  const [operation] = operations;
  if (operations.length === 1 && operation?.variableDefinitions?.length === 0) known.set(document, cost);
  return cost;
}

function secondsUntil(instant: number, now: number): number {
  return Math.max(Math.ceil((instant - now) / 1000), 0);
}
