import ts from "typescript";
import { describe, expect, it } from "vitest";
import { ApplicationError } from "../../src/model/errors.ts";
import { Secret } from "../../src/model/secret.ts";
import type { PublishTokenRecord, SubscribeTokenRecord } from "../../src/model/token/token.ts";
import { encodeGlobalId } from "../../src/schema/global-id.ts";
import { keyComparison } from "../../src/schema/key/create-api-key.ts";
import { matchesRequest } from "../../src/schema/matches-request.ts";
import { publishTokenComparison, subscribeTokenComparison } from "../../src/schema/token/token-comparison.ts";
import { transcoderComparison } from "../../src/schema/transcoder/create-transcoder.ts";
import { LEASE_MS } from "../../src/store/idempotency.ts";
import type { ApiKeyRecord } from "../../src/store/records.ts";
import type { Store } from "../../src/store/store.ts";
import type { NewPublishToken } from "../../src/upstream/publish-tokens.ts";
import type { NewSubscribeToken } from "../../src/upstream/subscribe-tokens.ts";
import { endingAt } from "../support/ending-keys.ts";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";
import { platformTokens } from "../support/platform-tokens.ts";

/** The fields of an exported type, inherited ones included. */
function fieldsOf(file: string, name: string): string[] {
  const path = new URL(`../../src/upstream/${file}`, import.meta.url).pathname;
  const program = ts.createProgram([path], { allowImportingTsExtensions: true, noEmit: true, strict: true });
  const source = program.getSourceFile(path);
  const checker = program.getTypeChecker();
  const symbol = source && checker.getSymbolAtLocation(source);
  const type = symbol && checker.getExportsOfModule(symbol).find((exported) => exported.name === name);
  if (!type) throw new Error(`${file} exports no ${name}`);
  return checker
    .getDeclaredTypeOfSymbol(type)
    .getProperties()
    .map((property) => property.name)
    .sort();
}

const NOW = Date.parse("2026-03-18T10:20:00Z");
const span = { begunAt: NOW, now: NOW + 4_000 };

const common = {
  id: 1,
  label: "show",
  secret: new Secret("secret"),
  isActive: true,
  addedAt: NOW,
  expiresAt: null,
  streams: [{ pattern: "new-show", isRegex: false }],
  allowedOrigins: [],
  allowedIpAddresses: [],
  bindIpsOnUsage: 0,
  countries: { allowedCountries: [], deniedCountries: [] },
  originCluster: null,
  effective: { originCluster: "phx-1", allowedCountries: [], deniedCountries: [], geoCascade: null },
};
const publishToken: PublishTokenRecord = {
  ...common,
  kind: "PublishToken",
  isSecured: false,
  isMultisource: true,
  isRecording: false,
  isClipping: false,
  hasThumbnails: false,
  isLowLatencyRtmp: true,
  isDrm: false,
  isUtcInserted: null,
  priority: null,
  restreams: [],
  geoCascade: null,
  isSrtEncrypted: false,
  srtPassphrase: null,
};
const subscribeToken: SubscribeTokenRecord = { ...common, kind: "SubscribeToken", trackingId: null };
const plain = { label: "show", streams: [{ pattern: "new-show", isRegex: false }] };

/** One value of each field that a token made of {@link plain} does not have. */
const otherwise: Required<NewPublishToken & NewSubscribeToken> = {
  label: "another",
  streams: [{ pattern: "new-show", isRegex: true }],
  expiresInSeconds: 3_600,
  originCluster: "fra-1",
  allowedOrigins: ["acme.example"],
  allowedIpAddresses: ["192.0.2.1"],
  bindIpsOnUsage: 2,
  allowedCountries: ["DE"],
  deniedCountries: ["FR"],
  isSecured: true,
  isMultisource: false,
  isRecording: true,
  isClipping: true,
  hasThumbnails: true,
  isLowLatencyRtmp: false,
  isSrtEncrypted: true,
  isDrm: true,
  isUtcInserted: false,
  priority: 3,
  geoCascade: { isEnabled: true, clusters: ["all"] },
  trackingId: "acme",
};

describe("what a lost token is recognised by", () => {
  it("is every field of a new publish token, and of a new subscribe token", () => {
    expect(Object.keys(publishTokenComparison).sort()).toEqual(fieldsOf("publish-tokens.ts", "NewPublishToken"));
    expect(Object.keys(subscribeTokenComparison).sort()).toEqual(fieldsOf("subscribe-tokens.ts", "NewSubscribeToken"));
    expect(Object.keys(transcoderComparison).sort()).toEqual(fieldsOf("transcoders.ts", "NewTranscoder"));
  });

  it("fits the token that was made of it", () => {
    expect(matchesRequest(publishTokenComparison, plain, publishToken, span)).toBe(true);
    expect(matchesRequest(subscribeTokenComparison, plain, subscribeToken, span)).toBe(true);
  });

  it.each(Object.keys(publishTokenComparison) as (keyof NewPublishToken)[])(
    "tells publish tokens apart by %s",
    (field) => {
      const wished = { ...plain, [field]: otherwise[field] };
      expect(matchesRequest(publishTokenComparison, wished, publishToken, span)).toBe(false);
    },
  );

  it.each(Object.keys(subscribeTokenComparison) as (keyof NewSubscribeToken)[])(
    "tells subscribe tokens apart by %s, asked for and left out",
    (field) => {
      const wished = { ...plain, [field]: otherwise[field] };
      expect(matchesRequest(subscribeTokenComparison, wished, subscribeToken, span)).toBe(false);
    },
  );

  it("is not a token with a setting that nobody asked for", () => {
    const made = [
      { expiresAt: NOW + 3_600_000 },
      { allowedOrigins: ["acme.example"] },
      { allowedIpAddresses: ["192.0.2.1"] },
      { bindIpsOnUsage: 2 },
      { countries: { allowedCountries: ["DE"], deniedCountries: [] } },
      { originCluster: "fra-1" },
      { trackingId: "acme" },
      { streams: [...plain.streams, { pattern: "other", isRegex: false }] },
    ];
    for (const more of made) {
      expect(matchesRequest(subscribeTokenComparison, plain, { ...subscribeToken, ...more }, span)).toBe(false);
    }
  });

  it("is an expiry that the life can lead to, with five seconds of tolerance", () => {
    const fits = (expiresAt: number) =>
      matchesRequest(
        subscribeTokenComparison,
        { ...plain, expiresInSeconds: 60 },
        { ...subscribeToken, expiresAt },
        span,
      );
    const [earliest, latest] = [span.begunAt + 60_000 - 5_000, span.now + 60_000 + 5_000];
    expect([earliest - 1, earliest, latest, latest + 1].map(fits)).toEqual([false, true, true, false]);
  });
});

type Made = { readonly tokenId: number } & Record<string, unknown>;
interface Answer {
  readonly token: Made | null;
  readonly codes: readonly string[];
}

async function create(
  gateway: TestGateway,
  kind: "Publish" | "Subscribe",
  key: string,
  input: object,
): Promise<Answer> {
  const field =
    kind === "Publish" ? "publishToken { tokenId isSecured }" : "subscribeToken { tokenId allowedOrigins expiresAt }";
  const { data } = await gateway.ask<{
    made: { publishToken?: Made; subscribeToken?: Made; userErrors: { code: string }[] };
  }>(
    `mutation ($input: Create${kind}TokenInput!) { made: create${kind}Token(input: $input) { ${field} userErrors { code } } }`,
    { input: { idempotencyKey: key, label: "show", streams: [{ pattern: "new-show" }], ...input } },
  );
  const { publishToken: published, subscribeToken: subscribed, userErrors } = data.made;
  return { token: published ?? subscribed ?? null, codes: userErrors.map(({ code }) => code) };
}

/** Loses the answer of the next creation, and of the look for what it made. */
function loseAnswer({ sandbox }: TestGateway, kind: "publish_token" | "subscribe_token") {
  sandbox.fault({ method: "POST", path: `/api/${kind}`, drop: "after", times: 1 });
  sandbox.fault({ method: "GET", path: `/api/${kind}/list`, status: 400, times: 1 });
}

const fail = ({ sandbox }: TestGateway, path: string, status: number) =>
  sandbox.fault({ method: "POST", path, status, times: 1 });

describe("a creation whose answer was lost", () => {
  it("is never handed an open publish token where a secured one was asked for", async () => {
    await using gateway = await createTestGateway();
    loseAnswer(gateway, "publish_token");
    expect((await create(gateway, "Publish", "p2", { isSecured: false })).codes).toEqual(["OUTCOME_UNKNOWN"]);
    fail(gateway, "/api/publish_token", 500);
    expect(await create(gateway, "Publish", "p3", { isSecured: true })).toEqual({
      token: null,
      codes: ["OUTCOME_UNKNOWN"],
    });
    gateway.sandbox.clock.advance(11_000);
    expect((await create(gateway, "Publish", "p3", { isSecured: true })).token).toMatchObject({ isSecured: true });
    expect((await create(gateway, "Publish", "p2", { isSecured: false })).token).toMatchObject({ isSecured: false });
  });

  it("is never handed an unlimited subscribe token where a limited one was asked for", async () => {
    await using gateway = await createTestGateway();
    loseAnswer(gateway, "subscribe_token");
    expect((await create(gateway, "Subscribe", "k2", {})).codes).toEqual(["OUTCOME_UNKNOWN"]);
    fail(gateway, "/api/subscribe_token", 500);
    const limited = { allowedOrigins: ["acme.example"], expiresInSeconds: 3_600 };
    expect(await create(gateway, "Subscribe", "k3", limited)).toEqual({ token: null, codes: ["OUTCOME_UNKNOWN"] });
    gateway.sandbox.clock.advance(11_000);
    expect((await create(gateway, "Subscribe", "k2", {})).token).toMatchObject({ allowedOrigins: [], expiresAt: null });
    expect((await create(gateway, "Subscribe", "k3", limited)).token).toMatchObject({
      allowedOrigins: ["acme.example"],
    });
  });

  it("finds its own token again, whatever its settings", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ method: "POST", path: "/api/*_token", drop: "after", times: 2 });
    const published = await create(gateway, "Publish", "full", {
      isSecured: true,
      isMultisource: false,
      isClipping: true,
      hasThumbnails: true,
      isLowLatencyRtmp: false,
      isSrtEncrypted: true,
      isUtcInserted: true,
      priority: 7,
      geoCascade: { isEnabled: true, clusters: ["fra-1", "syd-1"] },
      originCluster: "fra-1",
      allowedOrigins: ["ACME.example", "*.acme.example"],
      allowedIpAddresses: ["192.0.2.0/24"],
      deniedCountries: ["DE", "FR"],
      expiresInSeconds: 7_200,
    });
    expect(published).toMatchObject({ token: { isSecured: true }, codes: [] });
    const subscribed = await create(gateway, "Subscribe", "full", {
      trackingId: "acme",
      bindIpsOnUsage: 3,
      allowedCountries: ["DE"],
      originCluster: "auto",
      expiresInSeconds: 60,
    });
    expect(subscribed.codes).toEqual([]);
  });

  it("is not handed what another operation made, be it ever so alike, and no roll-back deletes that", async () => {
    for (const more of [{}, { expiresInSeconds: 3_600 }]) {
      await using gateway = await createTestGateway();
      await onboard(gateway, "brook-radio");
      const { data } = await gateway.ask<{
        onboardPartner: { subscribeTokens: { subscribeToken: { tokenId: number } }[] };
      }>(
        `mutation ($input: OnboardPartnerInput!) { onboardPartner(input: $input) { subscribeTokens { subscribeToken { tokenId } } userErrors { code } } }`,
        {
          input: {
            idempotencyKey: "o",
            name: "acme",
            trackingIds: ["acme"],
            grants: [{ pattern: "derby-final" }],
            ...more,
          },
        },
      );
      const onboarded = data.onboardPartner.subscribeTokens.map(({ subscribeToken: { tokenId } }) => tokenId);
      fail(gateway, "/api/subscribe_token", 500);
      fail(gateway, "/api/subscribe_token", 400);
      const { data: sold } = await gateway.ask<{ syndicateStream: { steps: { state: string; token: Made | null }[] } }>(
        `mutation ($input: SyndicateStreamInput!) { syndicateStream(input: $input) {
           steps { state token { tokenId } } userErrors { code } } }`,
        {
          input: {
            idempotencyKey: "s",
            stream: { name: "derby-final" },
            partners: [{ trackingId: "acme" }, { trackingId: "brook-radio" }],
            expiresInSeconds: 3_600,
          },
        },
      );
      for (const { token } of sold.syndicateStream.steps) expect(onboarded).not.toContain(token?.tokenId);
      const left = await platformTokens(gateway.sandbox, "acme");
      expect(left).toContainEqual(expect.objectContaining({ id: onboarded[0], isActive: true }));
    }
  });

  it("leaves a token that another lost request may have made, when its workflow is rolled back", async () => {
    await using gateway = await createTestGateway();
    for (const trackingId of ["acme", "brook-radio"]) await onboard(gateway, trackingId);
    const alike = {
      label: "acme: derby-final",
      streams: [{ pattern: "derby-final" }],
      trackingId: "acme",
      expiresInSeconds: 3_600,
    };
    loseAnswer(gateway, "subscribe_token");
    expect((await create(gateway, "Subscribe", "k2", alike)).codes).toEqual(["OUTCOME_UNKNOWN"]);
    const [made] = await platformTokens(gateway.sandbox, "acme");
    fail(gateway, "/api/subscribe_token", 500);
    fail(gateway, "/api/subscribe_token", 400);
    await gateway.ask(
      `mutation ($input: SyndicateStreamInput!) { syndicateStream(input: $input) { userErrors { code } } }`,
      {
        input: {
          idempotencyKey: "s",
          stream: { name: "derby-final" },
          partners: [{ trackingId: "acme" }, { trackingId: "brook-radio" }],
          expiresInSeconds: 3_600,
        },
      },
    );
    expect(await platformTokens(gateway.sandbox, "acme")).toContainEqual(made);
    expect((await create(gateway, "Subscribe", "k2", alike)).token?.tokenId).toBe(made?.id);
  });

  it("is never handed a smaller transcoder than was asked for", async () => {
    await using gateway = await createTestGateway();
    const createTranscoder = async (key: string, height: number, frameRate: number) => {
      const { data } = await gateway.ask<{
        createTranscoder: { transcoder: { profile: { height: number } } | null; userErrors: { code: string }[] };
      }>(
        `mutation { createTranscoder(input: { idempotencyKey: "${key}", name: "desk", clusterId: "phx-1", height: ${height}, frameRate: ${frameRate} }) {
           transcoder { profile { height } } userErrors { code } } }`,
      );
      return data.createTranscoder;
    };
    gateway.sandbox.fault({ method: "POST", path: "/api/transcoders", drop: "after", times: 1 });
    gateway.sandbox.fault({ method: "GET", path: "/api/transcoders", status: 400, times: 1 });
    expect((await createTranscoder("t0", 720, 30)).userErrors).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
    fail(gateway, "/api/transcoders", 500);
    expect((await createTranscoder("t1", 1080, 60)).userErrors).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
    gateway.sandbox.clock.advance(11_000);
    expect((await createTranscoder("t1", 1080, 60)).transcoder).toEqual({ profile: { height: 1080 } });
    expect((await createTranscoder("t0", 720, 30)).transcoder).toEqual({ profile: { height: 720 } });
  });

  it("is never handed a distribution that differs in being the default, nor a key whose secret is another's", async () => {
    await using gateway = await createTestGateway();
    const distribute = async (key: string, isDefault: boolean) => {
      const { data } = await gateway.ask<{
        made: { mediaDistribution: { id: string; isDefault: boolean } | null; userErrors: { code: string }[] };
      }>(
        `mutation { made: createMediaDistribution(input: { idempotencyKey: "${key}", name: "site", isDefault: ${isDefault} }) {
           mediaDistribution { id isDefault } userErrors { code } } }`,
      );
      return data.made;
    };
    const path = "/api/v3/media/distributions";
    gateway.sandbox.fault({ method: "POST", path, drop: "after", times: 1 });
    gateway.sandbox.fault({ method: "GET", path, status: 400, times: 1 });
    expect((await distribute("d0", true)).userErrors).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
    fail(gateway, path, 500);
    expect((await distribute("d1", false)).userErrors).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
    gateway.sandbox.clock.advance(11_000);
    const plainOne = await distribute("d1", false);
    expect(plainOne.mediaDistribution).toMatchObject({ isDefault: false });

    const id = plainOne.mediaDistribution?.id ?? "";
    const addKey = async (key: string, secret: string) => {
      const { data } = await gateway.ask<{
        made: { newKey: { keyId: string } | null; userErrors: { code: string }[] };
      }>(
        `mutation ($id: ID!, $secret: String!) { made: addMediaKey(input: { idempotencyKey: "${key}", distribution: { id: $id },
           key: { name: "cdn", secret: $secret } }) { userErrors { code } } }`,
        { id, secret },
      );
      return data.made.userErrors.map(({ code }) => code);
    };
    gateway.sandbox.fault({ method: "POST", path: `${path}/*`, drop: "after", times: 1 });
    gateway.sandbox.fault({ method: "GET", path: `${path}/*`, status: 500, skip: 1, times: 3 });
    expect(await addKey("m0", "a".repeat(40))).toEqual(["OUTCOME_UNKNOWN"]);
    fail(gateway, `${path}/*`, 500);
    expect(await addKey("m1", "b".repeat(40))).toEqual(["OUTCOME_UNKNOWN"]);
  });
});

describe("what a lost API key is recognised by", () => {
  const made: ApiKeyRecord = {
    kind: "ApiKey",
    id: "1",
    name: "desk",
    role: "ANALYST",
    partnerId: null,
    scopes: ["usage:read"],
    allowedOrigins: [],
    allowedNetworks: [],
    createdAt: NOW,
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
    replacedById: null,
  };
  const wished = {
    name: "desk",
    role: "ANALYST" as const,
    partnerId: null,
    scopes: ["usage:read"],
    allowedOrigins: [],
    allowedNetworks: [],
    expiresInSeconds: undefined,
  };

  it("fits the key that was made of it", () => {
    expect(matchesRequest(keyComparison, wished, made, span)).toBe(true);
  });

  it.each([
    { name: "other" },
    { role: "OPERATOR" as const },
    { partnerId: "1" },
    { scopes: ["usage:read", "stream:read"] },
    { scopes: [] },
    { allowedOrigins: ["https://acme.example"] },
    { allowedNetworks: ["192.0.2.0/24"] },
    { expiresInSeconds: 60 },
  ])("tells keys apart by %o", (other) => {
    expect(matchesRequest(keyComparison, { ...wished, ...other }, made, span)).toBe(false);
  });
});

describe("a createApiKey that was cut off", () => {
  it("is never handed the key of another request, which may do more, and finds its own again", async () => {
    await using gateway = await createTestGateway();
    const document = `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) {
      apiKey { id scopes { name } } secret userErrors { code } } }`;
    interface Answer {
      readonly createApiKey: {
        readonly apiKey: { readonly id: string; readonly scopes: readonly { readonly name: string }[] } | null;
        readonly secret: string | null;
        readonly userErrors: readonly { readonly code: string }[];
      };
    }
    const input = { name: "desk", role: "ANALYST", scopes: ["usage:read", "stream:read"] };
    const wide = { ...input, idempotencyKey: "wide" };
    const others = [
      { ...input, idempotencyKey: "fewer scopes", scopes: ["usage:read"] },
      { ...input, idempotencyKey: "networks", allowedNetworks: ["192.0.2.0/24"] },
      { ...input, idempotencyKey: "origins", allowedOrigins: ["https://acme.example"] },
      { ...input, idempotencyKey: "life", expiresInSeconds: 60 },
    ];
    const lost = () => Promise.reject(new ApplicationError("OUTCOME_UNKNOWN", "the answer was lost"));
    const transaction: Store["transaction"] = (work) =>
      gateway.store.transaction((tables) => work({ ...tables, apiKeys: { ...tables.apiKeys, create: lost } }));
    await using losing = await createTestGateway({
      over: gateway.sandbox,
      gateway: { store: { ...gateway.store, transaction } },
    });
    for (const other of others) {
      const { data, errors } = await losing.ask<Answer>(document, { input: other });
      expect(errors).toEqual([]);
      expect(data.createApiKey, other.idempotencyKey).toEqual({
        apiKey: null,
        secret: null,
        userErrors: [{ code: "OUTCOME_UNKNOWN" }],
      });
    }
    const idempotencyKeys = endingAt(gateway.store.idempotencyKeys, "createApiKey");
    {
      await using ending = await createTestGateway({
        over: gateway.sandbox,
        gateway: { store: { ...gateway.store, idempotencyKeys } },
      });
      expect((await ending.ask(document, { input: wide })).errors).toHaveLength(1);
    }
    gateway.sandbox.clock.advance(LEASE_MS);
    const [first] = await gateway.store.apiKeys.list({});
    gateway.sandbox.clock.advance(11_000);
    for (const other of others) {
      const { data } = await gateway.ask<Answer>(document, { input: other });
      expect(data.createApiKey, other.idempotencyKey).toMatchObject({ secret: expect.any(String), userErrors: [] });
    }
    const { data } = await gateway.ask<Answer>(document, { input: wide });
    expect(data.createApiKey).toEqual({
      apiKey: { id: encodeGlobalId("ApiKey", first?.id ?? ""), scopes: input.scopes.map((name) => ({ name })) },
      secret: null,
      userErrors: [],
    });
    expect(await gateway.store.apiKeys.list({})).toHaveLength(1 + others.length);
  });
});
