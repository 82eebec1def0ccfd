import type { Context, Span, TextMapGetter } from "@opentelemetry/api";
import type { CallReport } from "../upstream/transport/http-types.ts";
import { createOperationNames } from "./operation-names.ts";
import type { RequestRecord } from "./request-record.ts";

/**
 * OpenTelemetry spans of requests, their operations, and the calls to the platform that an operation makes. They hold no argument,
 * no name of a stream or partner, and no secret. The user's own SDK, loaded before the gateway, exports them; without one they
 * are dropped.
 */
export interface Tracing {
  /** @param header returns a header of the request: a trace that the client names is continued */
  startRequest(record: RequestRecord, header: (name: string) => string | null): void;
  endRequest(record: RequestRecord, status: number): void;
  /** Starts the span of an operation, within that of its request. */
  startOperation(record: RequestRecord | undefined): OperationSpan;
  /** Returns the same work, to be done later within the span that is active now. */
  bind<Work extends (...given: never[]) => void>(work: Work): Work;
  /** Adds the span of a call to the platform that has ended. */
  recordCall(report: CallReport): void;
}

export interface OperationSpan {
  /** Runs work within the span: its calls to the platform are children of the operation. */
  run(work: () => void): void;
  /** @param failure code of the first error; null for a response without errors */
  end(callerRole: string, failure: string | null): void;
}

type Api = typeof import("@opentelemetry/api");

/** Operation names that spans are named by; all others share one. */
const MAX_OPERATION_NAMES = 200;

/**
 * Loads the OpenTelemetry API, which comes with every SDK.
 *
 * @throws Error when it is not installed
 */
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
  const nameOf = createOperationNames(MAX_OPERATION_NAMES);
  const requests = new WeakMap<RequestRecord, { readonly span: Span; readonly within: Context }>();

  return {
    startRequest: (record, header) => {
      const parent = propagation.extract(ROOT_CONTEXT, header, headers);
      const span = tracer.startSpan(
        "/graphql",
        { kind: SpanKind.SERVER, attributes: { "url.path": "/graphql", "syndigraph.request_id": record.requestId } },
        parent,
      );
      requests.set(record, { span, within: trace.setSpan(parent, span) });
    },
    endRequest: (record, status) => {
      const span = requests.get(record)?.span;
      span?.setAttribute("http.response.status_code", status);
      if (status >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
      span?.end();
    },
    startOperation: (record) => {
      const within = (record && requests.get(record)?.within) ?? ROOT_CONTEXT;
      const span = tracer.startSpan("operation", {}, within);
      return {
        run: (work) => context.with(trace.setSpan(within, span), work),
        end: (callerRole, failure) => {
          const { operation = null, points = 0, upstreamCalls = 0 } = record ?? {};
          const name = operation ? nameOf(operation.name) : "none";
          const kind = operation?.kind ?? "none";
          span.updateName(`${kind} ${name}`);
          span.setAttributes({
            "graphql.operation.name": name,
            "graphql.operation.type": kind,
            "syndigraph.caller.role": callerRole,
            "syndigraph.cost": points,
            "syndigraph.upstream_calls": upstreamCalls,
            "syndigraph.outcome": failure ?? "ok",
          });
          span.end();
        },
      };
    },
    bind: (work) => context.bind(context.active(), work),
    recordCall: ({ operation, durationMs, attempts, failure, nameCount }) => {
      const now = Date.now();
      const span = tracer.startSpan(
        operation,
        {
          kind: SpanKind.CLIENT,
          startTime: now - durationMs,
          attributes: {
            "syndigraph.upstream.tries": attempts,
            "syndigraph.upstream.outcome": failure ?? "ok",
            ...(nameCount !== null && { "syndigraph.upstream.names": nameCount }),
          },
        },
        context.active(),
      );
      if (failure) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end(now);
    },
  };
}
