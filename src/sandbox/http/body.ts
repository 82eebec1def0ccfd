import type { IncomingMessage } from "node:http";
import type { z } from "zod";
import { error, type FieldErrors, invalid, ResponseError } from "./response.ts";

const MAX_BODY_BYTES = 1_000_000;

/** Reads a request body as text. @returns undefined if it is larger than a megabyte */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    // Read on and discard: a client that is still sending would not see a response.
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return size > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks).toString("utf8");
}

/**
 * Parses a JSON body.
 *
 * @throws ResponseError with `Unsupported Media Type` for any content type but JSON, with validation errors for an
 * empty body or one that is not JSON
 */
export function parseJsonBody(mediaType: string, body: string): unknown {
  if (mediaType !== "application/json") throw new ResponseError(error(415, "Unsupported Media Type"));
  if (body.trim() === "") throw invalid({ "": ["A non-empty request body is required."] });
  try {
    return JSON.parse(body);
  } catch {
    throw invalid({ "": ["The request body is not valid JSON."] });
  }
}

/**
 * Takes from a body what its schema names; unknown properties are dropped, as the platform does.
 *
 * @throws ResponseError with a message for each bad field
 */
export function validated<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw invalid(fieldErrorsOf(parsed.error));
}

/** Returns the messages of each field, by its path: `streams[0].streamName`. */
export function fieldErrorsOf(problem: z.ZodError): FieldErrors {
  const errors: Record<string, string[]> = {};
  for (const issue of problem.issues) {
    const field = issue.path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
    const name = field.replace(/^\./, "");
    errors[name] = [...(errors[name] ?? []), issue.message];
  }
  return errors;
}
