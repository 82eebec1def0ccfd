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
  description: "Severity of a finding.",
  values: enumValues(severities),
});

const FindingCode = builder.enumType("FindingCode", {
  description: "Kind of a finding; the description of each is its impact.",
  values: Object.fromEntries(
    Object.entries(findingKinds).map(([name, { impact }]) => [name, { description: impact }]),
  ) as Record<FindingKind, { description: string }>,
});

export const Finding = builder.objectRef<FindingRecord>("Finding").implement({
  description: "A problem of the account that costs money or security, with a mutation that fixes it.",
  fields: (t) => ({
    code: t.expose("kind", { type: FindingCode, description: "Kind of the finding, for programs." }),
    severity: t.field({
      type: FindingSeverity,
      description: "Severity of the finding.",
      resolve: ({ kind }) => findingKinds[kind].severity,
    }),
    summary: t.exposeString("summary", { description: "One sentence on what was found, with names and numbers." }),
    impact: t.string({
      description: "Effect of the problem on money or security, in a sentence for a person.",
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
      description: "The stream concerned; null if the finding is not about one stream.",
      resolve: ({ streamName }) => (streamName === null ? null : streamRecord(streamName)),
    }),
    partner: t.field({
      type: Partner,
      nullable: true,
      description: "The partner concerned; null if the finding is not about one partner.",
      resolve: ({ trackingId }, _args, context, info) => partnerOfTrackingId(trackingId, context, info),
    }),
    token: t.expose("token", {
      type: Token,
      nullable: true,
      description: "The token concerned; null if the finding is not about one token.",
    }),
  }),
});
