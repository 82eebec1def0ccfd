import type { CostStatus as CostStatusShape } from "../../model/cost.ts";
import { requestLimits } from "../../model/request-limits.ts";
import { MAX_NAME_LENGTH } from "../../model/text.ts";
import { MAX_CUSTOM_VIEWER_DATA } from "../../model/token/viewer-token.ts";
import type { Retention } from "../../model/usage/retention.ts";
import { MAX_NAMES_PER_CALL } from "../../upstream/analytics.ts";
import { builder } from "../builder.ts";
import { MAX_PAGE_SIZE } from "../connection.ts";
import { MAX_TOKENS_PER_CHANGE } from "../token/change-many.ts";
import { MAX_VIEWER_TOKENS } from "../token/sign-viewer-tokens.ts";
import { MAX_RECORD_PAGE_SIZE } from "../viewer/viewer-record.ts";

export const CostStatus = builder.objectRef<CostStatusShape>("CostStatus").implement({
  description:
    "Cost of this request and the caller's remaining budget, in points. `extensions.cost` and the `RateLimit` headers of every response say the same.",
  fields: (t) => ({
    requested: t.exposeInt("requested", { description: "Cost of this request, in points." }),
    limit: t.exposeInt("limit", { description: "Points that the caller may spend per minute." }),
    remaining: t.exposeInt("remaining", { description: "Points that remain in the budget after this request." }),
    resetAt: t.expose("resetAt", { type: "DateTime", description: "Time at which the budget is full again." }),
  }),
});

const Limits = builder.objectRef<Retention>("Limits").implement({
  description: "Limits of one request, and how far back usage is available now.",
  fields: (t) => ({
    ...Object.fromEntries(
      Object.entries(requestLimits).map(([name, { max, description }]) => [
        name,
        t.int({ description, resolve: () => max }),
      ]),
    ),
    cost: t.field({
      type: CostStatus,
      nullable: true,
      description:
        "Cost of this request and the caller's remaining budget. Null, with an error, if it cannot be determined.",
      resolve: (_limits, _args, { cost }) => cost,
    }),
    maxPageSize: t.int({ description: "Largest `first` of a connection, in objects.", resolve: () => MAX_PAGE_SIZE }),
    maxViewerRecordPageSize: t.int({
      description: "Largest `first` of a list of viewer records, in records.",
      resolve: () => MAX_RECORD_PAGE_SIZE,
    }),
    maxViewerTokensPerCall: t.int({
      description: "Maximum number of viewer tokens that one mutation signs.",
      resolve: () => MAX_VIEWER_TOKENS,
    }),
    maxTokensPerChange: t.int({
      description: "Maximum number of tokens that one mutation enables or disables.",
      resolve: () => MAX_TOKENS_PER_CHANGE,
    }),
    maxNameLength: t.int({
      description: "Maximum length of a stream name, a label or a tracking id, in characters.",
      resolve: () => MAX_NAME_LENGTH,
    }),
    maxCustomViewerDataLength: t.int({
      description: "Maximum length of a viewer token's custom data, in characters.",
      resolve: () => MAX_CUSTOM_VIEWER_DATA,
    }),
    namesPerUpstreamCall: t.int({
      description:
        "Streams or tracking ids that the platform accepts in one call. The gateway batches its calls, so this does not limit a query but determines its cost.",
      resolve: () => MAX_NAMES_PER_CALL,
    }),
    freshUntil: t.expose("freshUntil", {
      type: "DateTime",
      description: "End of the last quarter hour for which the platform has surely published usage.",
    }),
    hoursSince: t.expose("hourlySince", {
      type: "DateTime",
      description: "Start of the oldest hour that is available now; hours are retained for 7 days.",
    }),
    daysSince: t.expose("dailySince", {
      type: "DateTime",
      description:
        "Start of the oldest UTC day that is available now; days are retained for 365 days, months of the account indefinitely.",
    }),
  }),
});

builder.queryFields((t) => ({
  limits: t.field({
    type: Limits,
    description: "Limits of one request, and how far back usage is available now.",
    resolve: (_root, _args, { retention }) => retention,
  }),
}));
