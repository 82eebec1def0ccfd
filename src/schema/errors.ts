import type { Caller } from "../auth/caller.ts";
import { seesAccount } from "../auth/scopes.ts";
import { ApplicationError, type ErrorCode, errorCodes, InvalidInputError, NotFoundError } from "../model/errors.ts";
import { RuleViolations } from "../model/partner/syndication.ts";
import { type Refusal, refusalCodes, type Warning, warningCodes } from "../model/token/viewer-token.ts";
import { UpstreamError } from "../upstream/upstream-error.ts";
import { builder } from "./builder.ts";
import { enumValues } from "./enum-values.ts";

export const ErrorCodeEnum = builder.enumType("ErrorCode", {
  description: "What went wrong. The same codes stand in `errors[].extensions.code` of any answer.",
  values: enumValues(errorCodes),
});

export const RefusalCodeEnum = builder.enumType("SigningRefusalCode", {
  description: "Why a viewer token is not signed, or would not be admitted.",
  values: enumValues(refusalCodes),
});

export const WarningCodeEnum = builder.enumType("SigningWarningCode", {
  description: "What a signer should know although the viewer token is valid.",
  values: enumValues(warningCodes),
});

/** What a mutation's payload tells of a failure. */
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
  description: "Something that the caller of a mutation can act on.",
  resolveType: ({ type }) => type,
  fields: (t) => ({
    message: t.string({
      description: "What was wrong and what would be right, for a person.",
      resolve: ({ message, error }, _args, { caller }) =>
        error && !seesAccount(caller.role) ? error.faceForPartners.message : message,
    }),
    code: t.expose("code", { type: ErrorCodeEnum, description: "The same, for a program." }),
    path: t.field({
      type: ["String"],
      nullable: true,
      description: "The argument it is about, from `input` downwards; null when it is about none.",
      resolve: ({ path }) => path && [...path],
    }),
  }),
});

builder.objectType(builder.objectRef<UserErrorShape>("InvalidInputError"), {
  name: "InvalidInputError",
  description: "An argument breaks a rule.",
  interfaces: [UserError],
});

builder.objectType(builder.objectRef<UserErrorShape>("NotFoundError"), {
  name: "NotFoundError",
  description: "An argument names something that is not there.",
  interfaces: [UserError],
});

builder.objectType(builder.objectRef<UserErrorShape>("ConflictError"), {
  name: "ConflictError",
  description: "The object, or an earlier request with the same idempotency key, stands against it.",
  interfaces: [UserError],
});

builder.objectType(builder.objectRef<UserErrorShape>("RateLimitedError"), {
  name: "RateLimitedError",
  description: "It can be done only so often for one object, and was not done.",
  interfaces: [UserError],
  fields: (t) => ({
    retryAfter: t.field({
      type: "Duration",
      nullable: true,
      description: "How long to wait until it can be done again.",
      resolve: ({ error }) => retryAfter(error),
    }),
    retryAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "When it can be done again.",
      resolve: ({ error }) => {
        const at = error?.facts["retryAt"];
        return typeof at === "string" ? new Date(at) : null;
      },
    }),
  }),
});

builder.objectType(builder.objectRef<UserErrorShape>("UpstreamError"), {
  name: "UpstreamError",
  description: "The platform refused, failed or gave no usable answer.",
  interfaces: [UserError],
  fields: (t) => ({
    upstreamStatus: t.int({
      nullable: true,
      description: "HTTP status of the platform's answer; null when there was none.",
      resolve: ({ error }) => (error instanceof UpstreamError ? error.status : null),
    }),
    retryAfter: t.field({
      type: "Duration",
      nullable: true,
      description: "How long to wait before trying again, where that is known.",
      resolve: ({ error }) => retryAfter(error),
    }),
  }),
});

builder.objectType(builder.objectRef<UserErrorShape>("SigningRefusedError"), {
  name: "SigningRefusedError",
  description: "A rule of viewer tokens would be broken, so nothing was signed. All broken rules are told at once.",
  interfaces: [UserError],
  fields: (t) => ({
    refusal: t.field({
      type: RefusalCodeEnum,
      nullable: true,
      description: "The rule.",
      resolve: ({ refusal }) => refusal?.code ?? null,
    }),
  }),
});

export const SigningWarning = builder.objectRef<Warning>("SigningWarning").implement({
  description: "What a signer should know although the viewer token is valid.",
  fields: (t) => ({
    code: t.expose("code", { type: WarningCodeEnum, description: "The warning, for a program." }),
    message: t.exposeString("message", { description: "The same, for a person." }),
  }),
});

/** Warnings that tell of the publish tokens of a stream. */
const warningsOfPublishing: readonly Warning["code"][] = ["STREAM_UNSECURED", "STREAM_CLUSTER_VARIES"];

/** The warnings that a caller may read: a partner learns nothing of how its streams are published. */
export function warningsVisibleTo({ role }: Caller, warnings: readonly Warning[]): Warning[] {
  return warnings.filter(({ code }) => seesAccount(role) || !warningsOfPublishing.includes(code));
}

/** The face of an error in a payload. @throws the error itself when it is none that a client may read */
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

/** The faces of an error: one for each rule, where it tells of several. @throws the error itself, as above */
export function userErrors(error: unknown): UserErrorShape[] {
  return error instanceof RuleViolations ? error.violations.map(userError) : [userError(error)];
}

/** The face of a broken signing rule in a payload. */
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
