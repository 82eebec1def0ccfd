import { type Scope, seesAccount } from "../auth/scopes.ts";
import type { GraphContext } from "../context.ts";
import { cacheable } from "../engine/cacheability.ts";
import { ForbiddenError, NotFoundError } from "../model/errors.ts";
import type { StreamRecord } from "../model/stream/stream.ts";
import { isPromise, type MaybePromise, mapMaybe } from "../primitives/maybe-promise.ts";
import { accountRecord } from "./account/account.ts";
import { builder } from "./builder.ts";
import { assertLookups } from "./find-each.ts";
import { decodeGlobalId, keyOfId } from "./global-id.ts";
import { findApiKey } from "./key/api-key.ts";
import { findMediaAsset } from "./media/find-media-asset.ts";
import { findMediaDistribution } from "./media/find-media-distribution.ts";
import { findPartner } from "./partner/find-partner.ts";
import { findStream } from "./stream/find-stream.ts";
import { prefetchTotals } from "./stream/prefetch-totals.ts";
import { findPublishToken, findSubscribeToken } from "./token/find-token.ts";
import { findTranscoder } from "./transcoder/find-transcoder.ts";
import { findViewerRecord } from "./viewer/viewer-record.ts";

/** Types whose objects come from cached tokens and stream names alone. */
const CACHED_TYPES: ReadonlySet<string | undefined> = new Set(["PublishToken", "Stream", "SubscribeToken"]);
const isOfCachedType = (id: unknown) => CACHED_TYPES.has(decodeGlobalId(String(id))?.typename);

/** Finds an object of each type by its global id, with the scope that reading such objects needs. */
const finders: Readonly<
  Record<
    string,
    {
      readonly find: (id: string, argument: string, context: GraphContext) => MaybePromise<object>;
      /** Scope for every caller, or for partners' callers if `staff` is given too. */
      readonly scope?: Scope;
      /** Scope for callers who see the whole account. */
      readonly staff?: Scope;
    }
  >
> = {
  ApiKey: { staff: "key:admin", scope: "partner:read", find: findApiKey },
  AuditEntry: { staff: "audit:read", find: findAuditEntry },
  Account: { staff: "usage:read", find: findAccount },
  Cluster: { staff: "stream:read", find: findCluster },
  MediaAsset: { staff: "stream:read", find: (id, argument, context) => findMediaAsset({ id }, argument, context) },
  MediaDistribution: {
    staff: "stream:read",
    find: (id, argument, context) => findMediaDistribution({ id }, argument, context),
  },
  Partner: { scope: "usage:read", find: (id, argument, context) => findPartner({ id }, argument, context) },
  PublishToken: { staff: "token:read", find: (id, argument, context) => findPublishToken({ id }, argument, context) },
  Stream: { scope: "stream:read", find: (id, argument, context) => findStream({ id }, argument, context) },
  SubscribeToken: {
    scope: "token:read",
    find: (id, argument, context) => findSubscribeToken({ id }, argument, context),
  },
  Transcoder: { staff: "stream:read", find: (id, argument, context) => findTranscoder({ id }, argument, context) },
  ViewerRecord: { scope: "viewer:read", find: findViewerRecord },
};

builder.queryFields((t) => ({
  node: t.field({
    type: builder.nodeInterfaceRef(),
    nullable: true,
    extensions: cacheable(({ id }) => isOfCachedType(id)),
    description: "Any object by its global id; null with an error if there is none.",
    args: { id: t.arg.id({ required: true, description: "The global id, as a field `id` returned it." }) },
    resolve: (_root, { id }, context) => findNode(id, "id", context),
  }),
  nodes: t.field({
    type: [builder.nodeInterfaceRef()],
    nullable: { list: false, items: true },
    extensions: cacheable(({ ids }) => (ids as readonly unknown[]).every(isOfCachedType)),
    description:
      "Several objects by their global ids, in the order of `ids`; null with an error in place of each that does not exist.",
    args: { ids: t.arg.idList({ required: true, description: "Global ids of the objects, at most 100." }) },
    resolve: (_root, { ids }, context, info) => {
      assertLookups(ids, "ids");
      const found = ids.map((id, index) => findNodeOrError(id, `ids.${index}`, context));
      if (found.some(isPromise)) return found;
      const streams = (found as readonly object[]).filter(isStream);
      return mapMaybe(prefetchTotals(streams, "STREAM", info, context), () => found);
    },
  }),
}));

const isStream = (node: object): node is StreamRecord => "kind" in node && node.kind === "Stream";

/** Returns an error in place of an object, which costs the client that object alone. */
function findNodeOrError(id: string, argument: string, context: GraphContext): MaybePromise<object> {
  try {
    const found = findNode(id, argument, context);
    return isPromise(found) ? found.catch((error: Error) => error) : found;
  } catch (error) {
    return error as Error;
  }
}

/** @throws NotFoundError, ForbiddenError */
function findNode(id: string, argument: string, context: GraphContext): MaybePromise<object> {
  const finder = finders[decodeGlobalId(id)?.typename ?? ""];
  if (!finder) throw new NotFoundError(argument);
  const { role, scopes } = context.caller;
  const scope = (seesAccount(role) ? finder.staff : undefined) ?? finder.scope;
  // To a partner, an id that is not for partners is like an unknown one.
  if (!scope) throw new NotFoundError(argument);
  if (!scopes.has(scope)) throw new ForbiddenError({ scope });
  return finder.find(id, argument, context);
}

async function findAccount(id: string, argument: string, context: GraphContext) {
  const account = await accountRecord(context);
  if (decodeGlobalId(id)?.key !== account.accountId) throw new NotFoundError(argument);
  return account;
}

async function findAuditEntry(id: string, argument: string, { store }: GraphContext) {
  const entry = await store.audit.byId(keyOfId(id, "AuditEntry") ?? "");
  if (!entry) throw new NotFoundError(argument);
  return entry;
}

async function findCluster(id: string, argument: string, { account }: GraphContext) {
  const { clusters } = await account.clusters();
  const cluster = clusters.find((candidate) => candidate.id === decodeGlobalId(id)?.key);
  if (!cluster) throw new NotFoundError(argument);
  return cluster;
}
