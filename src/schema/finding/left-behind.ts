import type { GraphContext } from "../../context.ts";
import { type Finding, leftBehindFinding } from "../../model/partner/findings.ts";
import { isUsable, type PublishTokenRecord, type SubscribeTokenRecord } from "../../model/token/token.ts";
import type { UnsettledWrite } from "../../store/idempotency.ts";
import type { NewPublishToken } from "../../upstream/publish-tokens.ts";
import type { NewSubscribeToken } from "../../upstream/subscribe-tokens.ts";
import { type AttemptSpan, CLOCK_TOLERANCE_MS, matchesRequest } from "../matches-request.ts";
import type { LEAVES_TOKENS_OF_STEPS } from "../partner/workflow.ts";
import type { OrphanedToken } from "../token/create-token-idempotently.ts";
import { publishTokenComparison, subscribeTokenComparison } from "../token/token-comparison.ts";

type Token = PublishTokenRecord | SubscribeTokenRecord;

/**
 * Returns a finding for each usable token that an interrupted write left behind: a token that has every requested setting,
 * was created while the write may have been carried out, and belongs to no other key; and the tokens of the finished steps
 * of a workflow. One write leaves one such token, the oldest.
 *
 * @throws StoreError, UpstreamError
 */
export async function leftBehindFindings(context: GraphContext): Promise<Finding[]> {
  const { idempotency, loaders, now } = context;
  const writes = await idempotency.unsettled();
  if (writes.length === 0) return [];
  const { publish, subscribe } = await loaders.tokens();
  const usable = [...publish.all(), ...subscribe.all()]
    .filter((token) => isUsable(token, now))
    .sort((a, b) => a.addedAt - b.addedAt || a.id - b.id);
  const found = new Map<Token, string>();
  for (const write of writes) {
    const mayLeave = write.mayLeave as OrphanedToken | typeof LEAVES_TOKENS_OF_STEPS;
    const left =
      "steps" in mayLeave
        ? await tokensOfSteps(write, usable, context)
        : await tokenOf(write, mayLeave, usable, found, context);
    for (const token of left) found.set(token, write.operation.split("/")[0] ?? "");
  }
  return [...found].map(([token, operation]) => leftBehindFinding(token, operation));
}

/** Returns the oldest token that fits the write and that no other write created; empty if there is none. */
async function tokenOf(
  write: UnsettledWrite,
  left: OrphanedToken,
  usable: readonly Token[],
  found: ReadonlyMap<Token, string>,
  context: GraphContext,
): Promise<Token[]> {
  const span = spanOf(write, context);
  for (const token of usable) {
    if (found.has(token) || !isMadeIn(token, span) || !fits(token, left, span)) continue;
    if (!(await context.idempotency.isTaken(nameOf(token)))) return [token];
  }
  return [];
}

/** Returns the tokens of finished steps, unless their partner was registered since. */
async function tokensOfSteps(
  write: UnsettledWrite,
  usable: readonly Token[],
  { idempotency, partnerCache }: GraphContext,
): Promise<Token[]> {
  const created = new Set(await idempotency.finishedSteps(write));
  const left = usable.filter((token) => created.has(nameOf(token)));
  if (write.operation !== "onboardPartner") return left;
  const partners = await partnerCache.read();
  const isRegistered = (token: Token) =>
    token.kind === "SubscribeToken" && token.trackingId !== null && partners.byTrackingId(token.trackingId) !== null;
  return left.filter((token) => !isRegistered(token));
}

/** Returns when the platform may have carried out the write, by the platform's clock. */
function spanOf({ begunAt, settledAt }: UnsettledWrite, { spanOnPlatform, ownNow }: GraphContext): AttemptSpan {
  const span = spanOnPlatform(begunAt);
  const sinceMs = settledAt === null ? 0 : Math.max(0, ownNow - settledAt);
  return { begunAt: span.begunAt, now: span.now - sinceMs };
}

function isMadeIn({ addedAt }: Token, { begunAt, now }: AttemptSpan): boolean {
  return addedAt >= begunAt - CLOCK_TOLERANCE_MS && addedAt <= now + CLOCK_TOLERANCE_MS;
}

function fits(token: Token, { kind, input }: OrphanedToken, span: AttemptSpan): boolean {
  if (token.kind !== kind) return false;
  return token.kind === "PublishToken"
    ? matchesRequest(publishTokenComparison, input as NewPublishToken, token, span)
    : matchesRequest(subscribeTokenComparison, input as NewSubscribeToken, token, span);
}

function nameOf({ kind, id }: Token): string {
  return `${kind} ${id}`;
}
