import {
  type FindingKind,
  type Finding as FindingRecord,
  findingKinds,
  severities,
} from "../../model/partner/findings.ts";
import { streamRecord } from "../../model/stream/stream.ts";
import { builder } from "../builder.ts";
import { enumValues } from "../enum-values.ts";
import { partnerOfTrackingId } from "../partner/partner-of-tracking-id.ts";
import { Partner, Stream, Token } from "../refs.ts";

export const FindingSeverity = builder.enumType("FindingSeverity", {
  description: "How much a finding matters.",
  values: enumValues(severities),
});

const FindingCode = builder.enumType("FindingCode", {
  description: "What kind of thing was found.",
  values: Object.fromEntries(
    Object.entries(findingKinds).map(([name, { impact }]) => [name, { description: impact }]),
  ) as Record<FindingKind, { description: string }>,
});

export const Finding = builder.objectRef<FindingRecord>("Finding").implement({
  description: "Something about the account that costs money or security, and how to mend it.",
  fields: (t) => ({
    code: t.expose("kind", { type: FindingCode, description: "What kind of thing it is." }),
    severity: t.field({
      type: FindingSeverity,
      description: "How much it matters.",
      resolve: ({ kind }) => findingKinds[kind].severity,
    }),
    summary: t.exposeString("summary", { description: "One sentence on what was found, with names and numbers." }),
    impact: t.string({
      description: "Why the finding costs money or security.",
      resolve: ({ kind }) => findingKinds[kind].impact,
    }),
    suggestedMutation: t.string({
      description:
        "The mutation that fixes it: a whole document to send as it is, or a call with `N` and `...` to fill in.",
      resolve: ({ kind, mutation }) => mutation ?? findingKinds[kind].suggestedMutation,
    }),
    stream: t.field({
      type: Stream,
      nullable: true,
      description: "The stream that it is about, if it is about one.",
      resolve: ({ streamName }) => (streamName === null ? null : streamRecord(streamName)),
    }),
    partner: t.field({
      type: Partner,
      nullable: true,
      description: "The partner that it is about, if it is about one.",
      resolve: ({ trackingId }, _args, context, info) => partnerOfTrackingId(trackingId, context, info),
    }),
    token: t.expose("token", {
      type: Token,
      nullable: true,
      description: "The token that it is about, if it is about one.",
    }),
  }),
});
