import { type GraphQLObjectType, isObjectType } from "graphql";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { allScopes, type Role, type Scope, scopesOfRole } from "../../src/auth/scopes.ts";
import { encodeGlobalId } from "../../src/schema/global-id.ts";
import { addKey } from "../support/api-keys.ts";
import { type Ask, createTestGateway, graphqlRequest } from "../support/gateway.ts";
import { createWorld, futile, mutationText, rootFields, schema, succeeding, type World } from "../support/mutations.ts";

/** The scope that a field needs, and the roles that may call it with the scope. */
type Rule = readonly [scope: Scope | null, ...roles: Role[]];

const EVERYBODY = ["OPERATOR", "ANALYST", "PARTNER"] as const;

/** Every field of Query. */
const queries: Readonly<Record<string, Rule>> = {
  account: ["usage:read", "OPERATOR", "ANALYST"],
  apiKeys: ["key:admin", "OPERATOR"],
  auditLog: ["audit:read", "OPERATOR", "ANALYST"],
  canView: ["token:read", "OPERATOR", "ANALYST"],
  clusters: ["stream:read", "OPERATOR", "ANALYST"],
  findings: ["partner:read", "OPERATOR", "ANALYST"],
  ingestPlan: ["token:reveal", "OPERATOR"],
  limits: [null, ...EVERYBODY],
  me: [null, ...EVERYBODY],
  mediaAsset: ["stream:read", "OPERATOR", "ANALYST"],
  mediaAssets: ["stream:read", "OPERATOR", "ANALYST"],
  mediaDistributions: ["stream:read", "OPERATOR", "ANALYST"],
  // By the type of the object: see `nodes` below.
  node: [null, ...EVERYBODY],
  nodes: [null, ...EVERYBODY],
  partner: ["usage:read", ...EVERYBODY],
  partnersByTrackingId: ["usage:read", ...EVERYBODY],
  partners: ["usage:read", ...EVERYBODY],
  protocolInfo: [null, ...EVERYBODY],
  publishToken: ["token:read", "OPERATOR", "ANALYST"],
  publishTokensById: ["token:read", "OPERATOR", "ANALYST"],
  publishTokens: ["token:read", "OPERATOR", "ANALYST"],
  refusedAttempts: ["audit:read", "OPERATOR", "ANALYST"],
  stream: ["stream:read", ...EVERYBODY],
  streamsByName: ["stream:read", ...EVERYBODY],
  streams: ["stream:read", ...EVERYBODY],
  subscribeToken: ["token:read", ...EVERYBODY],
  subscribeTokensById: ["token:read", ...EVERYBODY],
  subscribeTokens: ["token:read", ...EVERYBODY],
  transcoder: ["stream:read", "OPERATOR", "ANALYST"],
  transcoders: ["stream:read", "OPERATOR", "ANALYST"],
  usageCollection: ["usage:read", "OPERATOR", "ANALYST"],
  viewerRecords: ["viewer:read", ...EVERYBODY],
};

/** Every field of Mutation. */
const mutations: Readonly<Record<string, Rule>> = {
  addMediaKey: ["media:write", "OPERATOR"],
  adoptTrackingId: ["partner:admin", "OPERATOR"],
  createApiKey: ["key:admin", "OPERATOR"],
  createClip: ["media:write", "OPERATOR"],
  createMediaDistribution: ["media:write", "OPERATOR"],
  // A partner makes sessions of its own with any scope, which `partnersNeedNoScope` says.
  createPartnerSession: ["key:admin", "OPERATOR", "PARTNER"],
  createPublishToken: ["token:write", "OPERATOR"],
  createSubscribeToken: ["token:write", "OPERATOR"],
  createTranscoder: ["transcoder:write", "OPERATOR"],
  deleteMediaAssets: ["media:write", "OPERATOR"],
  deleteMediaDistribution: ["media:write", "OPERATOR"],
  deletePublishToken: ["token:write", "OPERATOR"],
  deleteSubscribeToken: ["token:write", "OPERATOR"],
  deleteTranscoder: ["transcoder:write", "OPERATOR"],
  disablePublishTokens: ["token:write", "OPERATOR"],
  disableSubscribeTokens: ["token:write", "OPERATOR"],
  enablePublishTokens: ["token:write", "OPERATOR"],
  enableSubscribeTokens: ["token:write", "OPERATOR"],
  inspectViewerToken: ["token:sign", "OPERATOR", "PARTNER"],
  onboardPartner: ["partner:admin", "OPERATOR"],
  releaseTrackingId: ["partner:admin", "OPERATOR"],
  removeMediaKey: ["media:write", "OPERATOR"],
  recordPatternCoverage: ["token:write", "OPERATOR"],
  reprioritizeStream: ["stream:control", "OPERATOR"],
  resumePartner: ["partner:admin", "OPERATOR"],
  retirePartner: ["partner:admin", "OPERATOR"],
  revokeApiKey: ["key:admin", "OPERATOR"],
  rotateApiKey: ["key:admin", "OPERATOR"],
  rotatePartnerTokens: ["partner:admin", "OPERATOR"],
  rotatePublishToken: ["token:write", "OPERATOR"],
  rotateSubscribeToken: ["token:write", "OPERATOR"],
  setBillingTimeZone: ["partner:admin", "OPERATOR"],
  setDefaultCluster: ["token:write", "OPERATOR"],
  setGeoCascade: ["token:write", "OPERATOR"],
  setGeoRules: ["token:write", "OPERATOR"],
  setRecording: ["media:write", "OPERATOR"],
  setRestreamTargets: ["token:write", "OPERATOR"],
  signViewerToken: ["token:sign", "OPERATOR", "PARTNER"],
  signViewerTokens: ["token:sign", "OPERATOR", "PARTNER"],
  startConferenceStream: ["stream:control", "OPERATOR"],
  stopAllStreams: ["stream:control", "OPERATOR"],
  stopConferenceStream: ["stream:control", "OPERATOR"],
  stopStream: ["stream:control", "OPERATOR"],
  suspendPartner: ["partner:admin", "OPERATOR"],
  syncRestreams: ["stream:control", "OPERATOR"],
  syndicateStream: ["partner:admin", "OPERATOR"],
  triggerThumbnail: ["media:write", "OPERATOR"],
  updateMediaAsset: ["media:write", "OPERATOR"],
  updateMediaDistribution: ["media:write", "OPERATOR"],
  updateMediaExpiry: ["media:write", "OPERATOR"],
  undoAdoption: ["partner:admin", "OPERATOR"],
  updatePartner: ["partner:admin", "OPERATOR"],
  updatePublishToken: ["token:write", "OPERATOR"],
  updateStreamFeatures: ["token:write", "OPERATOR"],
  updateSubscribeToken: ["token:write", "OPERATOR"],
  updateTranscoder: ["transcoder:write", "OPERATOR"],
};

const partnersNeedNoScope = ["createPartnerSession"];

/** The scope that `node` needs for an object of each type: of the broadcaster's people, and of a partner's callers. */
const nodes: Readonly<Record<string, readonly [staff: Scope, partner: Scope | null]>> = {
  Account: ["usage:read", null],
  ApiKey: ["key:admin", "partner:read"],
  AuditEntry: ["audit:read", null],
  Cluster: ["stream:read", null],
  MediaAsset: ["stream:read", null],
  MediaDistribution: ["stream:read", null],
  Partner: ["usage:read", "usage:read"],
  PublishToken: ["token:read", null],
  Stream: ["stream:read", "stream:read"],
  SubscribeToken: ["token:read", "token:read"],
  Transcoder: ["stream:read", null],
  ViewerRecord: ["viewer:read", "viewer:read"],
};

const tables = { Query: queries, Mutation: mutations } as const;
type Kind = keyof typeof tables;
const ROLES = ["OPERATOR", "ANALYST", "PARTNER"] as const;

let world: World;
let keyOf: (role: Role, scopes: readonly Scope[]) => Promise<Ask>;

beforeAll(async () => {
  const gateway = await createTestGateway({ conference: true });
  world = await createWorld(gateway);
  const partnerId = (await gateway.store.partners.all()).find(({ name }) => name === "meadow-tv")?.id ?? null;
  keyOf = async (role, scopes) => {
    const { key } = await addKey(gateway, { role, scopes, partnerId: role === "PARTNER" ? partnerId : null });
    return gateway.as(key).ask;
  };
});
afterEach(() => void vi.restoreAllMocks());
afterAll(() => world[Symbol.asyncDispose]());

/** The root fields that a caller is refused for lack of a right, asked ten at a time with arguments that do nothing. */
async function refused(ask: Ask, kind: Kind): Promise<string[]> {
  const names = Object.keys(tables[kind]);
  const found: string[] = [];
  for (let from = 0; from < names.length; from += 10) {
    const fields = names.slice(from, from + 10).map((name) => futile(kind, name));
    const { errors } = await ask(`${kind.toLowerCase()} { ${fields.join(" ")} }`);
    for (const { path, extensions } of errors) if (extensions.code === "FORBIDDEN") found.push(String(path?.[0]));
  }
  return found.sort();
}

/** The root fields that the tables refuse to a caller. */
function refusedByTable(role: Role, scopes: readonly Scope[], kind: Kind): string[] {
  return Object.entries(tables[kind])
    .filter(([name, [scope, ...roles]]) => {
      const isFree = scope === null || (role === "PARTNER" && partnersNeedNoScope.includes(name));
      return !roles.includes(role) || !(isFree || scopes.includes(scope));
    })
    .map(([name]) => name)
    .sort();
}

/** What a refused caller must leave as it is. */
async function everything() {
  const { partners, apiKeys } = world.store;
  return {
    partners: await partners.all(),
    keys: (await apiKeys.list({})).map(({ lastUsedAt: _, ...key }) => key),
    publishTokens: structuredClone(world.sandbox.tokens.publish()),
    subscribeTokens: structuredClone(world.sandbox.tokens.subscribe()),
  };
}

describe("the tables of rights", () => {
  it.each(["Query", "Mutation"] as const)("name every field of %s, and no other", (kind) => {
    expect(Object.keys(tables[kind]).sort()).toEqual(rootFields(kind).sort());
  });

  it("name every type that has an id, and no other", () => {
    const types = Object.values(schema.getTypeMap()).filter(
      (type): type is GraphQLObjectType =>
        isObjectType(type) && type.getInterfaces().some(({ name }) => name === "Node"),
    );
    expect(Object.keys(nodes).sort()).toEqual(types.map(({ name }) => name).sort());
  });

  it("have arguments with which each mutation succeeds", () => {
    expect(Object.keys(succeeding).sort()).toEqual(rootFields("Mutation").sort());
  });
});

describe.each(["Query", "Mutation"] as const)("%s", (kind) => {
  it.each(ROLES)("gives a caller of role %s with all its scopes what the table says", async (role) => {
    const scopes = scopesOfRole[role];
    expect(await refused(await keyOf(role, scopes), kind)).toEqual(refusedByTable(role, scopes, kind));
  });

  it.each(ROLES)("gives a caller of role %s without any scope what needs none", async (role) => {
    expect(await refused(await keyOf(role, []), kind)).toEqual(refusedByTable(role, [], kind));
  });

  it.each(allScopes)("refuses what needs %s to whoever holds every other scope, and nothing else", async (missing) => {
    for (const role of ROLES) {
      const scopes = scopesOfRole[role].filter((scope) => scope !== missing);
      const expected = refusedByTable(role, scopes, kind);
      expect(await refused(await keyOf(role, scopes), kind), role).toEqual(expected);
    }
  });

  it.each(allScopes)("asks for %s alone where that is what it needs", async (only) => {
    for (const role of ROLES.filter((each) => scopesOfRole[each].includes(only))) {
      expect(await refused(await keyOf(role, [only]), kind), role).toEqual(refusedByTable(role, [only], kind));
    }
  });
});

describe.each(Object.entries(mutations))("Mutation.%s", (name, [scope, ...roles]) => {
  it(`is refused before anything is done, unless ${roles.join(" or ")} calls it with ${scope}`, async () => {
    const text = mutationText(name, (await succeeding[name]?.(world)) ?? "");
    const callers: (readonly [Role, Ask])[] = [];
    for (const role of ROLES) {
      if (role === "PARTNER" && partnersNeedNoScope.includes(name)) continue;
      const held = scopesOfRole[role].filter((each) => !roles.includes(role) || each !== scope);
      callers.push([role, await keyOf(role, held)]);
    }
    const before = await everything();
    const writes = [vi.spyOn(world.store, "transaction"), vi.spyOn(world.store.idempotencyKeys, "begin")];
    world.sandbox.clearCalls();
    for (const [role, ask] of callers) {
      const { data, errors } = await ask(text);
      expect(data, role).toEqual({ [name]: null });
      expect(
        errors.map(({ extensions }) => extensions.code),
        role,
      ).toEqual(["FORBIDDEN"]);
    }
    const unknown = await world.gateway.fetch(graphqlRequest({ query: text }, { authorization: "Bearer nobody" }));
    expect([unknown.status, await unknown.json()]).toMatchObject([
      401,
      { errors: [{ extensions: { code: "UNAUTHENTICATED" } }] },
    ]);
    expect(world.sandbox.calls().map(({ method, path }) => `${method} ${path}`)).toEqual([]);
    for (const write of writes) expect(write).not.toHaveBeenCalled();
    expect(await everything()).toEqual(before);
  });
});

describe("a stranger", () => {
  it.each(["Query", "Mutation"] as const)(
    "is given no field of %s, with no credentials or false ones",
    async (kind) => {
      for (const name of Object.keys(tables[kind])) {
        for (const authorization of ["", "Bearer nobody", "Basic b3BlcmF0b3I6eA=="]) {
          const query = `${kind.toLowerCase()} { ${futile(kind, name)} }`;
          const response = await world.gateway.fetch(graphqlRequest({ query }, { authorization }));
          expect([name, response.status, await response.json()]).toMatchObject([
            name,
            401,
            { errors: [{ extensions: { code: "UNAUTHENTICATED" } }] },
          ]);
        }
      }
    },
  );
});

describe("node", () => {
  it.each(Object.entries(nodes))("asks for the scope of %s", async (type, [staff, partner]) => {
    const query = `{ node(id: "${encodeGlobalId(type, "none")}") { id } }`;
    const codeFor = async (role: Role, scopes: readonly Scope[]) => {
      const { errors } = await (await keyOf(role, scopes))(query);
      return errors[0]?.extensions.code ?? "ANSWERED";
    };
    const needed = { OPERATOR: staff, ANALYST: staff, PARTNER: partner } as const;
    for (const role of ROLES) {
      const scope = needed[role];
      const without = await codeFor(
        role,
        scopesOfRole[role].filter((each) => each !== scope),
      );
      // To a partner, an object that is not for partners is like one that is not there.
      expect([role, without]).toEqual([role, scope === null ? "NOT_FOUND" : "FORBIDDEN"]);
      if (scope === null || !scopesOfRole[role].includes(scope)) continue;
      expect([role, await codeFor(role, [scope])]).not.toEqual([role, "FORBIDDEN"]);
    }
  });
});
