import type { Context, Span, TextMapGetter } from "@opentelemetry/api";
import type { OperationExecutor, OperationResponse } from "../operation/execute-operation.ts";
import type { CallReport } from "../upstream/transport/http-client.ts";
import { createOperationNames } from "./operation-names.ts";
import type { RequestRecord } from "./request-record.ts";

/**
 * Spans of OpenTelemetry: a request, the operation in it, and the calls to the platform that the operation makes. They hold no
 * argument, no name of a stream or partner, and no secret. Who exports them is the user's own SDK, which the process loads
 * before the gateway; without one nothing becomes of them.
 */
export interface Tracing {
  /** @param header of the request: a trace that it names goes on in ours */
  requestBegan(record: RequestRecord, header: (name: string) => string | null): void;
  requestEnded(record: RequestRecord, status: number): void;
  /** The same, with a span for each operation, under which its calls to the platform stand. */
  operations(operations: OperationExecutor): OperationExecutor;
  /** The same work, to be done later within the span that is active now. */
  bind<Work extends (...given: never[]) => void>(work: Work): Work;
  /** A call to the platform has ended. */
  called(report: CallReport): void;
}

type Api = typeof import("@opentelemetry/api");

/** Names of operations that spans are called by; others share one. */
const MAX_NAMES = 200;

/** Loads the API, which comes with every SDK. @throws Error when it is not installed */
export async function createTracing(): Promise<Tracing> {
  return createOtelTracing(await import("@opentelemetry/api"));
}

const headers: TextMapGetter<(name: string) => string | null> = {
  get: (header, name) => header(name.toLowerCase()) ?? undefined,
  keys: () => [],
};

export function createOtelTracing({
  trace,
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
}: Api): Tracing {
  const tracer = trace.getTracer("syndigraph");
  const nameOf = createOperationNames(MAX_NAMES);
  const requests = new WeakMap<RequestRecord, { readonly span: Span; readonly within: Context }>();

  return {
    requestBegan: (record, header) => {
      const parent = propagation.extract(ROOT_CONTEXT, header, headers);
      const span = tracer.startSpan(
        "/graphql",
        { kind: SpanKind.SERVER, attributes: { "url.path": "/graphql", "syndigraph.request_id": record.requestId } },
        parent,
      );
      requests.set(record, { span, within: trace.setSpan(parent, span) });
    },
    requestEnded: (record, status) => {
      const span = requests.get(record)?.span;
      span?.setAttribute("http.response.status_code", status);
      if (status >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
      span?.end();
    },
    operations: (operations) => (request, answered) => {
      const { record, caller } = request;
      const within = (record && requests.get(record)?.within) ?? ROOT_CONTEXT;
      const span = tracer.startSpan("operation", {}, within);
      const ended = (answer: OperationResponse) => {
        const [error] = answer.result.errors ?? [];
        const name = record?.asked ? nameOf(record.asked.name) : "none";
        const kind = record?.asked?.kind ?? "none";
        span.updateName(`${kind} ${name}`);
        span.setAttributes({
          "graphql.operation.name": name,
          "graphql.operation.type": kind,
          "syndigraph.caller.role": caller.role,
          "syndigraph.cost": record?.points ?? 0,
          "syndigraph.upstream_calls": record?.upstreamCalls ?? 0,
          "syndigraph.outcome": error ? error.code : "ok",
        });
        span.end();
        answered(answer);
      };
      context.with(trace.setSpan(within, span), () => operations(request, ended));
    },
    bind: (work) => context.bind(context.active(), work),
    called: ({ operation, durationMs, tries, failure, names }) => {
      const now = Date.now();
      const span = tracer.startSpan(
        operation,
        {
          kind: SpanKind.CLIENT,
          startTime: now - durationMs,
          attributes: {
            "syndigraph.upstream.tries": tries,
            "syndigraph.upstream.outcome": failure ?? "ok",
            ...(names !== null && { "syndigraph.upstream.names": names }),
          },
        },
        context.active(),
      );
      if (failure) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end(now);
    },
  };
}
