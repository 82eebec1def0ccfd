import { InvalidInputError } from "../../model/errors.ts";
import { builder } from "../builder.ts";
import { omitNulls } from "../input.ts";
import { AuditEntry, AuditOutcome } from "./audit-entry.ts";
import { forwardPage } from "./forward-page.ts";

const AuditFilter = builder.inputType("AuditFilter", {
  description: "Conditions on audit entries; an entry must meet all that are set.",
  fields: (t) => ({
    principalId: t.string({ description: "Only entries of this caller, such as `operator`. Defaults to any caller." }),
    partnerId: t.string({
      description: "Only entries of this partner's callers, by the partner's `partnerId`. Defaults to any caller.",
    }),
    operation: t.string({
      description:
        "Only entries of this mutation, of `reveal` for secrets that were shown, or of importArchive for imports of the usage archive. Defaults to any operation.",
    }),
    objectId: t.id({
      description: "Only entries that touched the object with this id in the graph. Defaults to any object.",
    }),
    outcome: t.field({ type: AuditOutcome, description: "Only entries with this outcome. Defaults to any outcome." }),
    from: t.field({
      type: "DateTime",
      description: "Only entries that began at this time or later. Defaults to any time.",
    }),
    to: t.field({ type: "DateTime", description: "Only entries that began before this time. Defaults to any time." }),
  }),
});

const AuditEntryConnection = builder.connectionObject(
  { type: AuditEntry, name: "AuditEntryConnection", description: "A page of entries of the audit log." },
  { name: "AuditEntryEdge", description: "One of a page of entries, with its cursor." },
);

builder.queryFields((t) => ({
  auditLog: t.connection(
    {
      type: AuditEntry,
      nullable: true,
      authScopes: { staff: "audit:read" },
      description:
        "Every mutation and every secret that was shown, newest first. Attempts that were refused for lack of a right are counted by `refusedAttempts` instead. Null, with an error, if the caller may not read them.",
      args: { filter: t.arg({ type: AuditFilter, description: "Conditions on the entries; all entries by default." }) },
      resolve: (_root, { filter, ...page }, { store }) => {
        const { from, to, ...equal } = omitNulls(filter ?? {});
        const wanted = { ...equal, from: from?.getTime(), to: to?.getTime() };
        const list = (limit: number, after: string | undefined) => store.audit.list(wanted, limit, after);
        return forwardPage({ list, keyOf: ({ id }) => id, positionOf }, page);
      },
    },
    AuditEntryConnection,
  ),
}));

function positionOf(id: string): string {
  if (!/^[\w-]{1,64}$/.test(id))
    throw new InvalidInputError(
      "after",
      "`after` must be a cursor of the audit log, such as its `pageInfo.endCursor`.",
    );
  return id;
}
