import { type FindingKind, findingKinds, severities } from "../../model/partner/finding-kinds.ts";
import type { Finding as FindingRecord } from "../../model/partner/findings.ts";
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
  description:
    "A problem of the account that costs money or security, with advice and, where it can be written in advance, a mutation that fixes it.",
  fields: (t) => ({
    code: t.expose("kind", { type: FindingCode, description: "Kind of the finding, for programs." }),
    severity: t.field({
      type: FindingSeverity,
      description: "Severity of the finding.",
      resolve: ({ kind }) => findingKinds[kind].severity,
    }),
    summary: t.exposeString("summary", {
      description: "Statement of what was found, in a sentence or two with names and figures.",
    }),
    impact: t.string({
      description: "Effect of the problem on money or security, in a sentence for a person.",
      resolve: ({ kind }) => findingKinds[kind].impact,
    }),
    advice: t.string({
      description: "Steps that end the problem, and what to consider before `suggestedMutation` is sent.",
      resolve: ({ kind }) => findingKinds[kind].advice,
    }),
    suggestedMutation: t.string({
      nullable: true,
      description:
        "A complete document that resolves the problem, to be sent as it is by a caller with the scope `token:write`, or `partner:admin` for `onboardPartner`. Null if a person has to choose a value: see `advice`.",
      resolve: ({ mutation }) => mutation,
    }),
    bytes: t.field({
      type: "Bytes",
      nullable: true,
      description:
        "Bytes of the last 7 days that the problem concerns: sent to viewers, or received for TRACKED_INGEST. Null for a finding without traffic.",
      resolve: ({ bytes }) => bytes,
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
    tokens: t.field({
      type: [Token],
      description:
        "All tokens concerned. For STREAM_UNSECURED and UNTRACKED_VIEWERS: each token that may have admitted the viewers. Empty for a finding that is not about tokens.",
      resolve: ({ tokens }) => [...tokens],
    }),
  }),
});
