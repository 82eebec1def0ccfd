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
import { createSubscribeTokenOnce } from "../token/create-token-idempotently.ts";
import { assertGrants, assertTtl, StreamGrantInput } from "../token/token-input.ts";
import { foreignTokens, newestToken } from "./former-holders.ts";
import { rollBackToken } from "./master-token.ts";
import { assertTrackingIds, partnerDetailFields } from "./partner-input.ts";
import { WorkflowStep } from "./step-type.ts";
import { LEAVES_TOKENS_OF_STEPS, type PlannedStep, runWorkflow, type Step, takenBack } from "./workflow.ts";

const OnboardPartnerInput = builder.inputType("OnboardPartnerInput", {
  description: "A partner to be, and what it is granted.",
  fields: (t) => ({
    idempotencyKey: t.id({
      required: true,
      description: "Of your choosing: the same key onboards the same partner, however often it is sent within a day.",
    }),
    name: t.string({ required: true, description: "What to call it: 1 to 128 characters." }),
    trackingIds: t.stringList({
      required: true,
      description:
        "Under which its viewers' bytes are counted, at least one, and no other partner's. Those that have traffic or tokens already are adopted. The first one is that of the new subscribe tokens.",
    }),
    ...partnerDetailFields(t),
    grants: t.field({
      type: [StreamGrantInput],
      required: true,
      defaultValue: [],
      description: "What it may watch: one subscribe token is made for each.",
    }),
    streamNames: t.stringList({
      description: "Streams that it is to sign for: refused with GRANT_NOT_COVERED if some grant opens none of them.",
    }),
    originCluster: t.string({
      description: "Cluster of its tokens, or `auto`; that of the streams' publish tokens when it is left out.",
    }),
    expiresInSeconds: t.int({ description: "How long from now its tokens last; for ever when it is left out." }),
    allowWildcard: t.boolean({
      required: true,
      defaultValue: false,
      description: "Says on purpose that a grant may open every stream of the account.",
    }),
    keyName: t.string({ description: "What to call its API key; the partner's name when it is left out." }),
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
    openedStreams: t.exposeInt("opened", { description: "How many of the known streams the grant opens." }),
    knownStreams: t.exposeInt("known", { description: "How many streams of the account are known by name." }),
    message: t.string({
      description: "The warning, for a person.",
      resolve: ({ grant, index, opened, known }) =>
        `\`input.grants.${index}.pattern\` opens ${opened} of the ${known} known streams; got \`${grant.pattern}\`.`,
    }),
  }),
});

const OnboardedToken = builder.objectRef<SubscribeTokenRecord>("OnboardedToken").implement({
  description: "A subscribe token that was made for a new partner.",
  fields: (t) => ({
    subscribeToken: t.field({ type: SubscribeToken, description: "The token.", resolve: (token) => token }),
    secret: t.string({
      description:
        "The token string, a signing key. A partner that signs by its own key of this gateway never needs it.",
      resolve: ({ secret }) => secret.reveal(),
    }),
  }),
});

const OnboardPartnerPayload = builder.objectRef<Onboarding>("OnboardPartnerPayload").implement({
  description: "The new partner with all that it needs, or every rule that stands against it.",
  interfaces: [MutationPayload],
  fields: (t) => ({
    partner: t.expose("partner", { type: Partner, nullable: true, description: "The partner." }),
    subscribeTokens: t.field({
      type: [OnboardedToken],
      description: "Its subscribe tokens, one for each grant, in their order.",
      resolve: ({ tokens }) => [...(tokens ?? [])],
    }),
    warnings: t.field({
      type: [GrantWarning],
      description: "The grants that open more than half of the known streams; empty where none does, or on a refusal.",
      resolve: ({ warnings }) => [...(warnings ?? [])],
    }),
    notices: t.field({
      type: ["String"],
      description:
        "What a person should know of the new partner: that its time zone has an offset of no whole hour, so that its figures are in UTC. Empty where there is nothing, or on a refusal.",
      resolve: ({ partner }, _args, { now }) =>
        partner && partner.status !== "UNCLAIMED" && !hasWholeHours(partner.timeZone, now)
          ? [
              `\`input.timeZone\` is shown only: ${partner.timeZone} has no whole hours from UTC, so its figures are in UTC.`,
            ]
          : [],
    }),
    steps: t.field({
      type: [WorkflowStep],
      description: "The tokens in the order of the grants, then the registration; empty where no step was begun.",
      resolve: ({ steps }) => [...(steps ?? [])],
    }),
    apiKey: t.expose("apiKey", { type: ApiKey, nullable: true, description: "Its key to this gateway." }),
    apiKeySecret: t.string({
      nullable: true,
      description:
        "The key itself: it is shown this once, and null when the request is repeated. Lost, it is replaced by rotateApiKey.",
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
      "Registers a partner, makes its subscribe tokens and its API key, all or nothing, except that a token which was only found by its settings after a lost answer is never deleted: its step says so. It is refused where a stream that it is granted is open to anyone, is published in another cluster, or by publishers that differ.",
    args: { input: t.arg({ type: OnboardPartnerInput, required: true, description: "Who, and what it is granted." }) },
    resolve: async (_root, { input }, context) => {
      let steps: readonly Step[] = [];
      const told = (all: readonly Step[]) => {
        steps = all;
      };
      return { ...(await payload(() => onboard(input, context, told))), steps };
    },
  }),
);

type Input = typeof OnboardPartnerInput.$inferInput;
type Wish = ReturnType<typeof checked>;

const OPERATION = "onboardPartner";

type Told = (steps: readonly Step[]) => void;

async function onboard(
  input: Input,
  context: GraphContext,
  told: Told,
): Promise<Omit<Onboarding, "userErrors" | "steps">> {
  const key = String(input.idempotencyKey);
  assertName(key, "input.idempotencyKey");
  const wish = checked(input);
  const { caller, idempotency } = context;
  // A repeated request has had its rules checked, and would now be in its own way.
  const isRepeated = await idempotency.knows({ caller: caller.principalId, operation: OPERATION, key });
  if (!isRepeated) await context.tokenCache.readRefreshed();
  const choices = await clusterChoices(wish, context);
  if (!isRepeated) await assertRules(wish, choices, context);
  const clusters = choices.map(({ originCluster }) => originCluster);
  let apiKeySecret: Secret | null = null;
  const attempt = async () => {
    const afterToken = newestToken(context);
    const plan = planTokens(wish, clusters, key, context);
    const steps = await makeTokens(plan, told);
    try {
      const made = await register(wish, claimOf(steps, afterToken), context);
      apiKeySecret = made.secret;
      return `${made.partnerId} ${made.keyId}`;
    } catch (error) {
      const { message, code } = error instanceof ApplicationError ? error : { message: "It failed.", code: null };
      told([...(await takenBack(steps, plan)), { ...registration, state: "FAILED", detail: message, code }]);
      throw error;
    }
  };
  const result = await idempotency.run({
    caller: caller.principalId,
    operation: OPERATION,
    key,
    input: wish,
    likeness: { trackingIds: wish.trackingIds },
    mayLeave: LEAVES_TOKENS_OF_STEPS,
    perform: attempt,
    recover: async ({ begunAt, isRepeated }) =>
      (await earlierResult(wish, begunAt, context)) ?? (isRepeated ? await attempt() : null),
  });
  const [partnerId = "", keyId = ""] = result.split(" ");
  const steps = await makeTokens(planTokens(wish, clusters, key, context), told);
  const partner = await context.loaders.partners.byId(partnerId);
  told([...steps, { ...registration, state: "DONE", partner }]);
  return {
    partner,
    tokens: steps.flatMap(({ token }) => (token?.kind === "SubscribeToken" ? [token] : [])),
    apiKey: await context.store.apiKeys.byId(keyId),
    apiKeySecret,
    warnings: broadGrants(wish.grants, await context.loaders.streamNames(), context.patternReadings.read),
  };
}

/** @throws InvalidInputError naming the argument */
function checked({ idempotencyKey: _key, ...input }: Input) {
  const wish = omitNulls(input);
  const { name, trackingIds, contact, timeZone, currency, notes, grants, keyName } = wish;
  assertPartnerDetails({ name, contact, timeZone, currency, notes }, "input");
  assertTrackingIds(trackingIds, "input.trackingIds");
  assertGrants(grants, "input.grants");
  assertTtl(wish.expiresInSeconds, "input.expiresInSeconds");
  if (keyName !== undefined) assertName(keyName, "input.keyName");
  for (const [index, stream] of (wish.streamNames ?? []).entries()) assertName(stream, `input.streamNames.${index}`);
  return wish;
}

/** One token for each grant. */
function planTokens(
  wish: Wish,
  clusters: readonly (string | undefined)[],
  key: string,
  context: GraphContext,
): PlannedStep[] {
  const [trackingId = ""] = wish.trackingIds;
  return wish.grants.map((grant, index) => ({
    name: "SUBSCRIBE_TOKEN",
    detail: `A subscribe token for \`${grant.pattern}\`.`,
    partner: null,
    reused: null,
    make: () =>
      createSubscribeTokenOnce(
        {
          operation: tokenOperation(index),
          idempotencyKey: key,
          input: {
            label: cutToName(`${wish.name}: ${grant.pattern}`),
            streams: [grant],
            trackingId,
            originCluster: clusters[index],
            expiresInSeconds: wish.expiresInSeconds,
          },
        },
        context,
      ),
    takeBack: (token) => rollBackToken(token, tokenOperation(index), key, context),
  }));
}

/** Makes all tokens or none: also when the request is repeated, which makes none a second time. */
async function makeTokens(plan: readonly PlannedStep[], told: Told): Promise<Step[]> {
  const { steps, failure } = await runWorkflow(plan);
  if (!failure) return steps;
  told([...steps, registration]);
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

/** The cluster of each grant's token, with the rules that stand against it. */
async function clusterChoices(wish: Wish, context: GraphContext): Promise<ClusterChoice[]> {
  const [tokens, known, clusters] = await Promise.all([
    context.loaders.tokens(),
    context.loaders.streamNames(),
    knownClusters(context),
  ]);
  const names = [...new Set([...known, ...(wish.streamNames ?? [])])];
  const { read } = context.patternReadings;
  const publishersOf = (grant: StreamGrant) => {
    const opened = names.filter(openedBy([grant], read)).concat(grant.isRegex ? [] : grant.pattern);
    const found = new Set<PublishTokenRecord>(opened.flatMap((name) => tokens.publish.possiblyCovering(name)));
    for (const token of tokens.publish.all()) if (mayShareNames(grant, token.streams, read)) found.add(token);
    return [...found].filter((token) => isUsable(token, context.now));
  };
  return wish.grants.map((grant, index) => {
    const publishers = publishersOf(grant);
    const choice = chooseCluster(publishers, wish.originCluster, clusters, "input.originCluster", read);
    const violations = publisherViolations(publishers, `input.grants.${index}`, read);
    return { ...choice, violations: [...violations, ...choice.violations] };
  });
}

/** @throws RuleViolations */
async function assertRules(wish: Wish, choices: readonly ClusterChoice[], context: GraphContext): Promise<void> {
  const { grants, trackingIds, allowWildcard, streamNames = [] } = wish;
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

/** Usable tokens that were made for partners that had the tracking ids before. */
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

/** The store has the last word when two race for one; asking first keeps tokens from being made for nothing. */
async function takenIds(trackingIds: readonly string[], { partnerCache }: GraphContext): Promise<ApplicationError[]> {
  partnerCache.changed();
  const partners = await partnerCache.read();
  return trackingIds.flatMap((trackingId, index) =>
    partners.byTrackingId(trackingId) ? [new TrackingIdTakenError(trackingId, `input.trackingIds.${index}`)] : [],
  );
}

/** The tokens of the steps are made for the partner, also those that an earlier attempt made. */
function claimOf(steps: readonly Step[], afterToken: number): Claim {
  const ids = steps.flatMap(({ token }) => (token ? [token.id] : []));
  return { afterToken: Math.min(afterToken, ...ids.map((id) => id - 1)), newestToken: Math.max(0, ...ids) };
}

/** Registers the partner with its key: both, or nothing. */
async function register(wish: Wish, claim: Claim, context: GraphContext) {
  const { key, hash } = generateApiKey();
  const { name, trackingIds, contact = null, timeZone = "UTC", currency = "USD", notes = null } = wish;
  // Later than the idempotency key, which began after the request: by this a repeated request recognises the partner.
  const now = context.clock();
  const made = await commitWithAudit(context, async ({ partners, apiKeys }) => {
    const partner = await partners.create({ name, trackingIds, contact, timeZone, currency, notes }, now, claim);
    const apiKey = await apiKeys.create({ ...keyOf(wish, context), partnerId: partner.id }, hash, now);
    return { partner, keyId: apiKey.id };
  });
  context.partnerCache.changed();
  return { partnerId: made.partner.id, keyId: made.keyId, secret: key };
}

/** The key allows all that partners may do but to read personal data, as far as its maker holds it: nobody gives more. */
function keyOf({ name, keyName }: Wish, { caller }: GraphContext) {
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

/** The partner that an attempt registered before it was cut off. */
async function earlierResult(wish: Wish, begunAt: number, context: GraphContext): Promise<string | null> {
  context.partnerCache.changed();
  const [trackingId = ""] = wish.trackingIds;
  const partner = (await context.partnerCache.read()).byTrackingId(trackingId);
  if (!partner || partner.name !== wish.name || partner.createdAt < begunAt) return null;
  const [key] = await context.store.apiKeys.list({ partnerId: partner.id });
  return key ? `${partner.id} ${key.id}` : null;
}

function tokenOperation(index: number): string {
  return `${OPERATION}/subscribeToken/${index}`;
}
