import type { AuditedAction } from "../../auth/audit-recorder.ts";
import { orIfFailed } from "../../model/errors.ts";
import type { AuditEffect } from "../../store/records.ts";
import type { Tables } from "../../store/store.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import { UpstreamError } from "../../upstream/upstream-error.ts";
import { encodeGlobalId } from "../global-id.ts";
import { registeredKey } from "../partner/find-partner.ts";

/** Stands for the account, whose id has to be read first. */
const ACCOUNT = Symbol("the account");
type Subject = string | typeof ACCOUNT;

/** Effect of a client's method on objects of the graph. */
interface Rule<Args, Result> {
  /** Returns the global ids of the objects that the arguments name. */
  readonly of: (args: Args) => readonly Subject[];
  /** Returns the objects that the result names, with their effects; replaces `of` after a success. */
  readonly result?: (result: Result, args: Args) => readonly (readonly [Subject, AuditEffect])[];
  /** Type of the object that the method creates: after a lost response, one may have been created. */
  readonly creates?: string;
  readonly deletes?: true;
}

type Rules<Client> = {
  readonly [Name in keyof Client]:
    | (NonNullable<Client[Name]> extends (...args: infer Args) => Promise<infer Result> ? Rule<Args, Result> : never)
    | null;
};

/** Clients of the upstream: the properties that are no functions. */
type Clients = {
  readonly [Name in keyof Upstream as NonNullable<Upstream[Name]> extends (...args: never[]) => unknown
    ? never
    : Name]: Upstream[Name];
};

const publishToken = (id: number) => encodeGlobalId("PublishToken", id);
const subscribeToken = (id: number) => encodeGlobalId("SubscribeToken", id);
const stream = (name: string) => encodeGlobalId("Stream", name);
const mediaAsset = (id: string) => encodeGlobalId("MediaAsset", id);
const mediaDistribution = (id: string) => encodeGlobalId("MediaDistribution", id);
const transcoder = (id: string) => encodeGlobalId("Transcoder", id);
const theAccount = (): readonly Subject[] => [ACCOUNT];
const changed = (subject: Subject) => [subject, "CHANGED"] as const;

/** Effects of every method of every client; null if it only reads. A new method without an entry does not compile. */
const rules: { readonly [Name in keyof Clients]: Rules<NonNullable<Clients[Name]>> | null } = {
  account: {
    id: null,
    countryRules: null,
    geoCascade: null,
    setCountryRules: { of: theAccount },
    setGeoCascade: { of: theAccount },
  },
  analytics: null,
  bulkAnalytics: null,
  clusters: { read: null, setDefault: { of: ([id]) => [ACCOUNT, encodeGlobalId("Cluster", id)] } },
  conference: {
    start: { of: () => [], result: ({ streamName }) => (streamName === null ? [] : [changed(stream(streamName))]) },
    stop: { of: () => [] },
    startToOwn: { of: ([, { streamName }]) => [stream(streamName)] },
    stopOwn: { of: () => [] },
  },
  mediaAssets: {
    list: null,
    read: null,
    clip: {
      of: () => [],
      result: (clips) => clips.map(({ id }) => changed(mediaAsset(id))),
      creates: "MediaAsset",
    },
    update: { of: ([id]) => [mediaAsset(id)] },
    delete: {
      of: ([ids]) => ids.map(mediaAsset),
      result: ({ failures }, [ids]) => {
        const failed = new Set(failures.map(({ id }) => id));
        return ids.map((id) => [mediaAsset(id), failed.has(id) ? "UNCHANGED" : "CHANGED"] as const);
      },
    },
  },
  mediaDistributions: {
    list: null,
    read: null,
    create: {
      of: () => [],
      result: ({ id }) => [changed(mediaDistribution(id))],
      creates: "MediaDistribution",
    },
    update: { of: ([id]) => [mediaDistribution(id)] },
    delete: { of: ([id]) => [mediaDistribution(id)], deletes: true },
    createKey: { of: ([id]) => [mediaDistribution(id)] },
    deleteKey: { of: ([id]) => [mediaDistribution(id)] },
  },
  mediaExpiry: { read: null, update: { of: theAccount } },
  meters: null,
  monitoring: null,
  publishTokens: {
    list: null,
    read: null,
    active: null,
    activeAll: null,
    create: { of: () => [], result: ({ id }) => [changed(publishToken(id))], creates: "PublishToken" },
    update: { of: ([id]) => [publishToken(id)] },
    delete: { of: ([id]) => [publishToken(id)], deletes: true },
    disable: {
      of: ([ids]) => ids.map(publishToken),
      result: ({ disabledIds }, [ids]) =>
        ids.map((id) => [publishToken(id), disabledIds.includes(id) ? "CHANGED" : "UNCHANGED"] as const),
    },
    syncRestreams: { of: ([id]) => [publishToken(id)] },
  },
  streams: {
    stop: { of: ([streamId]) => [stream(streamId.slice(streamId.indexOf("/") + 1))] },
    stopAll: { of: theAccount },
    reprioritize: { of: ([id]) => [publishToken(id)] },
  },
  subscribeTokens: {
    list: null,
    read: null,
    create: { of: () => [], result: ({ id }) => [changed(subscribeToken(id))], creates: "SubscribeToken" },
    update: { of: ([id]) => [subscribeToken(id)] },
    delete: { of: ([id]) => [subscribeToken(id)], deletes: true },
  },
  thumbnails: {
    trigger: {
      of: ([{ streamName }]) => [stream(streamName)],
      result: (isTriggered, [{ streamName }]) => [[stream(streamName), isTriggered ? "CHANGED" : "UNCHANGED"]],
    },
  },
  transcoders: {
    list: null,
    read: null,
    create: { of: () => [], result: ({ id }) => [changed(transcoder(id))], creates: "Transcoder" },
    update: { of: ([id]) => [transcoder(id)] },
    delete: { of: ([id]) => [transcoder(id)], deletes: true },
  },
  viewerRecords: null,
};

/** Clients that record the objects that they change in an audited action. */
export interface Recorded {
  readonly upstream: Upstream;
  /** Types of which a call with a lost response may have created an object. */
  readonly lostTypes: ReadonlySet<string>;
}

type AnyRule = Rule<readonly unknown[], unknown>;

/** Creates clients that record the objects that they change. @param accountId returns the account's public id */
export function recorded(upstream: Upstream, action: AuditedAction, accountId: () => Promise<string>): Recorded {
  const lostTypes = new Set<string>();
  const created = new Set<Subject>();

  const record = async (effects: readonly (readonly [Subject, AuditEffect])[]) => {
    for (const [subject, effect] of effects) {
      if (subject !== ACCOUNT) action.touched(subject, effect);
      else {
        const id = await accountId().catch(orIfFailed(null));
        if (id !== null) action.touched(encodeGlobalId("Account", id), effect);
      }
    }
  };

  const run = async (rule: AnyRule, args: readonly unknown[], call: () => Promise<unknown>): Promise<unknown> => {
    const named = rule.of(args);
    let result: unknown;
    try {
      result = await call();
    } catch (error) {
      const isLost = error instanceof UpstreamError && error.code === "OUTCOME_UNKNOWN";
      if (isLost && rule.creates) lostTypes.add(rule.creates);
      await record(named.map((subject) => [subject, isLost ? "UNKNOWN" : "UNCHANGED"] as const));
      throw error;
    }
    const effects = rule.result?.(result, args) ?? named.map(changed);
    if (rule.creates) for (const [subject] of effects) created.add(subject);
    await record(
      effects.map(([subject, effect]) =>
        rule.deletes && created.has(subject) ? ([subject, "UNDONE"] as const) : ([subject, effect] as const),
      ),
    );
    return result;
  };

  const recordedClient = (client: object, clientRules: Readonly<Record<string, AnyRule | null>>) =>
    new Proxy(client, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        const rule = typeof name === "string" ? clientRules[name] : null;
        if (typeof method !== "function" || !rule) return method;
        return (...args: unknown[]) => run(rule, args, () => Reflect.apply(method, target, args) as Promise<unknown>);
      },
    });

  const proxy = new Proxy(upstream, {
    get: (target, name) => {
      const part: unknown = Reflect.get(target, name);
      const clientRules = (rules as Readonly<Record<PropertyKey, unknown>>)[name];
      if (typeof part !== "object" || part === null || !clientRules) return part;
      return recordedClient(part, clientRules as Readonly<Record<string, AnyRule | null>>);
    },
  });
  return { upstream: proxy, lostTypes };
}

/** The effect of a table's method: global ids, which may have to be read first; null for a method that only reads. */
type TableRules<Table> = {
  readonly [Name in keyof Table]:
    | (Table[Name] extends (...args: infer Args) => Promise<infer Result>
        ? {
            readonly before?: (args: Args, tables: Tables) => Promise<readonly string[]>;
            readonly after?: (result: Result, args: Args) => readonly string[];
          }
        : never)
    | null;
};

const partner = (id: string) => encodeGlobalId("Partner", registeredKey(id));
const apiKey = (id: string) => encodeGlobalId("ApiKey", id);
const ofPartner = { after: (_result: unknown, [id]: readonly [string, ...unknown[]]) => [partner(id)] };

/** The effects of every method of every table; null for a table without objects of the graph. */
const tableRules: { readonly [Name in keyof Tables]: TableRules<Tables[Name]> | null } = {
  partners: {
    byId: null,
    all: null,
    version: null,
    suspendedTokenIds: null,
    byTrackingId: null,
    locked: null,
    claim: null,
    // The token itself is recorded when it is created or deleted.
    recordToken: null,
    hasStatement: null,
    formerHolders: null,
    create: { after: ({ id }) => [partner(id)] },
    update: { after: (result, [id]) => (result ? [partner(id)] : []) },
    setTimeZone: ofPartner,
    billingTimeZones: null,
    // The account has no row: the mutation names it.
    setBillingTimeZone: null,
    addTrackingId: ofPartner,
    removeTrackingId: ofPartner,
    setSuspendedTokenIds: ofPartner,
    addSuspendedTokenIds: ofPartner,
    // The tokens themselves are recorded when they are disabled.
    removeSuspendedTokenIds: null,
  },
  apiKeys: {
    byId: null,
    byHash: null,
    list: null,
    // The time of the latest use is no change by a caller.
    touch: null,
    create: { after: ({ id }) => [apiKey(id)] },
    replace: { after: (result, [id, successorId]) => [apiKey(successorId), ...(result ? [apiKey(id)] : [])] },
    revoke: { after: (result, [id]) => (result ? [apiKey(id)] : []) },
    revokeOf: {
      before: async ([partnerId], { apiKeys }) =>
        (await apiKeys.list({ partnerId })).filter(({ revokedAt }) => revokedAt === null).map(({ id }) => apiKey(id)),
    },
  },
  signingKeys: null,
  idempotencyKeys: null,
  partnerLeases: null,
  // A pattern is no object of the graph: the mutation names the tokens that have it.
  patternCoverages: null,
  audit: null,
  refusedAttempts: null,
};

interface AnyTableRule {
  readonly before?: (args: readonly unknown[], tables: Tables) => Promise<readonly string[]>;
  readonly after?: (result: unknown, args: readonly unknown[]) => readonly string[];
}

/** Tables that report the objects that are changed through them, by global id. */
export function recordedTables(tables: Tables, changed: (objectId: string) => void): Tables {
  const run = async (rule: AnyTableRule, args: readonly unknown[], call: () => Promise<unknown>): Promise<unknown> => {
    const ids = (await rule.before?.(args, tables)) ?? [];
    const result = await call();
    for (const id of [...ids, ...(rule.after?.(result, args) ?? [])]) changed(id);
    return result;
  };
  return new Proxy(tables, {
    get: (all, tableName) => {
      const table: unknown = Reflect.get(all, tableName);
      const rulesOfTable = (tableRules as Readonly<Record<PropertyKey, unknown>>)[tableName];
      if (typeof table !== "object" || table === null || !rulesOfTable) return table;
      return new Proxy(table, {
        get: (target, name) => {
          const method: unknown = Reflect.get(target, name);
          const rule = (rulesOfTable as Readonly<Record<PropertyKey, AnyTableRule | null>>)[name];
          if (typeof method !== "function" || !rule) return method;
          return (...args: unknown[]) => run(rule, args, () => Reflect.apply(method, target, args) as Promise<unknown>);
        },
      });
    },
  });
}
