import { generateApiKey } from "../../auth/api-keys.ts";
import { type Scope, scopesOfRole } from "../../auth/scopes.ts";
import type { GraphContext } from "../../context.ts";
import { ApplicationError } from "../../model/errors.ts";
import { assertPartnerDetails, type PartnerRecord } from "../../model/partner/partner.ts";
import {
  assertNoViolations,
  type BroadGrant,
  broadGrants,
  type ClusterChoice,
  chooseCluster,
  grantViolations,
  masterViolations,
  publisherViolations,
} from "../../model/partner/syndication.ts";
import type { Secret } from "../../model/secret.ts";
import { mayShareNames, openedBy } from "../../model/stream/stream.ts";
import { assertName, cutToName } from "../../model/text.ts";
import {
  isUsable,
  type PublishTokenRecord,
  type StreamGrant,
  type SubscribeTokenRecord,
} from "../../model/token/token.ts";
import { hasWholeHours } from "../../model/usage/calendar.ts";
import type { Claim } from "../../store/partners.ts";
import type { ApiKeyRecord } from "../../store/records.ts";
import { TrackingIdTakenError } from "../../store/store-error.ts";
import { commitWithAudit } from "../audit/audited.ts";
import { builder } from "../builder.ts";
import { knownClusters } from "../cluster/known-clusters.ts";
import { omitNulls } from "../input.ts";
import { MutationPayload, type Payload, payload } from "../payload.ts";
import { ApiKey, Partner, SubscribeToken } from "../refs.ts";
import { periodsOf } from "../time-zone-period.ts";
import { createSubscribeTokenOnce } from "../token/create-token-idempotently.ts";
import { assertGrants, assertTtl, StreamGrantInput } from "../token/token-input.ts";
import { foreignTokens, newestToken } from "./former-holders.ts";
import { rollBackToken } from "./master-token.ts";
import { assertTrackingIds, partnerDetailFields } from "./partner-input.ts";
import { WorkflowStep } from "./step-type.ts";
import { LEAVES_TOKENS_OF_STEPS, type PlannedStep, rolledBack, runWorkflow, type Step } from "./workflow.ts";

const OnboardPartnerInput = builder.inputType("OnboardPartnerInput", {
  description: "A new partner with its tracking ids, details and grants.",
  fields: (t) => ({
    idempotencyKey: t.id({
      required: true,
      description:
        "A key that the client chooses, 1 to 128 characters. Repeated within a day, the same key returns the same partner.",
    }),
    name: t.string({ required: true, description: "Name of the partner: 1 to 128 characters." }),
    trackingIds: t.stringList({
      required: true,
      description:
        "Tracking ids that the partner's traffic is counted under: at least one, none of another partner. Ids that have traffic or tokens already are adopted. The new subscribe tokens get the first one.",
    }),
    ...partnerDetailFields(t, true),
    grants: t.field({
      type: [StreamGrantInput],
      required: true,
      defaultValue: [],
      description:
        "Streams that the partner may watch: one subscribe token is created for each grant. Defaults to none.",
    }),
    streamNames: t.stringList({
      description:
        "Streams that the partner must be able to sign for: rejected with GRANT_NOT_COVERED if no grant opens one of them. Defaults to none.",
    }),
    originCluster: t.string({
      description: "Id of the tokens' cluster, or `auto`; defaults to the cluster of the streams' publish tokens.",
    }),
    expiresInSeconds: t.int({ description: "Lifetime of the tokens in seconds from now; unlimited by default." }),
    allowWildcard: t.boolean({
      required: true,
      defaultValue: false,
      description: "Whether a grant may open every stream of the account; by default such a grant is rejected.",
    }),
    keyName: t.string({ description: "Name of the partner's API key; the partner's name by default." }),
  }),
});

interface Onboarding extends Payload {
  readonly partner?: PartnerRecord | null;
  readonly tokens?: readonly SubscribeTokenRecord[];
  readonly steps?: readonly Step[];
  readonly apiKey?: ApiKeyRecord | null;
  readonly apiKeySecret?: Secret | null;
  readonly warnings?: readonly BroadGrant[];
}

const GrantWarning = builder.objectRef<BroadGrant>("GrantWarning").implement({
  description: "A grant that opens more than half of the streams that are known by name.",
  fields: (t) => ({
    pattern: t.string({ description: "The pattern of the grant.", resolve: ({ grant }) => grant.pattern }),
    openedStreams: t.exposeInt("opened", { description: "Number of known streams that the grant opens." }),
    knownStreams: t.exposeInt("known", { description: "Number of streams of the account that are known by name." }),
    message: t.string({
      description: "The warning in a sentence for a person.",
      resolve: ({ grant, index, opened, known }) =>
        `\`input.grants.${index}.pattern\` opens ${opened} of the ${known} known streams; got \`${grant.pattern}\`.`,
    }),
  }),
});

const OnboardedToken = builder.objectRef<SubscribeTokenRecord>("OnboardedToken").implement({
  description: "A subscribe token that was created for a new partner.",
  fields: (t) => ({
    subscribeToken: t.field({
      type: SubscribeToken,
      description: "The subscribe token of one grant.",
      resolve: (token) => token,
    }),
    secret: t.string({
      description:
        "Token string, which is a signing key. A partner that signs with its own API key of this gateway never needs it.",
      resolve: ({ secret }) => secret.reveal(),
    }),
  }),
});

const OnboardPartnerPayload = builder.objectRef<Onboarding>("OnboardPartnerPayload").implement({
  description: "The new partner with its tokens and API key, or every rule that the request breaks.",
  interfaces: [MutationPayload],
  fields: (t) => ({
    partner: t.expose("partner", {
      type: Partner,
      nullable: true,
      description: "The registered partner; null after a failure.",
    }),
    subscribeTokens: t.field({
      type: [OnboardedToken],
      description:
        "The partner's subscribe tokens, one for each grant, in the order of the grants; empty after a failure.",
      resolve: ({ tokens }) => [...(tokens ?? [])],
    }),
    warnings: t.field({
      type: [GrantWarning],
      description: "Grants that open more than half of the known streams; empty if none does and after a failure.",
      resolve: ({ warnings }) => [...(warnings ?? [])],
    }),
    notices: t.field({
      type: ["String"],
      description:
        "Notices about the new partner for a person, such as a time zone without whole-hour offsets, which the account's `billingTimeZone` replaces. Empty if there are none and after a failure.",
      resolve: ({ partner }) =>
        partner && partner.status !== "UNCLAIMED" && !hasWholeHours(partner.timeZone)
          ? [
              `${partner.timeZone} has offsets of part of an hour, and the platform meters full UTC hours: usage is in the account's \`billingTimeZone\`, now ${periodsOf(partner.zones).at(-1)?.timeZone}.`,
            ]
          : [],
    }),
    steps: t.field({
      type: [WorkflowStep],
      description:
        "Steps of the workflow: the tokens in the order of the grants, then the registration; empty if no step was begun.",
      resolve: ({ steps }) => [...(steps ?? [])],
    }),
    apiKey: t.expose("apiKey", {
      type: ApiKey,
      nullable: true,
      description: "The partner's API key; null after a failure.",
    }),
    apiKeySecret: t.string({
      nullable: true,
      description:
        "Secret of the API key. Shown once, and null when the request is repeated: use rotateApiKey to replace a lost key.",
      resolve: ({ apiKeySecret }) => apiKeySecret?.reveal() ?? null,
    }),
  }),
});

builder.mutationField("onboardPartner", (t) =>
  t.field({
    type: OnboardPartnerPayload,
    nullable: true,
    authScopes: { staff: "partner:admin" },
    description:
      "Registers a partner and creates its subscribe tokens and API key, all or nothing; only a token that was found by its settings after a lost response is never deleted, and its step says so. Refused if a granted stream is unsecured, is published in another cluster, or has publish tokens that differ.",
    args: {
      input: t.arg({ type: OnboardPartnerInput, required: true, description: "The new partner and its grants." }),
    },
    resolve: async (_root, { input }, context) => {
      let steps: readonly Step[] = [];
      const reportSteps = (all: readonly Step[]) => {
        steps = all;
      };
      return { ...(await payload(() => onboard(input, context, reportSteps))), steps };
    },
  }),
);

type Input = typeof OnboardPartnerInput.$inferInput;
type OnboardingRequest = ReturnType<typeof parseInput>;

const OPERATION = "onboardPartner";

type ReportSteps = (steps: readonly Step[]) => void;

async function onboard(
  input: Input,
  context: GraphContext,
  reportSteps: ReportSteps,
): Promise<Omit<Onboarding, "userErrors" | "steps">> {
  const key = String(input.idempotencyKey);
  assertName(key, "input.idempotencyKey");
  const request = parseInput(input);
  const { caller, idempotency } = context;
  // A repeated request had its rules checked before, and would now conflict with its own tokens.
  const isRepeated = await idempotency.knows({ caller: caller.principalId, operation: OPERATION, key });
  if (!isRepeated) await context.tokenCache.readRefreshed();
  const choices = await clusterChoices(request, context);
  if (!isRepeated) await assertRules(request, choices, context);
  const clusters = choices.map(({ originCluster }) => originCluster);
  let apiKeySecret: Secret | null = null;
  const attempt = async () => {
    const afterToken = newestToken(context);
    const plan = planTokens(request, clusters, key, context);
    const steps = await createTokens(plan, reportSteps);
    try {
      const registered = await register(request, claimOf(steps, afterToken), context);
      apiKeySecret = registered.secret;
      return `${registered.partnerId} ${registered.keyId}`;
    } catch (error) {
      const { message, code } =
        error instanceof ApplicationError ? error : { message: "The registration failed.", code: null };
      reportSteps([...(await rolledBack(steps, plan)), { ...registration, state: "FAILED", detail: message, code }]);
      throw error;
    }
  };
  const result = await idempotency.run({
    caller: caller.principalId,
    operation: OPERATION,
    key,
    input: request,
    fingerprint: { trackingIds: request.trackingIds },
    mayLeave: LEAVES_TOKENS_OF_STEPS,
    perform: attempt,
    recover: async ({ begunAt, isRepeated }) =>
      (await earlierResult(request, begunAt, context)) ?? (isRepeated ? await attempt() : null),
  });
  const [partnerId = "", keyId = ""] = result.split(" ");
  const steps = await createTokens(planTokens(request, clusters, key, context), reportSteps);
  const partner = await context.loaders.partners.byId(partnerId);
  reportSteps([...steps, { ...registration, state: "DONE", partner }]);
  return {
    partner,
    tokens: steps.flatMap(({ token }) => (token?.kind === "SubscribeToken" ? [token] : [])),
    apiKey: await context.store.apiKeys.byId(keyId),
    apiKeySecret,
    warnings: broadGrants(request.grants, await context.loaders.streamNames(), context.patternReadings.read),
  };
}

/** Returns the checked input without nulls. @throws InvalidInputError naming the argument */
function parseInput({ idempotencyKey: _key, ...input }: Input) {
  const request = omitNulls(input);
  const { name, trackingIds, contact, timeZone, currency, notes, grants, keyName } = request;
  assertPartnerDetails({ name, contact, timeZone, currency, notes }, "input");
  assertTrackingIds(trackingIds, "input.trackingIds");
  assertGrants(grants, "input.grants");
  assertTtl(request.expiresInSeconds, "input.expiresInSeconds");
  if (keyName !== undefined) assertName(keyName, "input.keyName");
  for (const [index, stream] of (request.streamNames ?? []).entries()) assertName(stream, `input.streamNames.${index}`);
  return request;
}

/** Plans one token for each grant. */
function planTokens(
  request: OnboardingRequest,
  clusters: readonly (string | undefined)[],
  key: string,
  context: GraphContext,
): PlannedStep[] {
  const [trackingId = ""] = request.trackingIds;
  return request.grants.map((grant, index) => ({
    name: "SUBSCRIBE_TOKEN",
    detail: `A subscribe token for \`${grant.pattern}\`.`,
    partner: null,
    reused: null,
    create: () =>
      createSubscribeTokenOnce(
        {
          operation: tokenOperation(index),
          idempotencyKey: key,
          input: {
            label: cutToName(`${request.name}: ${grant.pattern}`),
            streams: [grant],
            trackingId,
            originCluster: clusters[index],
            expiresInSeconds: request.expiresInSeconds,
          },
        },
        context,
      ),
    rollBack: (token) => rollBackToken(token, tokenOperation(index), key, context),
  }));
}

/** Creates all tokens or none; a repeated request creates none again. */
async function createTokens(plan: readonly PlannedStep[], reportSteps: ReportSteps): Promise<Step[]> {
  const { steps, failure } = await runWorkflow(plan);
  if (!failure) return steps;
  reportSteps([...steps, registration]);
  throw failure;
}

const registration: Step = {
  name: "REGISTER_PARTNER",
  state: "SKIPPED",
  detail: "The partner's record with its tracking ids, and its API key.",
  code: null,
  partner: null,
  token: null,
};

/** Returns the cluster for each grant's token, with the rules that it breaks. */
async function clusterChoices(request: OnboardingRequest, context: GraphContext): Promise<ClusterChoice[]> {
  const [tokens, known, clusters] = await Promise.all([
    context.loaders.tokens(),
    context.loaders.streamNames(),
    knownClusters(context),
  ]);
  const names = [...new Set([...known, ...(request.streamNames ?? [])])];
  const { read } = context.patternReadings;
  const publishersOf = (grant: StreamGrant) => {
    const opened = names.filter(openedBy([grant], read)).concat(grant.isRegex ? [] : grant.pattern);
    const found = new Set<PublishTokenRecord>(opened.flatMap((name) => tokens.publish.possiblyCovering(name)));
    for (const token of tokens.publish.all()) if (mayShareNames(grant, token.streams, read)) found.add(token);
    return [...found].filter((token) => isUsable(token, context.now));
  };
  return request.grants.map((grant, index) => {
    const publishers = publishersOf(grant);
    const choice = chooseCluster(publishers, request.originCluster, clusters, "input.originCluster", read);
    const violations = publisherViolations(publishers, `input.grants.${index}`, read);
    return { ...choice, violations: [...violations, ...choice.violations] };
  });
}

/** @throws RuleViolations */
async function assertRules(
  request: OnboardingRequest,
  choices: readonly ClusterChoice[],
  context: GraphContext,
): Promise<void> {
  const { grants, trackingIds, allowWildcard, streamNames = [] } = request;
  const tokens = await context.loaders.tokens();
  const adopted = trackingIds.flatMap((trackingId) => tokens.withTrackingId(trackingId));
  const masters = adopted.filter((token) => isUsable(token, context.now));
  assertNoViolations([
    ...(await takenIds(trackingIds, context)),
    ...grantViolations(
      grants,
      { allowWildcard, streamNames, known: await context.loaders.streamNames(), read: context.patternReadings.read },
      "input.grants",
    ),
    ...masterViolations(masters, "input.trackingIds"),
    ...(await tokensOfFormerHolders(masters, trackingIds, context)),
    ...choices.flatMap(({ violations }) => violations),
  ]);
}

/** Returns a violation for usable tokens that were created for partners that had the tracking ids before. */
async function tokensOfFormerHolders(
  usable: readonly SubscribeTokenRecord[],
  trackingIds: readonly string[],
  { store }: GraphContext,
): Promise<ApplicationError[]> {
  const violations = trackingIds.map(async (trackingId, index) => {
    const own = usable.filter((token) => token.trackingId === trackingId);
    const argument = `input.trackingIds.${index}`;
    return own.length > 0 ? foreignTokens(own, await store.partners.formerHolders(trackingId), null, argument) : [];
  });
  return (await Promise.all(violations)).flat();
}

/** Returns a violation for each taken tracking id. The store decides races; this check avoids needless tokens. */
async function takenIds(trackingIds: readonly string[], { partnerCache }: GraphContext): Promise<ApplicationError[]> {
  partnerCache.changed();
  const partners = await partnerCache.read();
  return trackingIds.flatMap((trackingId, index) =>
    partners.byTrackingId(trackingId) ? [new TrackingIdTakenError(trackingId, `input.trackingIds.${index}`)] : [],
  );
}

/** Returns the claim of the tracking ids: tokens of the steps count as the partner's, also from an earlier attempt. */
function claimOf(steps: readonly Step[], afterToken: number): Claim {
  const ids = steps.flatMap(({ token }) => (token ? [token.id] : []));
  return { afterToken: Math.min(afterToken, ...ids.map((id) => id - 1)), newestToken: Math.max(0, ...ids) };
}

/** Registers the partner and its API key in one transaction. */
async function register(request: OnboardingRequest, claim: Claim, context: GraphContext) {
  const { key, hash } = generateApiKey();
  const { name, trackingIds, contact = null, timeZone = "UTC", currency = "USD", notes = null } = request;
  // Later than the idempotency key, so that a repeated request recognizes the partner.
  const now = context.clock();
  const registered = await commitWithAudit(context, async ({ partners, apiKeys }) => {
    const partner = await partners.create({ name, trackingIds, contact, timeZone, currency, notes }, now, claim);
    const apiKey = await apiKeys.create({ ...keyOf(request, context), partnerId: partner.id }, hash, now);
    return { partner, keyId: apiKey.id };
  });
  context.partnerCache.changed();
  return { partnerId: registered.partner.id, keyId: registered.keyId, secret: key };
}

/** Returns the partner's first API key: all scopes of partners that the caller holds, except reading personal data. */
function keyOf({ name, keyName }: OnboardingRequest, { caller }: GraphContext) {
  const scopes: readonly Scope[] = scopesOfRole.PARTNER.filter(
    (scope) => scope !== "viewer:pii" && caller.scopes.has(scope),
  );
  return {
    name: keyName ?? name,
    role: "PARTNER" as const,
    scopes,
    allowedOrigins: [],
    allowedNetworks: [],
    expiresAt: null,
  };
}

/** Returns the partner and key that an interrupted attempt registered; null if there are none. */
async function earlierResult(
  request: OnboardingRequest,
  begunAt: number,
  context: GraphContext,
): Promise<string | null> {
  context.partnerCache.changed();
  const [trackingId = ""] = request.trackingIds;
  const partner = (await context.partnerCache.read()).byTrackingId(trackingId);
  if (!partner || partner.name !== request.name || partner.createdAt < begunAt) return null;
  const [key] = await context.store.apiKeys.list({ partnerId: partner.id });
  return key ? `${partner.id} ${key.id}` : null;
}

function tokenOperation(index: number): string {
  return `${OPERATION}/subscribeToken/${index}`;
}
