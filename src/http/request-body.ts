import { requestLimits } from "../model/request-limits.ts";
import type { OperationParams } from "../operation/operation-params.ts";
import { requestError } from "../operation/request-error.ts";

/** Largest body, in bytes, and longest URL, in characters. */
export const { max: MAX_BODY_BYTES } = requestLimits.maxBodyBytes;

/** Returns whether a request target is short enough to be read. */
export function isShort(target: string): boolean {
  return target.length <= MAX_BODY_BYTES;
}

/**
 * Checks the headers of a body.
 *
 * @throws RequestError unless they declare uncompressed JSON in UTF-8 that is not too large
 */
export function assertJson(header: (name: string) => string | null): void {
  const type = header("content-type") ?? "";
  if (type !== "application/json" && !isJsonInUtf8(type)) {
    throw badRequest(415, "The header Content-Type must be application/json, in UTF-8.", {
      accept: "application/json",
    });
  }
  if (!/^(identity)?$/i.test(header("content-encoding") ?? "")) {
    throw badRequest(415, "The body must not be compressed.", { "accept-encoding": "identity" });
  }
  const length = header("content-length") ?? "0";
  if (!/^\d+$/.test(length)) throw badRequest(400, "The header Content-Length must be a number.");
  if (Number(length) > MAX_BODY_BYTES) throw payloadTooLarge();
}

function isJsonInUtf8(contentType: string): boolean {
  const [type, ...parameters] = contentType.split(";").map((part) => part.trim().toLowerCase());
  return type === "application/json" && parameters.every((parameter) => /^(charset="?utf-8"?)?$/.test(parameter));
}

/** Collects the chunks of a body up to the limit. */
export interface BodyCollector {
  /** Adds a chunk; returns false if the body is too large. */
  take(chunk: Uint8Array): boolean;
  bytes(): Uint8Array;
}

export function createBodyCollector(): BodyCollector {
  const chunks: Uint8Array[] = [];
  let length = 0;
  return {
    take: (chunk) => {
      length += chunk.byteLength;
      if (length > MAX_BODY_BYTES) return false;
      chunks.push(chunk);
      return true;
    },
    bytes: () => (chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)),
  };
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Parses a body.
 *
 * @throws RequestError when it is not a GraphQL request
 */
export function parseBodyParams(bytes: Uint8Array): OperationParams {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw badRequest(400, "The body must be UTF-8.");
  }
  return params(parseJson(text, "The body"));
}

/**
 * Parses a URL.
 *
 * @throws RequestError when its query is not a GraphQL request
 */
export function parseQueryParams(url: string): OperationParams {
  const search = url.slice(url.indexOf("?") + 1 || url.length).replace(/#.*$/s, "");
  try {
    // URLSearchParams replaces invalid UTF-8 instead of failing.
    decodeURIComponent(search);
  } catch {
    throw badRequest(400, "The URL must be percent-encoded UTF-8.");
  }
  const parameters = new URLSearchParams(search);
  const json = (name: string) => {
    const text = parameters.get(name);
    return text ? parseJson(text, `The parameter ${name}`) : undefined;
  };
  return params({
    ...Object.fromEntries([...PERSISTED_ID_PARAMETERS].map((name) => [name, parameters.get(name)])),
    query: parameters.get("query") ?? "",
    operationName: parameters.get("operationName") || undefined,
    variables: json("variables"),
    extensions: json("extensions"),
  });
}

/** Parses JSON. The parser's message is omitted, since it quotes the text. */
function parseJson(text: string, subject: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest(400, `${subject} must be JSON.`);
  }
}

function params(value: unknown): OperationParams {
  if (Array.isArray(value)) throw badRequest(400, "The body must be one object: batches are not supported.");
  const { query, operationName, variables, extensions, ...rest } = (isObject(value) ? value : {}) as Values;
  if (typeof query !== "string" || query === "") {
    if (!query && namesPersistedDocument(extensions, rest)) throw persistedQueryNotSupported();
    throw badRequest(400, "`query` must be a document, as a string.");
  }
  if (operationName != null && typeof operationName !== "string")
    throw badRequest(400, "`operationName` must be a string.");
  if (variables != null && !isObject(variables)) throw badRequest(400, "`variables` must be an object.");
  if (extensions != null && !isObject(extensions)) throw badRequest(400, "`extensions` must be an object.");
  if (Object.entries(rest).some(([name, each]) => each != null && !PERSISTED_ID_PARAMETERS.has(name))) {
    throw badRequest(400, "The request must hold `query`, `operationName`, `variables` and `extensions` only.");
  }
  return { query, operationName, variables };
}

/** Parameters that name a persisted document: of Relay, of its older servers, and of the draft of GraphQL over HTTP. */
const PERSISTED_ID_PARAMETERS: ReadonlySet<string> = new Set(["id", "doc_id", "documentId"]);

function namesPersistedDocument(extensions: unknown, rest: Values): boolean {
  const hasHash = isObject(extensions) && extensions["persistedQuery"] != null;
  return hasHash || Object.entries(rest).some(([name, each]) => each != null && PERSISTED_ID_PARAMETERS.has(name));
}

/** Returns the error upon which Apollo Client and urql send the document. They compare the message, and need the status 200. */
function persistedQueryNotSupported() {
  return requestError("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported", { status: 200 });
}

type Values = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function payloadTooLarge() {
  return badRequest(413, `The request must be at most ${MAX_BODY_BYTES} bytes long.`);
}

export function bodyTruncated() {
  return badRequest(400, "The body ended before its declared length.");
}

function badRequest(status: number, message: string, headers: Record<string, string> = {}) {
  return requestError("BAD_REQUEST", message, { status, headers });
}
