import type { CostStatus as CostStatusShape } from "../../model/cost.ts";
import { requestLimits } from "../../model/request-limits.ts";
import { MAX_NAME_LENGTH } from "../../model/text.ts";
import { MAX_CUSTOM_VIEWER_DATA } from "../../model/token/viewer-token.ts";
import type { Retention } from "../../model/usage/time-window.ts";
import { MAX_NAMES_PER_CALL } from "../../upstream/analytics.ts";
import { builder } from "../builder.ts";
import { MAX_PAGE_SIZE } from "../connection.ts";
import { MAX_TOKENS_PER_CHANGE } from "../token/change-many.ts";
import { MAX_VIEWER_TOKENS } from "../token/sign-viewer-tokens.ts";
import { MAX_RECORD_PAGE_SIZE } from "../viewer/viewer-record.ts";

export const CostStatus = builder.objectRef<CostStatusShape>("CostStatus").implement({
  description:
    "What this request costs, in points, and what is left of the caller's budget. The same is told by `extensions.cost` and the headers `RateLimit` of every answer.",
  fields: (t) => ({
    requested: t.exposeInt("requested", { description: "Points of this request." }),
    limit: t.exposeInt("limit", { description: "Points that the caller may spend in a minute." }),
    remaining: t.exposeInt("remaining", { description: "What is left of them after this request." }),
    resetAt: t.expose("resetAt", { type: "DateTime", description: "When the budget is full again." }),
  }),
});

const Limits = builder.objectRef<Retention>("Limits").implement({
  description: "How much one request may ask for, and how far back figures reach now.",
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
      description: "What this request costs, and what is left of the caller's budget.",
      resolve: (_limits, _args, { cost }) => cost,
    }),
    maxPageSize: t.int({ description: "The largest `first` of a list.", resolve: () => MAX_PAGE_SIZE }),
    maxViewerRecordPageSize: t.int({
      description: "The largest `first` of viewer records.",
      resolve: () => MAX_RECORD_PAGE_SIZE,
    }),
    maxViewerTokensPerCall: t.int({
      description: "How many viewer tokens one mutation signs.",
      resolve: () => MAX_VIEWER_TOKENS,
    }),
    maxTokensPerChange: t.int({
      description: "How many tokens one mutation enables or disables.",
      resolve: () => MAX_TOKENS_PER_CHANGE,
    }),
    maxNameLength: t.int({
      description: "Characters of a stream name, a label or a tracking id.",
      resolve: () => MAX_NAME_LENGTH,
    }),
    maxCustomViewerDataLength: t.int({
      description: "Characters of a viewer token's custom data.",
      resolve: () => MAX_CUSTOM_VIEWER_DATA,
    }),
    namesPerUpstreamCall: t.int({
      description:
        "How many streams or tracking ids the platform answers in one call. The gateway batches: it is no limit of a query, but what its cost is made of.",
      resolve: () => MAX_NAMES_PER_CALL,
    }),
    freshUntil: t.expose("freshUntil", {
      type: "DateTime",
      description: "The quarter hour up to which figures are surely published now.",
    }),
    hoursSince: t.expose("hourlySince", {
      type: "DateTime",
      description: "The oldest hour that is kept now; hours are kept for 7 days.",
    }),
    daysSince: t.expose("dailySince", {
      type: "DateTime",
      description:
        "The oldest UTC day that is kept now; days are kept for 365 days, and beyond that months of the account.",
    }),
  }),
});

builder.queryFields((t) => ({
  limits: t.field({
    type: Limits,
    description: "How much one request may ask for, and how far back figures reach now.",
    resolve: (_root, _args, { retention }) => retention,
  }),
}));
