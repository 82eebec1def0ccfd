import { requestLimits } from "../model/request-limits.ts";
import type { OperationParams } from "../operation/operation-params.ts";
import { requestError } from "../operation/request-error.ts";

/** The most bytes of a body, and characters of an address. */
export const { max: MAX_BODY_BYTES } = requestLimits.maxBodyBytes;

/** @throws Refusal when the headers tell of a body that is not read: JSON in UTF-8, neither compressed nor too large */
export function assertJson(header: (name: string) => string | null): void {
  const type = header("content-type") ?? "";
  if (type !== "application/json" && !isJsonInUtf8(type)) {
    throw badRequest(415, "The content type of a request is application/json, in UTF-8.", {
      accept: "application/json",
    });
  }
  if (!/^(identity)?$/i.test(header("content-encoding") ?? "")) {
    throw badRequest(415, "The body of a request is not compressed.", { "accept-encoding": "identity" });
  }
  const length = header("content-length") ?? "0";
  if (!/^\d+$/.test(length)) throw badRequest(400, "The header Content-Length is no number.");
  if (Number(length) > MAX_BODY_BYTES) throw payloadTooLarge();
}

function isJsonInUtf8(contentType: string): boolean {
  const [type, ...parameters] = contentType.split(";").map((part) => part.trim().toLowerCase());
  return type === "application/json" && parameters.every((parameter) => /^(charset="?utf-8"?)?$/.test(parameter));
}

/** The bytes of a body, counted while they come. */
export interface BodyCollector {
  /** Keeps a chunk, unless it makes the body too large: then it gives false. */
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

/** What a body asks for. @throws Refusal when it is no request */
export function parseBodyParams(bytes: Uint8Array): OperationParams {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw badRequest(400, "The body is not UTF-8.");
  }
  return params(parsedJson(text, "The body"));
}

/** What an address asks for. @throws Refusal when it is no request */
export function parseQueryParams(url: string): OperationParams {
  const search = url.slice(url.indexOf("?") + 1 || url.length).replace(/#.*$/s, "");
  try {
    // URLSearchParams would replace what is no UTF-8.
    decodeURIComponent(search);
  } catch {
    throw badRequest(400, "The address is not percent-encoded UTF-8.");
  }
  const parameters = new URLSearchParams(search);
  const json = (name: string) => {
    const text = parameters.get(name);
    return text ? parsedJson(text, `The parameter ${name}`) : undefined;
  };
  return params({
    query: parameters.get("query") ?? "",
    operationName: parameters.get("operationName") || undefined,
    variables: json("variables"),
    extensions: json("extensions"),
  });
}

/** The message of the parser is left out: it quotes what it could not read. */
function parsedJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest(400, `${what} is not JSON.`);
  }
}

function params(value: unknown): OperationParams {
  if (Array.isArray(value)) throw badRequest(400, "One request holds one operation: batches are not taken.");
  const { query, operationName, variables, extensions, ...rest } = (isObject(value) ? value : {}) as Values;
  if (typeof query !== "string" || query === "") {
    throw badRequest(400, "A request holds a document, as the text `query`.");
  }
  if (operationName != null && typeof operationName !== "string") throw badRequest(400, "`operationName` is a text.");
  if (variables != null && !isObject(variables)) throw badRequest(400, "`variables` is an object.");
  if (extensions != null && !isObject(extensions)) throw badRequest(400, "`extensions` is an object.");
  if (Object.values(rest).some((each) => each != null)) {
    throw badRequest(400, "A request holds `query`, `operationName`, `variables` and `extensions`, and nothing else.");
  }
  return { query, operationName, variables };
}

type Values = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function payloadTooLarge() {
  return badRequest(413, `A request has at most ${MAX_BODY_BYTES} bytes.`);
}

export function bodyTruncated() {
  return badRequest(400, "The body ended early.");
}

function badRequest(status: number, message: string, headers: Record<string, string> = {}) {
  return requestError("BAD_REQUEST", message, { status, headers });
}
