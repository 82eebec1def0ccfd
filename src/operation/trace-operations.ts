import type { Tracing } from "../telemetry/tracing.ts";
import type { OperationExecutor } from "./execute-operation.ts";

/** Returns an executor that records a span for each operation. */
export function traceOperations(
  execute: OperationExecutor,
  { startOperation }: Pick<Tracing, "startOperation">,
): OperationExecutor {
  return (request, onResponse) => {
    const { record, caller } = request;
    const span = startOperation(record);
    span.run(() =>
      execute(request, (response) => {
        span.end(caller.role, response.result.errors?.[0]?.code ?? null);
        onResponse(response);
      }),
    );
  };
}
