import { readFileSync } from "node:fs";
import {
  buildSchema,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
} from "graphql";
import { expect } from "vitest";
import type { TestGateway } from "./gateway.ts";
import { onboard, type TestPartner } from "./partners.ts";

/** The graph as clients read it. */
export const schema = buildSchema(readFileSync(new URL("../../schema/schema.graphql", import.meta.url), "utf8"));

export const rootFields = (kind: "Query" | "Mutation"): string[] =>
  Object.keys((schema.getType(kind) as GraphQLObjectType).getFields());

/** Gateway with conference streaming enabled, and a partner with a key and a subscribe token. */
export interface World extends TestGateway {
  readonly meadow: TestPartner;
}

/** The arguments with which each mutation of the schema succeeds, prepared over the world that it is given. */
export const succeeding: Readonly<Record<string, (world: World) => Promise<string> | string>> = {
  addMediaKey: async (world) =>
    `input: { idempotencyKey: "k", distribution: { id: "${await distribution(world, "members")}" }, key: {} }`,
  adoptTrackingId: ({ meadow }) => `input: { partner: { id: "${meadow.id}" }, trackingId: "vista-plus" }`,
  createApiKey: () => `input: { idempotencyKey: "k", name: "reports", role: ANALYST, scopes: ["usage:read"] }`,
  createClip: () =>
    `input: { idempotencyKey: "k", stream: { name: "harbor-news-24" }, from: "2026-03-18T10:00:00Z", to: "2026-03-18T10:10:00Z" }`,
  createMediaDistribution: () => `input: { idempotencyKey: "k", name: "open" }`,
  createPartnerSession: ({ meadow }) => `input: { partner: { id: "${meadow.id}" }, scopes: ["usage:read"] }`,
  createPublishToken: () => `input: { idempotencyKey: "k", label: "gala", streams: [{ pattern: "spring-gala" }] }`,
  createSubscribeToken: () => `input: { idempotencyKey: "k", label: "gala", streams: [{ pattern: "derby-final" }] }`,
  createTranscoder: () =>
    `input: { idempotencyKey: "k", name: "studio", clusterId: "lon-1", height: 1080, frameRate: 30 }`,
  deleteMediaAssets: async (world) => `input: { mediaAssets: [{ assetId: "${await recording(world)}" }] }`,
  deleteMediaDistribution: async (world) => `input: { distribution: { id: "${await distribution(world, "doomed")}" } }`,
  deletePublishToken: () => `input: { token: { tokenId: 1021 } }`,
  deleteSubscribeToken: () => `input: { token: { tokenId: 5030 } }`,
  deleteTranscoder: async (world) => `input: { transcoder: { id: "${await transcoder(world, "doomed")}" } }`,
  disablePublishTokens: () => `input: { tokens: [{ tokenId: 1015 }, { tokenId: 1016 }] }`,
  disableSubscribeTokens: () => `input: { tokens: [{ tokenId: 5021 }, { tokenId: 5022 }] }`,
  enablePublishTokens: () => `input: { tokens: [{ tokenId: 1022 }] }`,
  enableSubscribeTokens: () => `input: { tokens: [{ tokenId: 5031 }] }`,
  inspectViewerToken: async (world) => `input: { jwt: "${await viewerToken(world)}" }`,
  onboardPartner: () =>
    `input: { idempotencyKey: "k", name: "Brook radio", trackingIds: ["brook-radio"], grants: [{ pattern: "derby-final" }] }`,
  releaseTrackingId: async (world) => {
    await done(
      world,
      `adoptTrackingId(input: { partner: { id: "${world.meadow.id}" }, trackingId: "freelance-spare" })`,
    );
    return `input: { partner: { id: "${world.meadow.id}" }, trackingId: "freelance-spare" }`;
  },
  removeMediaKey: async (world) => {
    const id = await distribution(world, "locked");
    const added = await done<{ newKey: { keyId: string } }>(
      world,
      `addMediaKey(input: { idempotencyKey: "removed", distribution: { id: "${id}" }, key: {} })`,
      "newKey { keyId }",
    );
    return `input: { distribution: { id: "${id}" }, keyId: "${added.newKey.keyId}", opensDistribution: true }`;
  },
  recordPatternCoverage: () => `input: { pattern: "^(?!internal-).+$", streamNames: ["derby-final"] }`,
  reprioritizeStream: () => `input: { stream: { name: "arena-main" }, priority: 7 }`,
  resumePartner: async (world) => {
    const { id } = await onboard(world, "resumed", ["derby-final"]);
    await done(world, `suspendPartner(input: { partner: { id: "${id}" } })`);
    return `input: { partner: { id: "${id}" } }`;
  },
  retirePartner: async (world) =>
    `input: { partner: { id: "${(await onboard(world, "retired", ["derby-final"])).id}" } }`,
  revokeApiKey: async (world) => `input: { id: "${await apiKey(world, "revoked")}" }`,
  rotateApiKey: async (world) => `input: { idempotencyKey: "k", id: "${await apiKey(world, "rotated")}" }`,
  rotatePartnerTokens: async (world) =>
    `input: { idempotencyKey: "k", partner: { id: "${(await onboard(world, "leaked", ["derby-final"])).id}" } }`,
  rotatePublishToken: () => `input: { idempotencyKey: "k", token: { tokenId: 1017 } }`,
  rotateSubscribeToken: () => `input: { idempotencyKey: "k", token: { tokenId: 5020 } }`,
  setBillingTimeZone: () => `input: { timeZone: "Europe/Berlin" }`,
  setDefaultCluster: () => `input: { clusterId: "lon-1" }`,
  setGeoCascade: () =>
    `input: { target: { publishToken: { tokenId: 1018 } }, geoCascade: { isEnabled: true, clusters: ["lon-1"] } }`,
  setGeoRules: () => `input: { target: { subscribeToken: { tokenId: 5019 } }, deniedCountries: ["FR"] }`,
  setRecording: () => `input: { stream: { name: "rehearsal" }, isRecording: true }`,
  setRestreamTargets: () =>
    `input: { publishToken: { tokenId: 1010 }, targets: [{ url: "rtmps://ingest.video.example/live", key: "key-of-it" }] }`,
  signViewerToken: ({ meadow }) =>
    `input: { token: { tokenId: ${meadow.tokenIds[0]} }, streamName: "derby-final", trackingId: "${meadow.trackingId}", expiresInSeconds: 60 }`,
  signViewerTokens: ({ meadow }) =>
    `input: { token: { tokenId: ${meadow.tokenIds[0]} }, streamName: "derby-final", trackingId: "${meadow.trackingId}", expiresInSeconds: 60, viewers: [{}, {}] }`,
  startConferenceStream: async (world) => {
    await done(
      world,
      `createPublishToken(input: { idempotencyKey: "hall", label: "hall", streams: [{ pattern: "town-hall" }], isSecured: false })`,
    );
    return `input: { conferenceId: "${CONFERENCE}", stream: { name: "town-hall" } }`;
  },
  stopAllStreams: () => "input: {}",
  stopConferenceStream: async (world) => {
    await done(
      world,
      `createPublishToken(input: { idempotencyKey: "other", label: "other", streams: [{ pattern: "other-hall" }], isSecured: false })`,
    );
    await done(
      world,
      `startConferenceStream(input: { conferenceId: "${OTHER_CONFERENCE}", stream: { name: "other-hall" } })`,
    );
    return `input: { conferenceId: "${OTHER_CONFERENCE}", target: OWN_STREAM }`;
  },
  stopStream: () => `input: { stream: { name: "derby-final" } }`,
  suspendPartner: async (world) =>
    `input: { partner: { id: "${(await onboard(world, "suspended", ["derby-final"])).id}" } }`,
  syncRestreams: () => `input: { publishToken: { tokenId: 1001 } }`,
  syndicateStream: ({ meadow }) =>
    `input: { idempotencyKey: "k", stream: { name: "aurora-night" }, partners: [{ id: "${meadow.id}" }] }`,
  triggerThumbnail: () => `input: { stream: { name: "derby-final" } }`,
  updateMediaAsset: async (world) =>
    `input: { mediaAsset: { assetId: "${await recording(world)}" }, customPath: "opera/night" }`,
  updateMediaDistribution: async (world) =>
    `input: { distribution: { id: "${await distribution(world, "renamed")}" }, name: "other" }`,
  updateMediaExpiry: () => `input: { clipDays: 30 }`,
  undoAdoption: async (world) => {
    await done(
      world,
      `adoptTrackingId(input: { partner: { id: "${world.meadow.id}" }, trackingId: "freelance-spare" })`,
    );
    return `input: { partner: { id: "${world.meadow.id}" }, trackingId: "freelance-spare" }`;
  },
  updatePartner: ({ meadow }) => `input: { partner: { id: "${meadow.id}" }, name: "Meadow TV" }`,
  updatePublishToken: () => `input: { token: { tokenId: 1020 }, label: "aurora" }`,
  updateStreamFeatures: () => `input: { stream: { name: "quay-cam" }, hasThumbnails: true }`,
  updateSubscribeToken: () => `input: { token: { tokenId: 5029 }, label: "opened" }`,
  updateTranscoder: async (world) =>
    `input: { transcoder: { id: "${await transcoder(world, "renamed")}" }, name: "other" }`,
};

const CONFERENCE = "7e9c0a52-6a4e-4c8e-9f3f-0a1b2c3d4e5f";
const OTHER_CONFERENCE = "1c9d0a52-6a4e-4c8e-9f3f-0a1b2c3d4e5f";

/** The world of a gateway. */
export async function createWorld(gateway: TestGateway): Promise<World> {
  return { ...gateway, meadow: await onboard(gateway, "meadow-tv", ["derby-final"]) };
}

/** A mutation with its arguments, and all that its payload tells: ids of objects, and the values that stand beside them. */
export function mutationText(name: string, args: string): string {
  const field = (schema.getMutationType() as GraphQLObjectType).getFields()[name];
  if (!field) throw new Error(`there is no mutation ${name}`);
  const selected = selection(getNamedType(field.type), 3).replace(/}$/, "userErrors { code message } }");
  return `mutation { ${name}${args && `(${args})`} ${selected} }`;
}

/** Every `id` and `deletedId` in an answer. */
export function idsIn(answer: unknown): string[] {
  if (typeof answer !== "object" || answer === null) return [];
  const own = Object.entries(answer).flatMap(([name, value]: [string, unknown]) =>
    typeof value === "string" && (name === "id" || name === "deletedId") ? [value] : idsIn(value),
  );
  return [...new Set(own)];
}

function selection(type: GraphQLNamedType, depth: number): string {
  if (!isObjectType(type) && !isInterfaceType(type)) return "";
  const fields = type.getFields();
  if (isInterfaceType(type) && !fields["id"]) {
    const isNode = schema
      .getPossibleTypes(type)
      .some((each) => each.getInterfaces().some(({ name }) => name === "Node"));
    return isNode ? "{ ... on Node { id } }" : "{ __typename }";
  }
  if (fields["id"]) return "{ id }";
  if (depth === 0) return "{ __typename }";
  const parts = Object.values(fields).flatMap(({ name, args, type: of }) => {
    if (name === "userErrors" || args.some((arg) => isNonNullType(arg.type) && arg.defaultValue === undefined))
      return [];
    return [`${name} ${selection(getNamedType(of), depth - 1)}`];
  });
  return `{ ${parts.join(" ")} }`;
}

/** Arguments of the right types that name nothing and break rules: what gets so far changes nothing. */
export function futile(kind: "Query" | "Mutation", name: string): string {
  const field = (schema.getType(kind) as GraphQLObjectType).getFields()[name];
  const args = (field?.args ?? []).filter(
    ({ type, defaultValue }) => isNonNullType(type) && defaultValue === undefined,
  );
  const given = args.map((arg) => `${arg.name}: ${sample(arg.type)}`).join(", ");
  const isComposite = field && "getFields" in getNamedType(field.type);
  return `${name}${given && `(${given})`}${isComposite ? " { __typename }" : ""}`;
}

function sample(type: GraphQLInputType): string {
  if (isNonNullType(type)) return sample(type.ofType);
  if (isListType(type)) return "[]";
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    const given = type.isOneOf
      ? fields.slice(0, 1)
      : fields.filter((field) => isNonNullType(field.type) && field.defaultValue === undefined);
    return `{ ${given.map((field) => `${field.name}: ${sample(field.type)}`).join(", ")} }`;
  }
  if ("getValues" in type) return type.getValues()[0]?.name ?? "";
  return SAMPLES[type.name] ?? '""';
}

const SAMPLES: Readonly<Record<string, string>> = {
  Int: "0",
  SafeInt: "0",
  Float: "0",
  Boolean: "false",
  DateTime: '"2026-03-18T10:00:00Z"',
  Duration: '"PT1H"',
  CountryCode: '"GB"',
  TimeZone: '"UTC"',
};

/** Does what a mutation needs to be there. */
async function done<Result>({ ask }: World, mutation: string, fields = ""): Promise<Result> {
  const { data, errors } = await ask<Record<string, Result & { userErrors: object[] }>>(
    `mutation { done: ${mutation} { ${fields} userErrors { code message } } }`,
  );
  expect(errors).toEqual([]);
  expect(data["done"]?.userErrors).toEqual([]);
  return data["done"] as Result;
}

async function distribution(world: World, name: string): Promise<string> {
  const made = await done<{ mediaDistribution: { id: string } }>(
    world,
    `createMediaDistribution(input: { idempotencyKey: "${name}", name: "${name}" })`,
    "mediaDistribution { id }",
  );
  return made.mediaDistribution.id;
}

async function transcoder(world: World, name: string): Promise<string> {
  const made = await done<{ transcoder: { id: string } }>(
    world,
    `createTranscoder(input: { idempotencyKey: "${name}", name: "${name}", clusterId: "lon-1", height: 1080, frameRate: 30, startsNow: false })`,
    "transcoder { id }",
  );
  return made.transcoder.id;
}

async function apiKey(world: World, name: string): Promise<string> {
  const made = await done<{ apiKey: { id: string } }>(
    world,
    `createApiKey(input: { idempotencyKey: "${name}", name: "${name}", role: ANALYST, scopes: ["usage:read"] })`,
    "apiKey { id }",
  );
  return made.apiKey.id;
}

async function viewerToken(world: World): Promise<string> {
  const signed = await done<{ viewerToken: { jwt: string } }>(
    world,
    `signViewerToken(${await succeeding["signViewerToken"]?.(world)})`,
    "viewerToken { jwt }",
  );
  return signed.viewerToken.jwt;
}

/** A recording of the seed. */
async function recording({ ask }: World): Promise<string> {
  const { data } = await ask<{ mediaAssets: { nodes: { assetId: string }[] } }>(
    "{ mediaAssets(first: 1, types: [RECORDING], states: [COMPLETE]) { nodes { assetId } } }",
  );
  return data.mediaAssets.nodes[0]?.assetId ?? "";
}
