import type { GraphContext } from "../../context.ts";
import { InvalidInputError, orIfFailed } from "../../model/errors.ts";
import { readPattern } from "../../model/stream/stream-pattern.ts";
import { assertName } from "../../model/text.ts";
import type { PatternCoverage as Coverage } from "../../store/records.ts";
import { commitWithAudit } from "../audit/audited.ts";
import { builder } from "../builder.ts";
import { encodeGlobalId } from "../global-id.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { StreamGrant } from "./token.ts";

/** How many streams a pattern can be recorded to open. */
const MAX_RECORDED_NAMES = 1_000;

const PatternCoverage = builder.objectRef<Coverage>("PatternCoverage").implement({
  description: "Which streams a pattern opens that the gateway can't read, as an operator has recorded it.",
  fields: (t) => ({
    pattern: t.exposeString("pattern", { description: "The pattern." }),
    streamNames: t.field({
      type: ["String"],
      description: "The streams that the pattern opens on the platform, sorted; empty for none.",
      resolve: ({ streamNames }) => [...streamNames],
    }),
    recordedBy: t.exposeString("recordedByName", { description: "Name of the caller who recorded it." }),
    recordedAt: t.expose("recordedAt", { type: "DateTime", description: "When it was recorded." }),
  }),
});

builder.objectField(StreamGrant, "recordedCoverage", (t) =>
  t.field({
    type: PatternCoverage,
    nullable: true,
    authScopes: { staff: "token:read" },
    description:
      "What an operator has recorded of the pattern by recordPatternCoverage; null where nothing is recorded, or the gateway reads the pattern.",
    resolve: ({ pattern, isRegex }, _args, { patternReadings }) => (isRegex ? patternReadings.recorded(pattern) : null),
  }),
);

const RecordPatternCoverageInput = builder.inputType("RecordPatternCoverageInput", {
  description: "Streams that a pattern opens which the gateway cannot read.",
  fields: (t) => ({
    pattern: t.string({
      required: true,
      description: "The pattern as a token has it: one that the gateway can't read, so that its `coverage` is UNKNOWN.",
    }),
    streamNames: t.stringList({
      description: `The streams that it opens on the platform, up to ${MAX_RECORDED_NAMES}; empty for none. Left out or null, what was recorded is removed, and the coverage is UNKNOWN again.`,
    }),
  }),
});

const RecordPatternCoveragePayload = builder
  .objectRef<Payload & { readonly coverage?: Coverage | null }>("RecordPatternCoveragePayload")
  .implement({
    description: "Stream names that are recorded for the pattern now.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      coverage: t.expose("coverage", {
        type: PatternCoverage,
        nullable: true,
        description: "The record as it is now; null when it was removed or refused.",
      }),
    }),
  });

builder.mutationField("recordPatternCoverage", (t) =>
  t.field({
    type: RecordPatternCoveragePayload,
    nullable: true,
    authScopes: { staff: "token:write" },
    description:
      "Records which streams a pattern opens that the gateway can't read, in place of what was recorded before. All checks use the record from then on, those of other gateways of the same store within one refresh of the tokens. Nothing is changed on the platform.",
    args: {
      input: t.arg({
        type: RecordPatternCoverageInput,
        required: true,
        description: "The pattern, and the streams that it opens.",
      }),
    },
    resolve: (_root, { input: { pattern, streamNames } }, context) =>
      payload(async () => {
        assertName(pattern, "input.pattern");
        if (readPattern(pattern).state === "READABLE") {
          const rule = `\`input.pattern\` must be a pattern that the gateway can't read; got \`${pattern}\`, which it reads.`;
          throw new InvalidInputError("input.pattern", rule);
        }
        const coverage = streamNames ? coverageOf(pattern, streamNames, context) : null;
        await noteTokensWith(pattern, context);
        await commitWithAudit(context, ({ patternCoverages }) =>
          coverage ? patternCoverages.record(coverage) : patternCoverages.remove(pattern),
        );
        await context.patternReadings.refresh();
        return { coverage };
      }),
  }),
);

/** Notes in the audit log the tokens that have the pattern, as far as tokens are known. */
async function noteTokensWith(pattern: string, { loaders, act }: GraphContext): Promise<void> {
  const tokens = await Promise.resolve(loaders.tokens()).catch(orIfFailed(null));
  for (const { kind, id, streams } of [...(tokens?.publish.all() ?? []), ...(tokens?.subscribe.all() ?? [])]) {
    if (streams.some((grant) => grant.isRegex && grant.pattern === pattern)) act?.touched(encodeGlobalId(kind, id));
  }
}

function coverageOf(
  pattern: string,
  streamNames: readonly string[],
  { caller, now }: { readonly caller: { readonly principalId: string; readonly name: string }; readonly now: number },
): Coverage {
  if (streamNames.length > MAX_RECORDED_NAMES) {
    const rule = `\`input.streamNames\` must hold at most ${MAX_RECORDED_NAMES} names; got ${streamNames.length}.`;
    throw new InvalidInputError("input.streamNames", rule, { max: MAX_RECORDED_NAMES }, "LIMIT_EXCEEDED");
  }
  for (const [index, name] of streamNames.entries()) assertName(name, `input.streamNames.${index}`);
  return {
    pattern,
    streamNames: [...new Set(streamNames)].sort(),
    recordedById: caller.principalId,
    recordedByName: caller.name,
    recordedAt: now,
  };
}
