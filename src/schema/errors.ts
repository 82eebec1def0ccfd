import type { Caller } from "../auth/caller.ts";
import { seesAccount } from "../auth/scopes.ts";
import { ApplicationError, type ErrorCode, errorCodes, InvalidInputError, NotFoundError } from "../model/errors.ts";
import { RuleViolations } from "../model/partner/syndication.ts";
import { type Refusal, refusalCodes, type Warning, warningCodes } from "../model/token/viewer-token.ts";
import { UpstreamError } from "../upstream/upstream-error.ts";
import { builder } from "./builder.ts";
import { enumValues } from "./enum-values.ts";

export const ErrorCodeEnum = builder.enumType("ErrorCode", {
  description: "Machine-readable code of an error. `errors[].extensions.code` of every response uses the same codes.",
  values: enumValues(errorCodes),
});

const RefusalCodeEnum = builder.enumType("SigningRefusalCode", {
  description: "Rule that keeps a viewer token from being signed or admitted.",
  values: enumValues(refusalCodes),
});

const WarningCodeEnum = builder.enumType("SigningWarningCode", {
  description: "Warning about a valid viewer token.",
  values: enumValues(warningCodes),
});

/** A failure as a mutation's payload reports it. */
export interface UserErrorShape {
  readonly type:
    | "InvalidInputError"
    | "NotFoundError"
    | "ConflictError"
    | "RateLimitedError"
    | "UpstreamError"
    | "SigningRefusedError";
  readonly message: string;
  readonly code: ErrorCode;
  readonly path: readonly string[] | null;
  readonly error: ApplicationError | null;
  readonly refusal: Refusal | null;
}

export const UserError = builder.interfaceRef<UserErrorShape>("UserError").implement({
  description: "A failure that the caller of a mutation can act on.",
  resolveType: ({ type }) => type,
  fields: (t) => ({
    message: t.string({
      description: "Message for a person: the argument, the rule, and what was received.",
      resolve: ({ message, error }, _args, { caller }) =>
        error && !seesAccount(caller.role) ? error.faceForPartners.message : message,
    }),
    code: t.expose("code", { type: ErrorCodeEnum, description: "Stable, machine-readable code of this error." }),
    path: t.field({
      type: ["String"],
      nullable: true,
      description: "Path of the argument at fault, from `input` downwards; null if no argument is at fault.",
      resolve: ({ path }) => path && [...path],
    }),
  }),
});

builder.objectType(builder.objectRef<UserErrorShape>("InvalidInputError"), {
  name: "InvalidInputError",
  description: "An argument breaks a rule; `path` names the argument.",
  interfaces: [UserError],
});

builder.objectType(builder.objectRef<UserErrorShape>("NotFoundError"), {
  name: "NotFoundError",
  description: "An argument names an object that does not exist, or that the caller may not see.",
  interfaces: [UserError],
});

builder.objectType(builder.objectRef<UserErrorShape>("ConflictError"), {
  name: "ConflictError",
  description:
    "The state of the object, or an earlier request with the same idempotency key, does not allow the change.",
  interfaces: [UserError],
});

builder.objectType(builder.objectRef<UserErrorShape>("RateLimitedError"), {
  name: "RateLimitedError",
  description: "The operation is rate limited for one object, and was not carried out.",
  interfaces: [UserError],
  fields: (t) => ({
    retryAfter: t.field({
      type: "Duration",
      nullable: true,
      description: "Time to wait until the operation is possible again; null if unknown.",
      resolve: ({ error }) => retryAfter(error),
    }),
    retryAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "Time at which the operation is possible again; null if unknown.",
      resolve: ({ error }) => {
        const at = error?.facts["retryAt"];
        return typeof at === "string" ? new Date(at) : null;
      },
    }),
  }),
});

builder.objectType(builder.objectRef<UserErrorShape>("UpstreamError"), {
  name: "UpstreamError",
  description: "The platform refused the call, failed, or gave no usable response.",
  interfaces: [UserError],
  fields: (t) => ({
    upstreamStatus: t.int({
      nullable: true,
      description: "HTTP status of the platform's response; null if there was none.",
      resolve: ({ error }) => (error instanceof UpstreamError ? error.status : null),
    }),
    retryAfter: t.field({
      type: "Duration",
      nullable: true,
      description: "Time to wait before trying again; null if unknown.",
      resolve: ({ error }) => retryAfter(error),
    }),
  }),
});

builder.objectType(builder.objectRef<UserErrorShape>("SigningRefusedError"), {
  name: "SigningRefusedError",
  description:
    "A rule of viewer tokens would be broken, so nothing was signed. There is one error for each broken rule.",
  interfaces: [UserError],
  fields: (t) => ({
    refusal: t.field({
      type: RefusalCodeEnum,
      nullable: true,
      description: "Signing rule that would be broken; never null in this type.",
      resolve: ({ refusal }) => refusal?.code ?? null,
    }),
  }),
});

export const SigningWarning = builder.objectRef<Warning>("SigningWarning").implement({
  description: "Warning about a valid viewer token.",
  fields: (t) => ({
    code: t.expose("code", { type: WarningCodeEnum, description: "Stable, machine-readable code of the warning." }),
    message: t.exposeString("message", { description: "The warning in a sentence for a person." }),
  }),
});

/** Warnings that reveal the publish tokens of a stream. */
const warningsOfPublishing: readonly Warning["code"][] = ["STREAM_UNSECURED", "STREAM_CLUSTER_VARIES"];

/** Returns the warnings that a caller may read: a partner must not learn how its streams are published. */
export function warningsVisibleTo({ role }: Caller, warnings: readonly Warning[]): Warning[] {
  return warnings.filter(({ code }) => seesAccount(role) || !warningsOfPublishing.includes(code));
}

/** Returns an error as payloads report it. @throws the error itself if a client may not read it */
export function userError(error: unknown): UserErrorShape {
  if (!(error instanceof ApplicationError)) throw error;
  const argument = error.facts["argument"];
  return {
    type: errorTypeOf(error),
    message: error.message,
    code: error.code,
    path: typeof argument === "string" ? argument.split(".") : null,
    error,
    refusal: null,
  };
}

/** Returns an error as payloads report it, one for each broken rule. @throws the error itself if a client may not read it */
export function userErrors(error: unknown): UserErrorShape[] {
  return error instanceof RuleViolations ? error.violations.map(userError) : [userError(error)];
}

/** Returns a broken signing rule as payloads report it. */
export function refusalError(refusal: Refusal): UserErrorShape {
  return {
    type: "SigningRefusedError",
    message: refusal.message,
    code: "SIGNING_REFUSED",
    path: ["input", ...refusal.argument.split(".")],
    error: null,
    refusal,
  };
}

function retryAfter(error: ApplicationError | null): string | null {
  const seconds = error?.facts["retryAfterSeconds"];
  return typeof seconds === "number" ? `PT${seconds}S` : null;
}

function errorTypeOf(error: ApplicationError): UserErrorShape["type"] {
  if (error instanceof UpstreamError || error.code === "OUTCOME_UNKNOWN") return "UpstreamError";
  if (error.code === "RATE_LIMITED") return "RateLimitedError";
  if (error instanceof NotFoundError) return "NotFoundError";
  return error instanceof InvalidInputError ? "InvalidInputError" : "ConflictError";
}
