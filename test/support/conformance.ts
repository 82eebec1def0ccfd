import { readdirSync, readFileSync } from "node:fs";
import { parse as parseCsv } from "csv-parse/sync";
import { type Document, OpenAPIValidator, type Operation } from "openapi-backend";
import { parse as parseYaml } from "yaml";
import { createSandbox, type Exchange, type Sandbox, type SandboxOptions } from "../../src/sandbox/sandbox.ts";

/**
 * Holds every exchange with the sandbox against the platform's OpenAPI documents, `schema/upstream/*.yaml`: the answers
 * against what the platform promises, and the requests that it accepted against what it asks for. So a test of the gateway
 * proves that the gateway talks to the real platform's contract, and a test of the sandbox that the sandbox keeps it.
 */
export interface Conformance {
  /** @returns what the exchange breaks, in words; empty when it conforms */
  check(exchange: Exchange): string[];
}

/** Documents are read and schemas compiled when first met, and kept for the life of the worker process. */
export function createConformance(): Conformance {
  return {
    check(exchange) {
      const { method, path } = exchange.request;
      if (method === "OPTIONS") return [];
      const declared = operationOf(method, path);
      const problems = declared
        ? [...responseProblems(declared, exchange), ...requestProblems(declared, exchange)]
        : ["no OpenAPI document knows this operation"];
      return problems.map((problem) => `${method} ${path} -> ${exchange.response.status}: ${problem}`);
    },
  };
}

/** A sandbox whose exchanges are checked against the OpenAPI documents. */
export interface ConformantSandbox extends Sandbox {
  /** Returns the violations so far. Disposing still throws for them. */
  violations(): readonly string[];
}

/**
 * A sandbox whose every exchange is checked. Closing or disposing of it throws an Error that lists the violations, so a
 * test needs no assertion of its own: `await using sandbox = await createConformantSandbox({ frozen: true })`.
 */
export async function createConformantSandbox(options: SandboxOptions = {}): Promise<ConformantSandbox> {
  const conformance = createConformance();
  const violations = new Set<string>();
  const sandbox = await createSandbox({
    ...options,
    onExchange(exchange) {
      for (const violation of conformance.check(exchange)) violations.add(violation);
      options.onExchange?.(exchange);
    },
  });
  async function close(): Promise<void> {
    await sandbox.close();
    if (violations.size > 0) throw new Error(`The OpenAPI documents were broken:\n${[...violations].join("\n")}`);
  }
  return { ...sandbox, close, violations: () => [...violations], [Symbol.asyncDispose]: close };
}

interface DeclaredOperation {
  readonly method: string;
  matches(path: string): boolean;
  readonly operation: Operation;
  readonly validator: OpenAPIValidator;
  /** Media types by status or `default`. */
  readonly responses: ReadonlyMap<string, readonly string[]>;
}

const DOCUMENTS = new URL("../../schema/upstream/", import.meta.url);

/** One document, of which only the paths are looked at until one of them is called. */
interface UpstreamDocument {
  mentions(path: string): boolean;
  readonly text: string;
  operations?: readonly DeclaredOperation[];
}

let documents: readonly UpstreamDocument[] | undefined;

function operationOf(method: string, path: string): DeclaredOperation | undefined {
  documents ??= readdirSync(DOCUMENTS)
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => {
      const text = readFileSync(new URL(file, DOCUMENTS), "utf8");
      const matchers = [...text.matchAll(/^ {2}(\/[^:\s]+):/gm)].map(([, template = ""]) => pathMatcher(template));
      return { text, mentions: (path) => matchers.some((matches) => matches(path)) };
    });
  for (const document of documents) {
    if (!document.mentions(path)) continue;
    document.operations ??= declaredIn(document.text);
    const declared = document.operations.find((candidate) => candidate.method === method && candidate.matches(path));
    if (declared) return declared;
  }
  return undefined;
}

function declaredIn(text: string): readonly DeclaredOperation[] {
  const validator = new OpenAPIValidator({
    definition: prepared(parseYaml(text)),
    lazyCompileValidators: true,
    ajvOpts: { strict: false, allErrors: true },
    customizeAjv: (ajv) => {
      for (const [name, isValid] of Object.entries(FORMATS)) ajv.addFormat(name, isValid);
      return ajv;
    },
  });
  const declared = validator.router.getOperations().map(
    (operation): DeclaredOperation => ({
      method: operation.method.toUpperCase(),
      matches: pathMatcher(operation.path),
      operation,
      validator,
      responses: mediaTypesOf(operation),
    }),
  );
  // `/list` before `/{tokenId}`: the document's literal path is the better match.
  return declared.sort((a, b) => placeholders(a.operation.path) - placeholders(b.operation.path));
}

const placeholders = (path: string): number => path.split("{").length;

function pathMatcher(template: string): (path: string) => boolean {
  const parts = template.split("/");
  return (path) => {
    const actual = path.replace(/(?<=.)\/$/, "").split("/");
    return actual.length === parts.length && parts.every((part, at) => part.startsWith("{") || part === actual[at]);
  };
}

function mediaTypesOf(operation: Operation): ReadonlyMap<string, readonly string[]> {
  return new Map(
    Object.entries(operation.responses ?? {}).map(([status, response]) => [
      status,
      (response as { "x-media-types"?: string[] })["x-media-types"] ?? [],
    ]),
  );
}

// ---- answers

function responseProblems(declared: DeclaredOperation, exchange: Exchange): string[] {
  const { status, headers } = exchange.response;
  const problems: string[] = [];
  if (exchange.operationId !== declared.operation.operationId) {
    problems.push(
      `the sandbox took it for ${exchange.operationId}, the document for ${declared.operation.operationId}`,
    );
  }
  const mediaType = headers["content-type"]?.split(";")[0] ?? "";
  const parsed = bodyOf(exchange, mediaType);
  if (parsed === "unreadable") return [...problems, `the body is not ${mediaType}`];

  const mediaTypes = declared.responses.get(String(status)) ?? declared.responses.get("default");
  if (mayFailAnyhow(declared, status)) {
    const isEnvelope = mediaType === "application/json" && isFailure(parsed.body);
    if (isEnvelope) return problems;
  }
  if (!mediaTypes) return [...problems, `the document declares no status ${status}`];
  if (mediaTypes.length === 0) {
    if (exchange.response.body !== "") problems.push("there is a body, and the document declares none");
    return problems;
  }
  if (!mediaTypes.includes(mediaType)) {
    problems.push(`the content type is ${mediaType}, the document declares ${mediaTypes.join(", ")}`);
  }
  if (!parsed.isWhole || !CHECKED_BY_SCHEMA.includes(mediaType)) return problems;
  const { errors } = declared.validator.validateResponse(parsed.body, declared.operation, status);
  return [...problems, ...wordsFor("the body", errors)];
}

const CHECKED_BY_SCHEMA = ["application/json", "application/x-jsonl", "text/csv"];

/**
 * Where a document is silent about failures, the platform's general envelopes stand: in operations that declare none at
 * all (viewer records), and for a 400 in those that leave it to `default` (deleting a token).
 */
function mayFailAnyhow({ responses }: DeclaredOperation, status: number): boolean {
  if (status < 400 || responses.has(String(status))) return false;
  return responses.has("default") ? status === 400 : [...responses.keys()].every((code) => code.startsWith("2"));
}

function isFailure(body: unknown): boolean {
  const envelope = body as { status?: unknown; data?: unknown; message?: unknown } | null;
  return (
    (envelope?.status === "fail" && envelope.data !== undefined) ||
    (envelope?.status === "error" && typeof envelope.message === "string")
  );
}

/** Parsed as its media type says; streamed rows as one array. */
function bodyOf({ response }: Exchange, mediaType: string): { body: unknown; isWhole: boolean } | "unreadable" {
  const isWhole = !response.truncated;
  // A body that was too long to record is checked up to its last complete row.
  const text = isWhole ? response.body : response.body.slice(0, response.body.lastIndexOf("\n") + 1);
  try {
    switch (mediaType) {
      case "application/json":
        return { body: isWhole ? JSON.parse(text) : undefined, isWhole };
      case "application/x-jsonl":
        return {
          body: text
            .split("\n")
            .filter(Boolean)
            .map((line) => JSON.parse(line)),
          isWhole: true,
        };
      case "text/csv":
        return { body: rowsOfCsv(text), isWhole: true };
      default:
        return { body: text, isWhole };
    }
  } catch {
    return "unreadable";
  }
}

const NUMBERS_IN_CSV = ["duration", "bytes", "recordId", "previousRecordId"];

/** CSV rows as the JSON that they stand for: camelCase names, numbers as numbers, empty fields as null. */
function rowsOfCsv(text: string): unknown {
  return parseCsv(text, {
    columns: (header: string[]) => header.map((name) => name.charAt(0).toLowerCase() + name.slice(1)),
    cast: (value, { column, header }) => {
      if (header) return value;
      if (value === "") return null;
      return NUMBERS_IN_CSV.includes(String(column)) ? Number(value) : value;
    },
  });
}

// ---- requests

/** Only of requests that the sandbox took: one that it refused may be as wrong as it likes. */
function requestProblems({ validator, operation }: DeclaredOperation, { request, response }: Exchange): string[] {
  if (response.status >= 300) return [];
  const { method, path, headers } = request;
  const query: Record<string, string[]> = {};
  for (const [name, value] of new URLSearchParams(request.query)) query[name] = [...(query[name] ?? []), value];
  const single = Object.entries(query).map(([name, values]) => [
    name,
    values.length === 1 ? (values[0] ?? "") : values,
  ]);
  // The token in WHIP's one-line form is in the vendor's guide and not in the document.
  const documented = Object.fromEntries(single.filter(([name]) => name !== "auth"));
  const body = requestBodyOf(request.body, headers["content-type"] ?? "");
  const { errors } = validator.validateRequest(
    { method, path, query: documented, headers: { ...headers }, body },
    operation,
  );
  return wordsFor("the request", errors);
}

function requestBodyOf(body: string, contentType: string): unknown {
  if (body === "") return undefined;
  if (contentType.startsWith("application/json")) return JSON.parse(body);
  if (!contentType.startsWith("application/x-www-form-urlencoded")) return body;
  // A form knows only text; digits stand for a number, as they do in a query.
  const fields = [...new URLSearchParams(body)];
  return Object.fromEntries(fields.map(([name, text]) => [name, /^\d+$/.test(text) ? Number(text) : text]));
}

function wordsFor(
  subject: string,
  errors: readonly { instancePath?: string; message?: string | undefined; params?: unknown }[] | null | undefined,
): string[] {
  return (errors ?? []).map(
    ({ instancePath, message, params }) => `${subject}${instancePath ?? ""} ${message} ${JSON.stringify(params)}`,
  );
}

// ---- documents

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** Ajv knows no formats of its own; these are the ones that say more than their type. */
const FORMATS: Readonly<Record<string, RegExp | { type: "number"; validate(value: number): boolean } | true>> = {
  // The description of every such parameter takes an ISO 8601 instant as well.
  date: new RegExp(`${DATE.source}|${INSTANT.source}`),
  "date-time": INSTANT,
  uint64: { type: "number", validate: (value) => value >= 0 && value < 2 ** 64 },
  int64: { type: "number", validate: (value) => value >= -(2 ** 63) && value < 2 ** 63 },
  decimal: true,
};

type Node = { [key: string]: unknown };
const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && !Array.isArray(value);

/** A document made fit for ajv: references resolved, and what it says loosely said exactly. */
function prepared(source: unknown): Document {
  const resolve = (pointer: string): unknown =>
    pointer
      .slice(2)
      .split("/")
      .reduce<unknown>((node, part) => (isNode(node) ? node[part] : undefined), source);

  function copy(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(copy);
    if (!isNode(value)) return value;
    if (typeof value["$ref"] === "string") return copy(resolve(value["$ref"]));
    return withExactNull(Object.fromEntries(Object.entries(value).map(([key, child]) => [key, copy(child)])));
  }

  const document = copy(source) as Node;
  for (const [path, operations] of nodesOf(document["paths"])) {
    for (const [, operation] of nodesOf(operations)) {
      for (const [, response] of nodesOf(operation["responses"])) describeMediaTypes(response);
      if (path.startsWith("/api/director/")) openRequestBody(operation);
      if (path.endsWith("/records/viewers")) allowNullTrackingIds(operation);
    }
  }
  return document as unknown as Document;
}

function nodesOf(value: unknown): [string, Node][] {
  return isNode(value) ? Object.entries(value).filter((entry): entry is [string, Node] => isNode(entry[1])) : [];
}

/** `nullable` beside `oneOf` means null or one of them, beside no type anything; ajv wants neither said that way. */
function withExactNull(schema: Node): Node {
  if (schema["nullable"] !== true || schema["type"] !== undefined) return schema;
  const { nullable: _, oneOf, ...rest } = schema;
  return Array.isArray(oneOf) ? { ...rest, anyOf: [...oneOf, { type: "null" }] } : rest;
}

/**
 * The validator only looks at `application/json`: rows sent as JSON Lines or CSV are checked under that name, as the
 * array that their schema speaks of. The real media types are kept aside.
 */
function describeMediaTypes(response: Node): void {
  const content = isNode(response["content"]) ? response["content"] : {};
  response["x-media-types"] = Object.keys(content);
  const rows = content["application/x-jsonl"];
  if (rows !== undefined) response["content"] = { ...content, "application/json": rows };
}

/** The web SDK sends more than the document allows (`streamType`), and the platform takes it. */
function openRequestBody(operation: Node): void {
  const schema = requestSchemaOf(operation);
  if (schema) delete schema["additionalProperties"];
}

/** The description speaks of a null entry for untracked viewers, the schema forgets it. */
function allowNullTrackingIds(operation: Node): void {
  const properties = requestSchemaOf(operation)?.["properties"];
  const trackingIds = isNode(properties) ? properties["trackingIds"] : undefined;
  if (isNode(trackingIds)) trackingIds["items"] = { type: "string", nullable: true };
}

function requestSchemaOf(operation: Node): Node | undefined {
  const path = ["requestBody", "content", "application/json", "schema"];
  const schema = path.reduce<unknown>((node, key) => (isNode(node) ? node[key] : undefined), operation);
  return isNode(schema) ? schema : undefined;
}
