import type { ExecutionResult } from "graphql";
import type { Plugin } from "graphql-yoga";
import { budgetHeaders } from "../../limits/cost-budget.ts";
import type { OperationExecutor, OperationRequest, OperationResponse } from "../../operation/execute-operation.ts";
import type { Errors } from "../../operation/mask-error.ts";
import type { OperationParams } from "../../operation/operation-params.ts";
import { subscribe } from "../../operation/subscribe.ts";
import { toYogaResult } from "../response-body.ts";
import type { ServerContext } from "../server-context.ts";

/**
 * Executes the operations that yoga has read by the gateway's own pipeline, so that yoga neither parses, validates nor executes
 * them. A subscription is limited and charged by the pipeline, and then subscribed to by yoga.
 *
 * @param clock time by which the budget is reset
 */
export function useOperations(
  operations: OperationExecutor,
  errors: Pick<Errors, "showFirst">,
  clock: () => number,
): Plugin<object, ServerContext> {
  return {
    async onParams({ params, request, context, setResult }) {
      const server = context as unknown as ServerContext;
      const { caller, address = null, record } = server;
      // useAuthentication has rejected every other request.
      if (!caller) throw new Error("a request reached the graph without a caller");
      const operation: OperationRequest = {
        params: params as OperationParams,
        caller,
        address,
        signal: () => request.signal,
        isCancelled: () => request.signal.aborted,
        mayChange: request.method === "POST",
        acceptsStream: /\btext\/event-stream\b/.test(request.headers.get("accept") ?? ""),
        record,
      };
      const response = await new Promise<OperationResponse>((resolve) => operations(operation, resolve));
      server.cost = response.cost;
      if (response.subscription) server.subscription = response.subscription;
      else setResult(toYogaResult(response.result));
    },
    onParse({ context, setParsedDocument }) {
      const { subscription } = context as unknown as ServerContext;
      if (subscription) setParsedDocument(subscription.document);
    },
    onValidate({ context, setResult }) {
      if ((context as unknown as ServerContext).subscription) setResult([]);
    },
    onSubscribe({ args, subscribeFn, setSubscribeFn }) {
      const { subscription, caller } = args.contextValue as unknown as ServerContext;
      if (!subscription) return;
      const show = ({ data, errors: failures }: ExecutionResult) =>
        toYogaResult({
          ...(failures && { errors: errors.showFirst(failures, failures.length, caller?.role === "PARTNER") }),
          ...(data !== undefined && { data: JSON.stringify(data) }),
        });
      setSubscribeFn((subscribeArgs) => subscribe(subscription, subscribeArgs, subscribeFn, show));
    },
    onResponse({ response, serverContext: { cost } }) {
      if (!cost) return;
      for (const [name, value] of Object.entries(budgetHeaders(cost, clock()))) response.headers.set(name, value);
    },
  };
}
