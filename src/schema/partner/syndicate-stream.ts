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

/** The most partners that one call sells a stream to. */
export const MAX_PARTNERS_PER_CALL = 50;

const SyndicateStreamInput = builder.inputType("SyndicateStreamInput", {
  description: "Which stream is sold to whom.",
  fields: (t) => ({
    idempotencyKey: t.id({
      required: true,
      description:
        "Of your choosing: within a day the same key leads to the same result, also after a failure of ours.",
    }),
    stream: t.field({ type: StreamRef, required: true, description: "The stream; it need not exist yet." }),
    partners: t.field({
      type: [PartnerRef],
      required: true,
      description: `The partners, from 1 to ${MAX_PARTNERS_PER_CALL}: registered and active ones.`,
    }),
    expiresInSeconds: t.int({
      description: "How long from now the partners' tokens last. With it, or with restrictions, new tokens are made.",
    }),
    originCluster: t.string({
      description: "Id of a cluster, or `auto`; that of the publish tokens, or the account's, when it is left out.",
    }),
    allowedOrigins: t.stringList({ description: "Domains whose pages may use the partners' tokens; empty for any." }),
    allowedCountries: t.field({
      type: ["CountryCode"],
      description: "Countries whose viewers may watch; the account's rule when it is left out.",
    }),
    dryRun: t.boolean({
      required: true,
      defaultValue: false,
      description: "Shows the steps, checks the rules, and changes nothing.",
    }),
  }),
});

interface Syndication {
  readonly streamName: string;
  readonly partner: PartnerRecord;
  readonly token: SubscribeTokenRecord;
  /** Made just now, so that its secret is handed out. */
  readonly isNew: boolean;
}

const SyndicationType = builder.objectRef<Syndication>("Syndication").implement({
  description: "A stream that is sold to a partner, and what the partner needs for it.",
  fields: (t) => ({
    partner: t.expose("partner", { type: Partner, description: "The partner." }),
    subscribeToken: t.expose("token", {
      type: SubscribeToken,
      description: "Under which the partner signs its viewers' tokens.",
    }),
    secret: t.string({
      nullable: true,
      description:
        "The token string of a token that was made by this request; null for one that is used again. A partner that signs by its own key of this gateway never needs it.",
      resolve: ({ token, isNew }) => (isNew ? token.secret.reveal() : null),
    }),
    playback: t.field({
      type: StreamPlayback,
      nullable: true,
      description: "Where its viewers watch.",
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
  description: "The steps of selling a stream, and what came of them.",
  interfaces: [MutationPayload],
  fields: (t) => ({
    stream: t.expose("stream", { type: Stream, nullable: true, description: "The stream." }),
    publishToken: t.field({
      type: PublishToken,
      nullable: true,
      description: "With which it is broadcast; null when there is none.",
      resolve: ({ steps }) => publishTokenOf(steps ?? []),
    }),
    syndications: t.field({
      type: [SyndicationType],
      description: "One for each partner that has its token now.",
      resolve: ({ stream, steps = [] }) => (stream ? steps.flatMap((step) => syndicationOf(stream.name, step)) : []),
    }),
    steps: t.field({
      type: [WorkflowStep],
      description: "Every step, in order.",
      resolve: ({ steps }) => [...(steps ?? [])],
    }),
  }),
});

interface Wish {
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
      "Sells a stream to partners: makes sure that it has a secured publish token, and that each partner has a subscribe token with its tracking id that opens it, of the same cluster and bound to no addresses. What fits is used again; if a step fails, what was made is taken back, except a token that was only found by its settings after a lost answer: its step says so.",
    args: { input: t.arg({ type: SyndicateStreamInput, required: true, description: "Which stream, to whom." }) },
    resolve: (_root, { input }, context) => payload(() => syndicate(input, context)),
  }),
);

type Input = typeof SyndicateStreamInput.$inferInput;

async function syndicate(
  { idempotencyKey, stream, partners, dryRun: isDry, ...options }: Input,
  context: GraphContext,
): Promise<Outcome> {
  assertName(idempotencyKey, "input.idempotencyKey");
  const wish: Wish = {
    ...omitNulls(options),
    streamName: namedStream(stream),
    partners: await activePartners(partners, context),
  };
  assertRestrictions(wish, "input");
  assertTtl(wish.expiresInSeconds, "input.expiresInSeconds");
  const record = streamRecord(wish.streamName);
  if (isDry) return { stream: record, ...(await rehearse(wish, String(idempotencyKey), context)) };

  let outcome: Pick<Outcome, "steps" | "userErrors"> = { steps: [], userErrors: [] };
  const attempt = async () => {
    const { plan, violations } = await planSteps(wish, String(idempotencyKey), context);
    if (violations.length > 0) {
      outcome = refused(plan, violations);
      assertNoViolations(violations);
    }
    const { steps, failure } = await runWorkflow(plan);
    outcome = { steps: [rulesKept, ...steps], userErrors: failure ? userErrors(failure) : [] };
    if (failure) throw failure;
    return encodeSteps(outcome.steps);
  };
  try {
    const result = await context.idempotency.run({
      caller: context.caller.principalId,
      operation: "syndicateStream",
      key: String(idempotencyKey),
      input: { ...wish, partners: wish.partners.map(primaryTrackingId) },
      // Two syndications of one stream would each make its publish token.
      likeness: { streamName: wish.streamName },
      mayLeave: LEAVES_TOKENS_OF_STEPS,
      perform: attempt,
      // Every step finds what an earlier attempt has made, so going on is going through all of them. A step has looked for
      // its own token already when its answer was lost in this request.
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
    const rule = `One call sells to 1 to ${MAX_PARTNERS_PER_CALL} partners, not ${refs.length}.`;
    throw new InvalidInputError("input.partners", rule, { max: MAX_PARTNERS_PER_CALL }, "LIMIT_EXCEEDED");
  }
  context.partnerCache.changed();
  const partners = await Promise.all(refs.map((ref, index) => findPartner(ref, `input.partners.${index}`, context)));
  for (const [index, partner] of partners.entries()) {
    if (partner.status === "ACTIVE") continue;
    const message = `\`${partnerName(partner)}\` is ${partner.status.toLowerCase()}: only a registered, active partner is sold to.`;
    throw new ApplicationError("PARTNER_NOT_ACTIVE", message, { argument: `input.partners.${index}` });
  }
  return [...new Map(partners.map((partner) => [primaryTrackingId(partner), partner])).values()];
}

async function rehearse(wish: Wish, key: string, context: GraphContext) {
  const { plan, violations } = await planSteps(wish, key, context);
  return violations.length > 0 ? refused(plan, violations) : { steps: [rulesKept, ...dryRun(plan)], userErrors: [] };
}

/** Looks at what is there and says what has to be made; changes nothing. */
async function planSteps(
  wish: Wish,
  key: string,
  context: GraphContext,
): Promise<{ plan: PlannedStep[]; violations: readonly ApplicationError[] }> {
  await context.tokenCache.readRefreshed();
  const publishers = await possiblePublishTokens(wish.streamName, context);
  const certain = await usablePublishTokens(wish.streamName, context);
  const clusters = await knownClusters(context);
  const { read } = context.patternReadings;
  const choice = chooseCluster(publishers, wish.originCluster, clusters, "input.originCluster", read);
  const violations = [...publisherViolations(publishers, "input.stream", read), ...choice.violations];
  const cluster = choice.originCluster ?? clusters?.defaultCluster;
  const settled = { ...wish, originCluster: choice.originCluster };
  const partners = await Promise.all(
    wish.partners.map((partner) => planSubscribeToken(partner, settled, cluster, key, context)),
  );
  return { plan: [await planPublishToken(settled, certain, key, context), ...partners], violations };
}

async function planPublishToken(
  { streamName, originCluster }: Wish,
  publishers: readonly PublishTokenRecord[],
  key: string,
  context: GraphContext,
): Promise<PlannedStep> {
  const operation = "syndicateStream/publishToken";
  const isOurs = await isBegun(operation, key, context);
  const streams = [{ pattern: streamName, isRegex: false }];
  const input = { label: streamName, streams, isSecured: true, originCluster };
  return {
    name: "PUBLISH_TOKEN",
    detail: `A secured publish token for the stream \`${streamName}\`.`,
    partner: null,
    reused: isOurs ? null : (publishers[0] ?? null),
    make: () => createPublishTokenOnce({ operation, idempotencyKey: key, input }, context),
    takeBack: (token) => rollBackToken(token, operation, key, context),
  };
}

async function planSubscribeToken(
  partner: PartnerRecord,
  { streamName, expiresInSeconds, allowedOrigins, allowedCountries, originCluster }: Wish,
  cluster: string | undefined,
  key: string,
  context: GraphContext,
): Promise<PlannedStep> {
  const trackingId = primaryTrackingId(partner);
  const operation = `syndicateStream/subscribeToken/${trackingId}`;
  const isSpecial = expiresInSeconds !== undefined || allowedOrigins !== undefined || allowedCountries !== undefined;
  const isOurs = await isBegun(operation, key, context);
  const streams = [{ pattern: streamName, isRegex: false }];
  const label = cutToName(`${partnerName(partner)}: ${streamName}`);
  const input = { label, streams, trackingId, expiresInSeconds, allowedOrigins, allowedCountries, originCluster };
  return {
    name: "SUBSCRIBE_TOKEN",
    detail: `A subscribe token for \`${streamName}\` with the tracking id \`${trackingId}\`.`,
    partner,
    reused: isOurs || isSpecial ? null : await fittingMaster(partner, streamName, cluster, context),
    make: () =>
      createSubscribeTokenOnce({ operation, idempotencyKey: key, input, argument: "input.partners" }, context),
    takeBack: (token) => rollBackToken(token, operation, key, context),
  };
}

/** A token of the partner's that serves for the stream as it is. */
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

/** Whether an attempt with this key has begun the step: then it is gone on with, and its token is not taken for another's. */
function isBegun(operation: string, key: string, { idempotency, caller }: GraphContext): Promise<boolean> {
  return idempotency.knows({ caller: caller.principalId, operation, key });
}

const rulesKept: Step = {
  name: "CHECK_RULES",
  state: "DONE",
  detail: "The stream is secured, its publishers agree, and publishers and viewers meet in one cluster.",
  code: null,
  partner: null,
  token: null,
};

function refused(plan: readonly PlannedStep[], violations: readonly ApplicationError[]) {
  const [first] = violations;
  const failed: Step = { ...rulesKept, state: "FAILED", detail: first?.message ?? "", code: first?.code ?? null };
  return { steps: [failed, ...skipped(plan)], userErrors: violations.flatMap(userErrors) };
}

/** The steps as the key's result, by ids: they are told again for a day. */
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
