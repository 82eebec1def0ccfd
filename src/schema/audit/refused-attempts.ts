import { InvalidInputError } from "../../model/errors.ts";
import type { RefusedAttempts as Counted } from "../../store/records.ts";
import type { RefusedAttemptPosition } from "../../store/refused-attempts.ts";
import { builder } from "../builder.ts";
import { omitNulls } from "../input.ts";
import { forwardPage } from "./forward-page.ts";

const RefusedAttempts = builder.objectRef<Counted>("RefusedAttempts").implement({
  description:
    "Number of times that a caller was refused a mutation within one minute for lack of a right. The arguments of the attempts are not recorded.",
  fields: (t) => ({
    minute: t.expose("minute", { type: "DateTime", description: "Beginning of the minute, in UTC." }),
    principalId: t.exposeString("principalId", {
      description: "Id of the caller: `operator`, or `key:`, `session:` or `idp:` followed by an id.",
    }),
    principalName: t.exposeString("principalName", {
      description: "Name of the caller's key at the time of the attempt.",
    }),
    role: t.exposeString("role", { description: "Role of the caller at that time." }),
    partnerId: t.exposeString("partnerId", {
      nullable: true,
      description: "Id of the partner whose caller it was; null for the broadcaster's own callers.",
    }),
    operation: t.exposeString("operation", { description: "Name of the mutation that was refused." }),
    code: t.exposeString("code", {
      description: "Code of the latest refusal: FORBIDDEN, or PARTNER_NOT_ACTIVE for a suspended partner's caller.",
    }),
    attempts: t.expose("attempts", { type: "SafeInt", description: "Number of refused attempts, at least 1." }),
  }),
});

const RefusedAttemptFilter = builder.inputType("RefusedAttemptFilter", {
  description: "Conditions on the counts; a count must meet all that are set.",
  fields: (t) => ({
    principalId: t.string({ description: "Counts of one caller, such as `operator`. Defaults to every caller." }),
    partnerId: t.string({
      description: "Counts of one partner's callers, by the partner's `partnerId`. Defaults to every caller.",
    }),
    operation: t.string({ description: "Counts of one mutation, by its name. Defaults to every mutation." }),
    from: t.field({
      type: "DateTime",
      description: "Counts of minutes that began at this instant or later. Defaults to any time.",
    }),
    to: t.field({
      type: "DateTime",
      description: "Counts of minutes that began before this instant. Defaults to any time.",
    }),
  }),
});

const RefusedAttemptsConnection = builder.connectionObject(
  {
    type: RefusedAttempts,
    name: "RefusedAttemptsConnection",
    description: "A page of counts of refused attempts.",
  },
  { name: "RefusedAttemptsEdge", description: "One of a page of counts, with its cursor." },
);

builder.queryFields((t) => ({
  refusedAttempts: t.connection(
    {
      type: RefusedAttempts,
      nullable: true,
      authScopes: { staff: "audit:read" },
      description:
        "Mutations that were refused because the caller lacked a right: one count for each caller, mutation and minute, newest minute first. Counts are kept for `REFUSED_ATTEMPTS_DAYS` days, 30 by default. Null, with an error, if the caller may not read them.",
      args: {
        filter: t.arg({ type: RefusedAttemptFilter, description: "Conditions on the counts; all counts by default." }),
      },
      resolve: (_root, { filter, ...page }, { refusals }) => {
        const { from, to, ...equal } = omitNulls(filter ?? {});
        const wanted = { ...equal, from: from?.getTime(), to: to?.getTime() };
        const list = (limit: number, after: RefusedAttemptPosition | undefined) => refusals.list(wanted, limit, after);
        return forwardPage({ list, keyOf, positionOf }, page);
      },
    },
    RefusedAttemptsConnection,
  ),
}));

function keyOf({ minute, operation, principalId }: RefusedAttemptPosition): string {
  return `${minute} ${operation} ${principalId}`;
}

function positionOf(key: string): RefusedAttemptPosition {
  const [, minute, operation, principalId] = /^(\d{1,15}) (\w{1,128}) (.{1,512})$/s.exec(key) ?? [];
  if (minute === undefined || operation === undefined || principalId === undefined) {
    throw new InvalidInputError("after", "`after` must be a cursor of refused attempts.");
  }
  return { minute: Number(minute), operation, principalId };
}
