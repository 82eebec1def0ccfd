import { pipeline, type Readable } from "node:stream";
import { constants, createBrotliCompress, createGzip } from "node:zlib";
import type { GraphContext, RequestFacts } from "../../context.ts";
import type { CostBudget } from "../../limits/cost-budget.ts";
import { type ExportSlots, MAX_EXPORTS_PER_CALLER } from "../../limits/export-slots.ts";
import type { ErrorCode } from "../../model/errors.ts";
import { chargeBudget } from "../../operation/execute-operation.ts";
import type { Errors } from "../../operation/mask-error.ts";
import { OVERLOADED, requestError } from "../../operation/request-error.ts";
import type { Clock } from "../../primitives/clock.ts";
import { negotiateEncoding } from "../content-negotiation.ts";
import type { RequestHead } from "../http-message.ts";
import { createExportBody, type ExportEnd, textOf } from "./export-body.ts";
import { type ExportFormatName, exportFormats } from "./export-format.ts";
import type { ExportPlan } from "./export-plan.ts";
import { planUsageExport } from "./usage-export.ts";
import { planViewerExport } from "./viewer-export.ts";

/** Exports by the name of their file, without its extension. */
const plans = { usage: planUsageExport, "viewer-records": planViewerExport } as const;

/** A file that can be exported. */
export interface ExportFile {
  readonly kind: keyof typeof plans;
  readonly format: ExportFormatName;
}

/** Paths of all exports. */
export const exportPaths = Object.keys(plans).flatMap((kind) =>
  Object.keys(exportFormats).map((format) => `/exports/${kind}.${format}`),
);

/** Returns the file of a path; null for any other path. */
export function exportFileOf(path: string): ExportFile | null {
  if (!exportPaths.includes(path)) return null;
  const [kind, format] = path.slice("/exports/".length).split(".");
  return { kind, format } as ExportFile;
}

/** A request for an export, and its caller. */
export interface ExportRequest extends RequestFacts {
  readonly head: RequestHead;
  readonly file: ExportFile;
  readonly search: URLSearchParams;
}

/** An export that has begun. */
export interface StartedExport {
  readonly headers: Readonly<Record<string, string>>;
  /** Null for a request of the head alone. */
  readonly body: Readable | null;
  /** How the export ends; null without a body. */
  readonly end: Promise<ExportEnd> | null;
}

/** Response to an export that cannot begin. */
export interface ExportFailure {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly code: ErrorCode;
}

export interface ExportOptions {
  readonly createContext: (facts: RequestFacts) => GraphContext;
  readonly budget: CostBudget;
  readonly clock: Clock;
  readonly errors: Pick<Errors, "show">;
  readonly slots: ExportSlots;
  /** Time after which a client that receives nothing is disconnected, in milliseconds. */
  readonly stalledMs: number;
}

/** Exports of usage and viewer records: see docs/exports.md. */
export interface Exports {
  /** Checks, charges and begins an export: its first rows have been read. `onCharged` is called with the cost before that. */
  start(
    request: Omit<ExportRequest, "cost">,
    onCharged: (cost: RequestFacts["cost"], points: number) => void,
  ): Promise<StartedExport>;
  /** Returns the response to an error that {@link start} has thrown. */
  failure(error: unknown, isForPartner: boolean): ExportFailure;
  /** Ends all exports. */
  close(): Promise<void>;
}

/** Seconds after which a caller tries again whose exports are all running. */
const RETRY_AFTER_SECONDS = "10";
/** Levels that are fast, and a window that keeps the memory of a compression below a megabyte. */
const BROTLI = { [constants.BROTLI_PARAM_QUALITY]: 3, [constants.BROTLI_PARAM_LGWIN]: 18 };
const GZIP_LEVEL = 4;

/** Statuses of errors that have none of their own; 400 for all others. */
const statuses: Partial<Record<ErrorCode, number>> = {
  NOT_FOUND: 404,
  FORBIDDEN: 403,
  PARTNER_NOT_ACTIVE: 403,
  STORE_UNAVAILABLE: 503,
  UPSTREAM_TIMEOUT: 503,
  UPSTREAM_UNAVAILABLE: 503,
  UPSTREAM_RATE_LIMITED: 503,
  UPSTREAM_BAD_RESPONSE: 502,
  UPSTREAM_REJECTED: 502,
  UPSTREAM_UNAUTHORIZED: 502,
  INTERNAL_SERVER_ERROR: 500,
};

export function createExports(options: ExportOptions): Exports {
  const { createContext, budget, clock, errors, slots, stalledMs } = options;
  const running = new Map<Readable, Promise<ExportEnd>>();

  const takeSlot = (callerId: string) => {
    const free = slots.take(callerId);
    if (free === "GATEWAY") throw requestError("OVERLOADED", OVERLOADED.message, OVERLOADED.http);
    if (free === "CALLER") {
      const message = `Exports of one caller that run at once must be at most ${MAX_EXPORTS_PER_CALLER}; got another one.`;
      const headers = { "retry-after": RETRY_AFTER_SECONDS };
      throw requestError("LIMIT_EXCEEDED", message, { status: 429, headers }, { max: MAX_EXPORTS_PER_CALLER });
    }
    return free;
  };

  const begin = async (plan: ExportPlan, format: ExportFormatName, callerId: string) => {
    const free = takeSlot(callerId);
    const pieces = textOf(plan, exportFormats[format]);
    try {
      const first = await pieces.next();
      let finish: (end: ExportEnd) => void = () => undefined;
      const end = new Promise<ExportEnd>((resolve) => {
        finish = resolve;
      });
      const body = createExportBody(first, pieces, stalledMs, (how) => {
        free();
        running.delete(body);
        finish(how);
      });
      running.set(body, end);
      return { body, end };
    } catch (error) {
      free();
      throw error;
    }
  };

  return {
    start: async ({ head, file, search, ...facts }, onCharged) => {
      // The plan decides the price, and reads no more than what names the subject.
      const free = { requested: 0, limit: 0, remaining: 0, resetAt: 0 };
      const plan = await plans[file.kind](search, createContext({ ...facts, cost: free }));
      const { cost, refusal } = await chargeBudget(plan.points, facts.caller, budget, clock);
      onCharged(cost, refusal ? 0 : plan.points);
      if (refusal) throw refusal;
      const headers = {
        "content-type": exportFormats[file.format].contentType,
        "content-disposition": `attachment; filename="${plan.name}.${file.format}"`,
      };
      if (head.method === "HEAD") return { headers, body: null, end: null };
      const { body, end } = await begin(plan, file.format, facts.caller.principalId);
      const encoding = negotiateEncoding(head.header("accept-encoding"), ["br", "gzip"]);
      if (!encoding) {
        // The end of the export reports it.
        body.on("error", () => undefined);
        return { headers, body, end };
      }
      const compressor =
        encoding === "br" ? createBrotliCompress({ params: BROTLI }) : createGzip({ level: GZIP_LEVEL });
      pipeline(body, compressor, () => undefined);
      return { headers: { ...headers, "content-encoding": encoding }, body: compressor, end };
    },
    failure: (error, isForPartner) => {
      const { json, code, http } = errors.show(error, isForPartner);
      const status = http?.status ?? statuses[code as ErrorCode] ?? 400;
      return {
        status,
        headers: { "content-type": "application/json", ...http?.headers },
        body: `{"errors":[${json}]}`,
        code: code as ErrorCode,
      };
    },
    close: async () => {
      const ends = [...running.values()];
      for (const body of running.keys()) body.destroy();
      await Promise.all(ends);
    },
  };
}
