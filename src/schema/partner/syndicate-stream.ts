import type { GraphContext } from "../../context.ts";
import { ApplicationError, InvalidInputError } from "../../model/errors.ts";
import { type PartnerRecord, partnerName, primaryTrackingId } from "../../model/partner/partner.ts";
import { assertNoViolations, chooseCluster, isMaster, publisherViolations } from "../../model/partner/syndication.ts";
import { playbackEndpoints } from "../../model/stream/endpoints.ts";
import { openedBy, type StreamRecord, streamRecord } from "../../model/stream/stream.ts";
import { assertName, cutToName } from "../../model/text.ts";
import { assertRestrictions } from "../../model/token/restrictions.ts";
import { isUsable, type PublishTokenRecord, type SubscribeTokenRecord } from "../../model/token/token.ts";
import { builder } from "../builder.ts";
import { knownClusters } from "../cluster/known-clusters.ts";
import { userErrors } from "../errors.ts";
import { omitNulls } from "../input.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { Partner, PublishToken, Stream, SubscribeToken } from "../refs.ts";
import { StreamPlayback } from "../stream/endpoints.ts";
import { StreamRef, type StreamReference, streamNameOf } from "../stream/find-stream.ts";
import { possiblePublishTokens, usablePublishTokens } from "../stream/usable-publish-tokens.ts";
import { createPublishTokenOnce, createSubscribeTokenOnce } from "../token/create-token-idempotently.ts";
import { assertTtl } from "../token/token-input.ts";
import { findPartner, PartnerRef, type PartnerReference } from "./find-partner.ts";
import { rollBackToken } from "./master-token.ts";
import { WorkflowStep } from "./step-type.ts";
import { dryRun, LEAVES_TOKENS_OF_STEPS, type PlannedStep, runWorkflow, type Step, skipped } from "./workflow.ts";

/** The most partners that one mutation syndicates a stream to. */
const MAX_PARTNERS_PER_CALL = 50;

const SyndicateStreamInput = builder.inputType("SyndicateStreamInput", {
  description: "The stream, and the partners to syndicate it to.",
  fields: (t) => ({
    idempotencyKey: t.id({
      required: true,
      description:
        "A key that the client chooses, 1 to 128 characters. Repeated within a day, the same key returns the same result, also after a failure of the gateway.",
    }),
    stream: t.field({
      type: StreamRef,
      required: true,
      description: "The stream to syndicate; it need not exist yet.",
    }),
    partners: t.field({
      type: [PartnerRef],
      required: true,
      description: `The partners to syndicate to, 1 to ${MAX_PARTNERS_PER_CALL}; all must be registered and active.`,
    }),
    expiresInSeconds: t.int({
      description:
        "Lifetime of the partners' tokens in seconds from now; unlimited by default. With a lifetime or restrictions, new tokens are always created.",
    }),
    originCluster: t.string({
      description:
        "Cluster of the created tokens, by its id, or `auto`. Defaults to the cluster of the stream's publish tokens, or, if the stream has none, to the account's default cluster.",
    }),
    allowedOrigins: t.stringList({
      description: "Domains whose pages may use the partners' tokens; empty allows any. Defaults to empty.",
    }),
    allowedCountries: t.field({
      type: ["CountryCode"],
      description: "Countries whose viewers may watch; the account's rule by default.",
    }),
    dryRun: t.boolean({
      required: true,
      defaultValue: false,
      description: "Checks the rules and returns the steps without changing anything. Defaults to false.",
    }),
  }),
});

interface Syndication {
  readonly streamName: string;
  readonly partner: PartnerRecord;
  readonly token: SubscribeTokenRecord;
  /** Whether this request created the token, so that its secret is returned. */
  readonly isNew: boolean;
}

const SyndicationType = builder.objectRef<Syndication>("Syndication").implement({
  description: "A stream that is syndicated to a partner, with everything that the partner needs.",
  fields: (t) => ({
    partner: t.expose("partner", { type: Partner, description: "The partner that the stream is syndicated to." }),
    subscribeToken: t.expose("token", {
      type: SubscribeToken,
      description: "Subscribe token that the partner signs its viewers' tokens under.",
    }),
    secret: t.string({
      nullable: true,
      description:
        "Token string of a token that this request created; null for a reused token. A partner that signs with its own API key of this gateway never needs it.",
      resolve: ({ token, isNew }) => (isNew ? token.secret.reveal() : null),
    }),
    playback: t.field({
      type: StreamPlayback,
      nullable: true,
      description: "Playback addresses for the partner's viewers; null if the account could not be read.",
      resolve: async ({ streamName }, _args, { account, directorUrl }) => {
        const accountId = await account.id();
        return { ...playbackEndpoints(directorUrl, accountId, streamName), accountId, streamName };
      },
    }),
  }),
});

interface Outcome extends Payload {
  readonly stream: StreamRecord;
  readonly steps: readonly Step[];
}

const SyndicateStreamPayload = builder.objectRef<Payload & Partial<Outcome>>("SyndicateStreamPayload").implement({
  description: "The steps of the syndication with their outcomes.",
  interfaces: [MutationPayload],
  fields: (t) => ({
    stream: t.expose("stream", {
      type: Stream,
      nullable: true,
      description: "The syndicated stream; null after invalid input.",
    }),
    publishToken: t.field({
      type: PublishToken,
      nullable: true,
      description: "Publish token that the stream is broadcast with; null if there is none.",
      resolve: ({ steps }) => publishTokenOf(steps ?? []),
    }),
    syndications: t.field({
      type: [SyndicationType],
      description: "One entry for each partner that has its token now. Empty for none.",
      resolve: ({ stream, steps = [] }) => (stream ? steps.flatMap((step) => syndicationOf(stream.name, step)) : []),
    }),
    steps: t.field({
      type: [WorkflowStep],
      description: "All steps in the order in which they run. Empty when the call failed before the first.",
      resolve: ({ steps }) => [...(steps ?? [])],
    }),
  }),
});

interface SyndicationRequest {
  readonly streamName: string;
  readonly partners: readonly PartnerRecord[];
  readonly expiresInSeconds?: number | undefined;
  readonly originCluster?: string | undefined;
  readonly allowedOrigins?: readonly string[] | undefined;
  readonly allowedCountries?: readonly string[] | undefined;
}

builder.mutationField("syndicateStream", (t) =>
  t.field({
    type: SyndicateStreamPayload,
    nullable: true,
    authScopes: { staff: "partner:admin" },
    description:
      "Syndicates a stream to partners: ensures that the stream has a secured publish token, and that each partner has a subscribe token for it with the partner's tracking id, in the same cluster and not bound to addresses. Suitable tokens are reused. If a step fails, created tokens are deleted again, except a token that was only found by its settings after a lost response: its step says so.",
    args: { input: t.arg({ type: SyndicateStreamInput, required: true, description: "The stream and the partners." }) },
    resolve: (_root, { input }, context) => payload(() => syndicate(input, context)),
  }),
);

type Input = typeof SyndicateStreamInput.$inferInput;

async function syndicate(
  { idempotencyKey, stream, partners, dryRun: isDry, ...options }: Input,
  context: GraphContext,
): Promise<Outcome> {
  assertName(idempotencyKey, "input.idempotencyKey");
  const request: SyndicationRequest = {
    ...omitNulls(options),
    streamName: namedStream(stream),
    partners: await activePartners(partners, context),
  };
  assertRestrictions(request, "input");
  assertTtl(request.expiresInSeconds, "input.expiresInSeconds");
  const record = streamRecord(request.streamName);
  if (isDry) return { stream: record, ...(await dryRunSteps(request, String(idempotencyKey), context)) };

  let outcome: Pick<Outcome, "steps" | "userErrors"> = { steps: [], userErrors: [] };
  const attempt = async () => {
    const { plan, rules, violations } = await planSteps(request, String(idempotencyKey), context);
    if (violations.length > 0) {
      outcome = rejected(plan, violations);
      assertNoViolations(violations);
    }
    const { steps, failure } = await runWorkflow(plan);
    outcome = { steps: [rules, ...steps], userErrors: failure ? userErrors(failure) : [] };
    if (failure) throw failure;
    return encodeSteps(outcome.steps);
  };
  try {
    const result = await context.idempotency.run({
      caller: context.caller.principalId,
      operation: "syndicateStream",
      key: String(idempotencyKey),
      input: { ...request, partners: request.partners.map(primaryTrackingId) },
      // Otherwise two syndications of one stream would each create its publish token.
      fingerprint: { streamName: request.streamName },
      mayLeave: LEAVES_TOKENS_OF_STEPS,
      perform: attempt,
      // Every step finds what an earlier attempt created, so all steps run again. A step whose response was lost in this
      // request has already looked for its token.
      recover: async ({ isRepeated }) => (isRepeated ? attempt() : null),
    });
    return { stream: record, steps: await decodeSteps(result, context), userErrors: [] };
  } catch (error) {
    if (outcome.userErrors.length > 0) return { stream: record, ...outcome };
    throw error;
  }
}

function namedStream(ref: StreamReference): string {
  const name = streamNameOf(ref, "input.stream");
  assertName(name, "input.stream.name");
  return name;
}

/** @throws NotFoundError, ApplicationError PARTNER_NOT_ACTIVE, InvalidInputError */
async function activePartners(refs: readonly PartnerReference[], context: GraphContext): Promise<PartnerRecord[]> {
  if (refs.length < 1 || refs.length > MAX_PARTNERS_PER_CALL) {
    const rule = `\`input.partners\` must name 1 to ${MAX_PARTNERS_PER_CALL} partners; got ${refs.length}.`;
    throw new InvalidInputError("input.partners", rule, { max: MAX_PARTNERS_PER_CALL }, "LIMIT_EXCEEDED");
  }
  context.partnerCache.changed();
  const partners = await Promise.all(refs.map((ref, index) => findPartner(ref, `input.partners.${index}`, context)));
  for (const [index, partner] of partners.entries()) {
    if (partner.status === "ACTIVE") continue;
    const argument = `input.partners.${index}`;
    const message = `\`${argument}\` must be a registered, active partner; got \`${partnerName(partner)}\`, which is ${partner.status.toLowerCase()}.`;
    throw new ApplicationError("PARTNER_NOT_ACTIVE", message, { argument });
  }
  return [...new Map(partners.map((partner) => [primaryTrackingId(partner), partner])).values()];
}

async function dryRunSteps(request: SyndicationRequest, key: string, context: GraphContext) {
  const { plan, rules, violations } = await planSteps(request, key, context);
  return violations.length > 0 ? rejected(plan, violations) : { steps: [rules, ...dryRun(plan)], userErrors: [] };
}

/** Reads what exists and plans what has to be created; changes nothing. */
async function planSteps(
  request: SyndicationRequest,
  key: string,
  context: GraphContext,
): Promise<{ plan: PlannedStep[]; rules: Step; violations: readonly ApplicationError[] }> {
  await context.tokenCache.readRefreshed();
  const publishers = await possiblePublishTokens(request.streamName, context);
  const certain = await usablePublishTokens(request.streamName, context);
  const clusters = await knownClusters(context);
  const { read } = context.patternReadings;
  const choice = chooseCluster(publishers, request.originCluster, clusters, "input.originCluster", read);
  const violations = [...publisherViolations(publishers, "input.stream", read), ...choice.violations];
  const cluster = choice.originCluster ?? clusters?.defaultCluster;
  const placed = { ...request, originCluster: choice.originCluster };
  const partners = await Promise.all(
    request.partners.map((partner) => planSubscribeToken(partner, placed, cluster, key, context)),
  );
  const plan = [await planPublishToken(placed, certain, key, context), ...partners];
  return { plan, rules: checkedRules(publishers.length > 0 ? RULES_HOLD : NOTHING_TO_CHECK), violations };
}

async function planPublishToken(
  { streamName, originCluster }: SyndicationRequest,
  publishers: readonly PublishTokenRecord[],
  key: string,
  context: GraphContext,
): Promise<PlannedStep> {
  const operation = "syndicateStream/publishToken";
  const isResumed = await isBegun(operation, key, context);
  const streams = [{ pattern: streamName, isRegex: false }];
  const input = { label: streamName, streams, isSecured: true, originCluster };
  return {
    name: "PUBLISH_TOKEN",
    detail: `A secured publish token for the stream \`${streamName}\`.`,
    partner: null,
    reused: isResumed ? null : (publishers[0] ?? null),
    create: () => createPublishTokenOnce({ operation, idempotencyKey: key, input }, context),
    rollBack: (token) => rollBackToken(token, operation, key, context),
  };
}

async function planSubscribeToken(
  partner: PartnerRecord,
  { streamName, expiresInSeconds, allowedOrigins, allowedCountries, originCluster }: SyndicationRequest,
  cluster: string | undefined,
  key: string,
  context: GraphContext,
): Promise<PlannedStep> {
  const trackingId = primaryTrackingId(partner);
  const operation = `syndicateStream/subscribeToken/${trackingId}`;
  const isSpecial = expiresInSeconds !== undefined || allowedOrigins !== undefined || allowedCountries !== undefined;
  const isResumed = await isBegun(operation, key, context);
  const streams = [{ pattern: streamName, isRegex: false }];
  const label = cutToName(`${partnerName(partner)}: ${streamName}`);
  const input = { label, streams, trackingId, expiresInSeconds, allowedOrigins, allowedCountries, originCluster };
  return {
    name: "SUBSCRIBE_TOKEN",
    detail: `A subscribe token for \`${streamName}\` with the tracking id \`${trackingId}\`.`,
    partner,
    reused: isResumed || isSpecial ? null : await fittingMaster(partner, streamName, cluster, context),
    create: () =>
      createSubscribeTokenOnce({ operation, idempotencyKey: key, input, argument: "input.partners" }, context),
    rollBack: (token) => rollBackToken(token, operation, key, context),
  };
}

/** Returns a token of the partner that suits the stream as it is; null if there is none. */
async function fittingMaster(
  { trackingIds }: PartnerRecord,
  streamName: string,
  cluster: string | undefined,
  { loaders, now, patternReadings }: GraphContext,
): Promise<SubscribeTokenRecord | null> {
  const tokens = (await loaders.tokens()).subscribe.covering(streamName);
  const fits = (token: SubscribeTokenRecord) =>
    isUsable(token, now) &&
    token.expiresAt === null &&
    isMaster(token, trackingIds) &&
    openedBy(token.streams, patternReadings.read)(streamName) &&
    (cluster === undefined || token.effective.originCluster === cluster);
  return tokens.find(fits) ?? null;
}

/** Returns whether an attempt with this key has begun the step, which is then continued instead of reusing a token. */
function isBegun(operation: string, key: string, { idempotency, caller }: GraphContext): Promise<boolean> {
  return idempotency.knows({ caller: caller.principalId, operation, key });
}

const RULES_HOLD = "The stream is secured, its publish tokens agree, and publishers and viewers use one cluster.";
const NOTHING_TO_CHECK =
  "No publish token opens the stream yet, so there is none to check; the one that is created is secured.";

function checkedRules(detail: string): Step {
  return { name: "CHECK_RULES", state: "DONE", detail, code: null, partner: null, token: null };
}

function rejected(plan: readonly PlannedStep[], violations: readonly ApplicationError[]) {
  const [first] = violations;
  const failed: Step = { ...checkedRules(first?.message ?? ""), state: "FAILED", code: first?.code ?? null };
  return { steps: [failed, ...skipped(plan)], userErrors: violations.flatMap(userErrors) };
}

/** Encodes the steps, by ids, as the result of the idempotency key, which repeated requests return. */
function encodeSteps(steps: readonly Step[]): string {
  return JSON.stringify(
    steps.map(({ name, state, detail, partner, token }) => ({
      name,
      state,
      detail,
      trackingId: partner && primaryTrackingId(partner),
      token: token && { kind: token.kind, id: token.id },
    })),
  );
}

type EncodedStep = Pick<Step, "name" | "state" | "detail"> & {
  readonly trackingId: string | null;
  readonly token: { readonly kind: "PublishToken" | "SubscribeToken"; readonly id: number } | null;
};

function decodeSteps(text: string, { loaders }: GraphContext): Promise<Step[]> {
  const tokenOf = ({ kind, id }: NonNullable<EncodedStep["token"]>) =>
    kind === "PublishToken" ? loaders.publishToken(id) : loaders.subscribeToken(id);
  return Promise.all(
    (JSON.parse(text) as EncodedStep[]).map(async ({ trackingId, token, ...step }) => ({
      ...step,
      code: null,
      partner: trackingId === null ? null : await loaders.partners.byTrackingId(trackingId),
      token: token && (await tokenOf(token)),
    })),
  );
}

function publishTokenOf(steps: readonly Step[]): PublishTokenRecord | null {
  const [token] = steps.flatMap((step) => (step.token?.kind === "PublishToken" ? [step.token] : []));
  return token ?? null;
}

function syndicationOf(streamName: string, { partner, token, state }: Step): Syndication[] {
  if (!partner || token?.kind !== "SubscribeToken") return [];
  return [{ streamName, partner, token, isNew: state === "DONE" }];
}
