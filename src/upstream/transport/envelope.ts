import type { IncomingHttpHeaders } from "node:http";
import { ShapeError } from "./decode.ts";
import type { ResponseFormat, UpstreamResponse } from "./http-types.ts";
import { parseExact } from "./json.ts";

/** Reasons of one refusal that are passed on. No call has more fields. */
const MAX_REASONS = 30;

/** The envelope `{status, data}` of the streaming APIs. */
export const streamingFormat: ResponseFormat = {
  dataOf: envelopeData,
  reasonsOf: failReasons,
  unauthorized: "The platform refused the gateway's API secret.",
};

/** Returns the content type; empty when there is none. */
export function contentType(headers: IncomingHttpHeaders): string {
  return headers["content-type"] ?? "";
}

export function isJson(type: string): boolean {
  return type === "application/json" || /^application\/json\b/i.test(type);
}

function envelopeData({ type, body }: UpstreamResponse, mayBeBare: boolean): unknown {
  if (!isJson(type)) throw new ShapeError("content type", "application/json");
  const envelope = parseExact(body);
  if (mayBeBare && typeof envelope === "object" && envelope !== null && !("status" in envelope)) return envelope;
  if (typeof envelope !== "object" || envelope === null || !("status" in envelope) || envelope.status !== "success") {
    throw new ShapeError("status", "success");
  }
  return "data" in envelope ? envelope.data : undefined;
}

/** Returns the reasons of a `fail` envelope by field, from each form in which the platform sends it. */
function failReasons({ type, body }: UpstreamResponse): Record<string, string> | null {
  const envelope = isJson(type) ? parseObject(body) : null;
  if (!envelope) return null;
  const { data, message } = envelope;
  const fields = typeof data === "object" && data !== null ? { ...data } : { message: data ?? message ?? "" };
  const { errors, ...flat } = fields as { errors?: unknown };
  const all = { ...flat, ...(typeof errors === "object" && errors !== null ? errors : {}) };
  return Object.fromEntries(
    Object.entries(all)
      .slice(0, MAX_REASONS)
      .map(([field, reason]) => [field, reasonText(reason)]),
  );
}

/** Returns the object of a JSON text; null for any other text. */
export function parseObject(body: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" ? (value as Readonly<Record<string, unknown>> | null) : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function reasonText(reason: unknown): string {
  if (Array.isArray(reason)) return reason.map(reasonText).join(", ");
  return typeof reason === "object" ? JSON.stringify(reason) : String(reason);
}
