import { InvalidInputError } from "../../model/errors.ts";
import type { AuditRecord } from "../../store/audit.ts";
import type { AuditObject, AuditEffect as Effect, AuditOutcome as Outcome } from "../../store/records.ts";
import { builder } from "../builder.ts";

export const AuditOutcome = builder.enumType("AuditOutcome", {
  description: "What came of an act.",
  values: {
    DONE: { description: "It was done." },
    PARTIAL: {
      description:
        "Something failed or was refused after something else had been changed. `AuditEntry.objects` tells which objects were changed.",
    },
    REFUSED: { description: "It was refused, and nothing was changed." },
    FAILED: { description: "The platform or the gateway failed, and nothing was changed." },
    UNKNOWN: {
      description:
        "Its answer was lost, or the gateway ended in the middle: it may have been done. Look at the object.",
    },
  } satisfies Record<Outcome, { description: string }>,
});

const AuditEffect = builder.enumType("AuditEffect", {
  description: "Outcome for one object that an audited operation touched.",
  values: {
    CHANGED: {
      description: "The object was created, changed, deleted, stopped or otherwise acted upon, and the change stands.",
    },
    UNDONE: { description: "The object was changed, and the change was taken back before the act ended." },
    UNCHANGED: { description: "A change of the object was tried, and was refused or failed: the object is as before." },
    UNKNOWN: { description: "A change of the object was sent and its answer was lost: look at the object." },
    USED: {
      description: "The object was read, signed under, shown or answered with, and was not changed.",
    },
  } satisfies Record<Effect, { description: string }>,
});

const AuditedObject = builder.objectRef<AuditObject>("AuditedObject").implement({
  description: "One object that an act touched, with what became of the object.",
  fields: (t) => ({
    objectId: t.exposeID("objectId", {
      description: "Id of the object in the graph. `node` finds the object by this id as long as the object exists.",
    }),
    effect: t.expose("effect", { type: AuditEffect, description: "Outcome of the operation for this object." }),
  }),
});

/** The most objects of one entry that are read at once. */
const MAX_OBJECTS = 1_000;

export const AuditEntry = builder.objectRef<AuditRecord>("AuditEntry");

builder.node(AuditEntry, {
  name: "AuditEntry",
  description: "One line of the audit log: a mutation, or a secret that was shown. Nothing in the log is ever changed.",
  authScopes: { staff: "audit:read" },
  id: { resolve: ({ id }) => id },
  fields: (t) => ({
    at: t.expose("at", { type: "DateTime", description: "When it was begun." }),
    principalId: t.exposeString("principalId", {
      description: "Who did it: `operator`, or `key:`, `session:` or `idp:` and what names it.",
    }),
    principalName: t.exposeString("principalName", { description: "What the key was called then." }),
    role: t.exposeString("role", { description: "The caller's role then." }),
    partnerId: t.exposeString("partnerId", {
      nullable: true,
      description: "Whose caller it was; null for the broadcaster's own people.",
    }),
    address: t.exposeString("address", { nullable: true, description: "The network address that it came from." }),
    operation: t.exposeString("operation", { description: "The mutation's name, or `reveal` for a secret shown." }),
    objectId: t.exposeID("objectId", {
      nullable: true,
      description:
        "Id in the graph of the object that the act was about first, where there is one. `objects` has all of them.",
    }),
    objects: t.field({
      type: [AuditedObject],
      description:
        "Every object that the act touched, each once. An entry whose outcome is UNKNOWN names those that were touched for certain.",
      args: {
        first: t.arg.int({
          required: true,
          defaultValue: 100,
          description: `How many objects at most: 0 to ${MAX_OBJECTS}. \`objectCount\` tells how many there are.`,
        }),
      },
      resolve: ({ objects }, { first }) => {
        if (first < 0 || first > MAX_OBJECTS) {
          throw new InvalidInputError("first", `\`first\` must be between 0 and ${MAX_OBJECTS}; got ${first}.`);
        }
        return objects.slice(0, first);
      },
    }),
    objectCount: t.int({
      description: "How many objects the act touched.",
      resolve: ({ objects }) => objects.length,
    }),
    detail: t.exposeString("detail", {
      description: "What was asked for: the arguments as JSON, without secrets.",
    }),
    outcome: t.expose("outcome", { type: AuditOutcome, description: "What came of it." }),
    code: t.exposeString("code", {
      nullable: true,
      description: "Code of the error that kept the act from being done in full; null for DONE and UNKNOWN.",
    }),
  }),
});
