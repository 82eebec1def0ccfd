import type { GraphContext } from "../../context.ts";
import { InvalidInputError, orIfFailed } from "../../model/errors.ts";
import { readPattern } from "../../model/stream/stream-pattern.ts";
import { assertName } from "../../model/text.ts";
import type { PatternCoverage as Coverage } from "../../store/records.ts";
import { commitWithAudit } from "../audit/audited.ts";
import { builder } from "../builder.ts";
import { encodeGlobalId } from "../global-id.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { PatternCoverage } from "./pattern-coverage.ts";

/** Maximum number of streams that a pattern can be recorded to open. */
const MAX_RECORDED_NAMES = 1_000;

const RecordPatternCoverageInput = builder.inputType("RecordPatternCoverageInput", {
  description: "An unreadable pattern, and the streams that it opens.",
  fields: (t) => ({
    pattern: t.string({
      required: true,
      description:
        "The pattern, exactly as a token's grant has it: one that the gateway can't read (`coverage` UNKNOWN).",
    }),
    streamNames: t.stringList({
      description: `Streams that the pattern opens on the platform, up to ${MAX_RECORDED_NAMES}; empty for none. Null or left out, the record is removed and the coverage is UNKNOWN again.`,
    }),
  }),
});

const RecordPatternCoveragePayload = builder
  .objectRef<Payload & { readonly coverage?: Coverage | null }>("RecordPatternCoveragePayload")
  .implement({
    description: "The new record of the pattern, or the reasons why it was not changed.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      coverage: t.expose("coverage", {
        type: PatternCoverage,
        nullable: true,
        description: "The new record; null when it was removed, or the call failed.",
      }),
    }),
  });

builder.mutationField("recordPatternCoverage", (t) =>
  t.field({
    type: RecordPatternCoveragePayload,
    nullable: true,
    authScopes: { staff: "token:write" },
    description:
      "Records which streams an unreadable pattern opens, replacing an earlier record. All checks use the record at once; other gateways on the same store use it after their next token refresh. Changes nothing on the platform.",
    args: {
      input: t.arg({
        type: RecordPatternCoverageInput,
        required: true,
        description: "The pattern and the streams that it opens.",
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
        await auditTokensWith(pattern, context);
        await commitWithAudit(context, ({ patternCoverages }) =>
          coverage ? patternCoverages.record(coverage) : patternCoverages.remove(pattern),
        );
        await context.patternReadings.refresh();
        return { coverage };
      }),
  }),
);

/** Names the tokens with the pattern in the audit log, if tokens can be read. */
async function auditTokensWith(pattern: string, { loaders, action }: GraphContext): Promise<void> {
  const tokens = await Promise.resolve(loaders.tokens()).catch(orIfFailed(null));
  for (const { kind, id, streams } of [...(tokens?.publish.all() ?? []), ...(tokens?.subscribe.all() ?? [])]) {
    if (streams.some((grant) => grant.isRegex && grant.pattern === pattern)) action?.touched(encodeGlobalId(kind, id));
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
