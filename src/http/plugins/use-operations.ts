import type { Plugin } from "graphql-yoga";
import { budgetHeaders } from "../../limits/cost-budget.ts";
import type { OperationExecutor, OperationRequest, OperationResponse } from "../../operation/execute-operation.ts";
import type { OperationParams } from "../request-body.ts";
import { toYogaResult } from "../response-body.ts";
import type { ServerContext } from "../server-context.ts";

/**
 * Lets our own pipeline answer what yoga has read, so that yoga neither parses, validates nor executes.
 *
 * @param clock the time by which the budget tells when it is full again
 */
export function useOperations(operations: OperationExecutor, clock: () => number): Plugin<object, ServerContext> {
  return {
    async onParams({ params, request, context, setResult }) {
      const server = context as unknown as ServerContext;
      const { caller, address = null, record } = server;
      // Nobody else comes this far.
      if (!caller) throw new Error("a request reached the graph without a caller");
      const asked: OperationRequest = {
        params: params as OperationParams,
        caller,
        address,
        signal: () => request.signal,
        isCancelled: () => request.signal.aborted,
        mayChange: request.method === "POST",
        record,
      };
      const { result, cost } = await new Promise<OperationResponse>((resolve) => operations(asked, resolve));
      server.cost = cost;
      setResult(toYogaResult(result));
    },
    onResponse({ response, serverContext: { cost } }) {
      if (!cost) return;
      for (const [name, value] of Object.entries(budgetHeaders(cost, clock()))) response.headers.set(name, value);
    },
  };
}
