import { InvalidInputError } from "../../model/errors.ts";
import type { AuditRecord } from "../../store/audit.ts";
import type { AuditObject, AuditEffect as Effect, AuditOutcome as Outcome } from "../../store/records.ts";
import { builder } from "../builder.ts";

export const AuditOutcome = builder.enumType("AuditOutcome", {
  description: "Outcome of an audited operation.",
  values: {
    DONE: { description: "The operation succeeded in all of its parts." },
    PARTIAL: {
      description:
        "A part of the operation failed or was refused after another part had changed something. `AuditEntry.objects` lists the changed objects.",
    },
    REFUSED: { description: "The operation was refused, and nothing was changed." },
    FAILED: { description: "The platform or the gateway failed, and nothing was changed." },
    UNKNOWN: {
      description:
        "The platform's response was lost or the gateway stopped during the operation, which may have been carried out: check the object.",
    },
  } satisfies Record<Outcome, { description: string }>,
});

const AuditEffect = builder.enumType("AuditEffect", {
  description: "Outcome for one object that an audited operation touched.",
  values: {
    CHANGED: {
      description: "The object was created, changed, deleted, stopped or otherwise acted upon, and the change stands.",
    },
    UNDONE: { description: "The object was changed, and the change was rolled back before the operation ended." },
    UNCHANGED: { description: "A change of the object was refused or failed: the object is as before." },
    UNKNOWN: { description: "A change of the object was sent and the platform's response was lost: check the object." },
    USED: {
      description: "The object was read, signed under, shown or returned, and was not changed.",
    },
  } satisfies Record<Effect, { description: string }>,
});

const AuditedObject = builder.objectRef<AuditObject>("AuditedObject").implement({
  description: "One object that an audited operation touched, with the outcome for this object.",
  fields: (t) => ({
    objectId: t.exposeID("objectId", {
      description: "Id of the object in the graph. `node` finds the object by this id as long as the object exists.",
    }),
    effect: t.expose("effect", { type: AuditEffect, description: "Outcome of the operation for this object." }),
  }),
});

/** Most objects of one entry in a response. */
const MAX_OBJECTS = 1_000;

export const AuditEntry = builder.objectRef<AuditRecord>("AuditEntry");

builder.node(AuditEntry, {
  name: "AuditEntry",
  description: "An entry of the audit log: a mutation, or a secret that was shown. Entries are never changed.",
  authScopes: { staff: "audit:read" },
  id: { resolve: ({ id }) => id },
  fields: (t) => ({
    at: t.expose("at", { type: "DateTime", description: "Time at which the operation began." }),
    principalId: t.exposeString("principalId", {
      description: "Id of the caller: `operator`, or `key:`, `session:` or `idp:` followed by an id.",
    }),
    principalName: t.exposeString("principalName", { description: "Name of the caller's key at that time." }),
    role: t.exposeString("role", { description: "Role of the caller at that time." }),
    partnerId: t.exposeString("partnerId", {
      nullable: true,
      description: "Id of the partner whose caller it was; null for the broadcaster's own callers.",
    }),
    address: t.exposeString("address", {
      nullable: true,
      description: "Network address that the request came from; null if unknown.",
    }),
    operation: t.exposeString("operation", {
      description: "Name of the mutation, or `reveal` for a secret that was shown.",
    }),
    objectId: t.exposeID("objectId", {
      nullable: true,
      description:
        "Global id of the first object that the operation was about; null if there is none. `objects` lists all of them.",
    }),
    objects: t.field({
      type: [AuditedObject],
      description:
        "Every object that the operation touched, each once; empty for none. With the outcome UNKNOWN only objects that were certainly touched are listed.",
      args: {
        first: t.arg.int({
          required: true,
          defaultValue: 100,
          description: `Maximum number of objects, 0 to ${MAX_OBJECTS}; 100 by default. \`objectCount\` is the total.`,
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
      description: "Number of objects that the operation touched.",
      resolve: ({ objects }) => objects.length,
    }),
    detail: t.exposeString("detail", {
      description: "Arguments of the operation as JSON, without secrets.",
    }),
    outcome: t.expose("outcome", { type: AuditOutcome, description: "Outcome of the whole operation." }),
    code: t.exposeString("code", {
      nullable: true,
      description: "Code of the error that kept the operation from succeeding completely; null for DONE and UNKNOWN.",
    }),
  }),
});
