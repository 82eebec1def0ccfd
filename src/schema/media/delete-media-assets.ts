import pLimit from "p-limit";
import type { GraphContext } from "../../context.ts";
import {
  type ApplicationError,
  InvalidInputError,
  NotFoundError,
  orIfFailed,
  PartRefusedError,
} from "../../model/errors.ts";
import { MAX_ASSETS_PER_CALL } from "../../upstream/media-assets.ts";
import { UpstreamError } from "../../upstream/upstream-error.ts";
import { builder } from "../builder.ts";
import { enumValues } from "../enum-values.ts";
import { userError } from "../errors.ts";
import { MutationPayload, type Payload } from "../payload.ts";
import { assetIdOf, MediaAssetRef, type MediaAssetReference } from "./find-media-asset.ts";

/** Assets that one mutation may delete. */
const MAX_DELETED = 1_000;
/** Reads that may run at once to find out why assets were not deleted. */
const CONCURRENT_READS = 8;

const outcomes = {
  DELETED: "The deletion has begun and ends within moments.",
  ALREADY_DELETED: "The asset was deleted before, or is being deleted.",
  NOT_FOUND: "No asset has this id, or it is gone by now.",
  NOT_READY: "The asset is still being broadcast or processed: delete it again when it is COMPLETE or ERROR.",
  REFUSED: "The platform rejects the deletion; the user error has its reason.",
  UNKNOWN: "The platform's response was lost, or the platform could not be reached: delete the asset again.",
} as const;
type Outcome = keyof typeof outcomes;

const MediaDeletionOutcome = builder.enumType("MediaDeletionOutcome", {
  description: "Outcome of the deletion of one media asset.",
  values: enumValues(outcomes),
});

interface Deletion {
  readonly assetId: string | null;
  readonly outcome: Outcome;
}

const MediaDeletion = builder.objectRef<Deletion>("MediaDeletion").implement({
  description: "Outcome of deleting one asset.",
  fields: (t) => ({
    assetId: t.exposeString("assetId", {
      nullable: true,
      description: "The platform's id of the asset; null if the reference is not a valid id.",
    }),
    outcome: t.expose("outcome", {
      type: MediaDeletionOutcome,
      description: "Whether the asset was deleted, or why not.",
    }),
    isRetryable: t.boolean({
      description: "Whether sending the asset again may delete it: at once for UNKNOWN, later for NOT_READY.",
      resolve: ({ outcome }) => outcome === "UNKNOWN" || outcome === "NOT_READY",
    }),
  }),
});

const DeleteMediaAssetsInput = builder.inputType("DeleteMediaAssetsInput", {
  description: "The media assets to delete.",
  fields: (t) => ({
    mediaAssets: t.field({
      type: [MediaAssetRef],
      required: true,
      description: `The assets, 1 to ${MAX_DELETED}. The platform is sent up to ${MAX_ASSETS_PER_CALL} in one call.`,
    }),
  }),
});

const DeleteMediaAssetsPayload = builder
  .objectRef<Payload & { readonly deletions: readonly Deletion[] }>("DeleteMediaAssetsPayload")
  .implement({
    description:
      "Outcome for each asset. Some may have been deleted although others could not; the same list may be sent again.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      deletions: t.field({
        type: [MediaDeletion],
        description: "Outcome of each asset, in the order of `input.mediaAssets`. Empty when the call failed.",
        resolve: ({ deletions }) => [...deletions],
      }),
      deletedCount: t.int({
        description: "Number of assets that are deleted now, including those deleted before.",
        resolve: ({ deletions }) => deletions.filter(({ outcome }) => isDeleted(outcome)).length,
      }),
      remainingCount: t.int({
        description:
          "Number of assets that remain or may remain: those worth sending again, and those that the platform rejects.",
        resolve: ({ deletions }) =>
          deletions.filter(({ outcome }) => !isDeleted(outcome) && outcome !== "NOT_FOUND").length,
      }),
    }),
  });

builder.mutationField("deleteMediaAssets", (t) =>
  t.field({
    type: DeleteMediaAssetsPayload,
    nullable: true,
    authScopes: { staff: "media:write" },
    description: "Deletes recordings, clips and other assets permanently, one or many.",
    args: {
      input: t.arg({ type: DeleteMediaAssetsInput, required: true, description: "The media assets to delete." }),
    },
    resolve: async (_root, { input: { mediaAssets } }, context) => {
      if (mediaAssets.length < 1 || mediaAssets.length > MAX_DELETED) {
        const message = `\`input.mediaAssets\` must have 1 to ${MAX_DELETED} entries; got ${mediaAssets.length}.`;
        const error = new InvalidInputError("input.mediaAssets", message, { max: MAX_DELETED }, "LIMIT_EXCEEDED");
        return { deletions: [], userErrors: [userError(error)] };
      }
      return deleteAll(mediaAssets, context);
    },
  }),
);

function isDeleted(outcome: Outcome): boolean {
  return outcome === "DELETED" || outcome === "ALREADY_DELETED";
}

interface Result {
  readonly outcome: Outcome;
  /** The platform's reason for rejecting the deletion. */
  readonly reason?: string;
}

async function deleteAll(refs: readonly MediaAssetReference[], context: GraphContext) {
  const ids = refs.map((ref, index) => {
    try {
      return assetIdOf(ref, `input.mediaAssets.${index}`);
    } catch (error) {
      return orIfFailed(null)(error);
    }
  });
  const distinctIds = [...new Set(ids.filter((id) => id !== null))];
  const results = new Map<string, Result>();
  const failures: unknown[] = [];
  for (let start = 0; start < distinctIds.length; start += MAX_ASSETS_PER_CALL) {
    const chunk = distinctIds.slice(start, start + MAX_ASSETS_PER_CALL);
    try {
      for (const [id, outcome] of await deleteChunk(chunk, context)) results.set(id, outcome);
    } catch (error) {
      // A failed call fails its own assets only.
      if (!(error instanceof UpstreamError)) throw error;
      failures.push(error);
      const outcome = error.code === "UPSTREAM_REJECTED" ? "REFUSED" : "UNKNOWN";
      for (const id of chunk) results.set(id, { outcome });
    }
  }
  context.loaders.mediaAssets.forget(distinctIds);
  const deletions = ids.map((id): Deletion & Result => {
    const outcome: Result = (id !== null && results.get(id)) || { outcome: "NOT_FOUND" };
    return { assetId: id, ...outcome };
  });
  const errors = deletions.flatMap((deletion, index) => errorOf(deletion, `input.mediaAssets.${index}`) ?? []);
  return { deletions, userErrors: [...failures, ...errors].map(userError) };
}

/** Deletes up to 100 assets in one call, and reads why others were not deleted. @throws UpstreamError */
async function deleteChunk(ids: readonly string[], { upstream, signal }: GraphContext): Promise<Map<string, Result>> {
  const { failures } = await upstream.mediaAssets.delete(ids);
  const reasons = new Map(failures.map(({ id, reason }) => [id, reason]));
  const limited = pLimit(CONCURRENT_READS);
  const outcomeOf = async (id: string, reason: string): Promise<Result> => {
    try {
      const asset = await upstream.mediaAssets.read(id, signal);
      if (!asset) return { outcome: "NOT_FOUND" };
      if (asset.state === "DELETING" || asset.state === "DELETED") return { outcome: "ALREADY_DELETED" };
      return { outcome: asset.state === "PROCESSING" ? "NOT_READY" : "REFUSED", reason };
    } catch (error) {
      if (error instanceof UpstreamError) return { outcome: "REFUSED", reason };
      throw error;
    }
  };
  const entries = ids.map(async (id): Promise<[string, Result]> => {
    const reason = reasons.get(id);
    return [id, reason === undefined ? { outcome: "DELETED" } : await limited(() => outcomeOf(id, reason))];
  });
  return new Map(await Promise.all(entries));
}

/** Returns the user error of one asset; null if it is deleted or its whole call failed. */
function errorOf({ outcome, reason }: Result, argument: string): ApplicationError | null {
  if (outcome === "NOT_FOUND") return new NotFoundError(argument);
  if (reason === undefined) return null;
  return new PartRefusedError("The platform did not delete the asset", reason, { argument });
}
