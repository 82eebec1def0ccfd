import type { AuditRecord, AuditOutcome as Outcome } from "../../store/audit.ts";
import { builder } from "../builder.ts";

export const AuditOutcome = builder.enumType("AuditOutcome", {
  description: "What came of an act.",
  values: {
    DONE: { description: "It was done." },
    REFUSED: { description: "It was refused, and nothing was changed." },
    FAILED: { description: "The platform or the gateway failed." },
    UNKNOWN: {
      description:
        "Its answer was lost, or the gateway ended in the middle: it may have been done. Look at the object.",
    },
  } satisfies Record<Outcome, { description: string }>,
});

export const AuditEntry = builder.objectRef<AuditRecord>("AuditEntry");

builder.node(AuditEntry, {
  name: "AuditEntry",
  description: "One line of the audit log: a mutation, or a secret that was shown. Nothing in the log is ever changed.",
  authScopes: { staff: "audit:read" },
  id: { resolve: ({ id }) => id },
  fields: (t) => ({
    at: t.field({ type: "DateTime", description: "When it was begun.", resolve: ({ at }) => new Date(at) }),
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
      description: "Id in the graph of the object that it was about, where there is one.",
    }),
    detail: t.exposeString("detail", {
      description: "What was asked for: the arguments as JSON, without secrets.",
    }),
    outcome: t.expose("outcome", { type: AuditOutcome, description: "What came of it." }),
    code: t.exposeString("code", { nullable: true, description: "The error's code, unless it was done." }),
  }),
});
