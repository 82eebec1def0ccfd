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

/** How many assets one mutation deletes. */
const MAX_DELETED = 1_000;
/** Why one was not deleted is told by itself alone; so many are asked for at once. */
const READS_AT_ONCE = 8;

const outcomes = {
  DELETED: "Its deletion has begun; it is over within moments.",
  ALREADY_DELETED: "It was deleted before, or is being deleted.",
  NOT_FOUND: "There is no such asset, or not any more.",
  NOT_READY: "It is being broadcast or processed still: delete it again when it is COMPLETE or ERROR.",
  REFUSED: "The platform refuses to delete it; the error tells its reason.",
  UNKNOWN: "The platform's answer was lost, or it could not be asked: delete it again.",
} as const;
type Outcome = keyof typeof outcomes;

const MediaDeletionOutcome = builder.enumType("MediaDeletionOutcome", {
  description: "What became of the deletion of one media asset.",
  values: enumValues(outcomes),
});

interface Deletion {
  readonly assetId: string | null;
  readonly outcome: Outcome;
}

const MediaDeletion = builder.objectRef<Deletion>("MediaDeletion").implement({
  description: "What became of one asset.",
  fields: (t) => ({
    assetId: t.exposeString("assetId", {
      nullable: true,
      description: "What the platform calls it; null for an id that can be none.",
    }),
    outcome: t.expose("outcome", { type: MediaDeletionOutcome, description: "What became of it." }),
    isRetryable: t.boolean({
      description: "Whether it may be deleted by sending it again: at once for UNKNOWN, later for NOT_READY.",
      resolve: ({ outcome }) => outcome === "UNKNOWN" || outcome === "NOT_READY",
    }),
  }),
});

const DeleteMediaAssetsInput = builder.inputType("DeleteMediaAssetsInput", {
  description: "Which media assets to delete.",
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
      "What became of each asset. Some may have been deleted although others could not be; the same list may be sent again.",
    interfaces: [MutationPayload],
    fields: (t) => ({
      deletions: t.field({
        type: [MediaDeletion],
        description: "What became of each, in the order of the argument.",
        resolve: ({ deletions }) => [...deletions],
      }),
      deletedCount: t.int({
        description: "How many are deleted now, those that were before as well.",
        resolve: ({ deletions }) => deletions.filter(({ outcome }) => isGone(outcome)).length,
      }),
      remainingCount: t.int({
        description:
          "How many are there still, or may be: those that are worth sending again, and those that are refused.",
        resolve: ({ deletions }) =>
          deletions.filter(({ outcome }) => !isGone(outcome) && outcome !== "NOT_FOUND").length,
      }),
    }),
  });

builder.mutationField("deleteMediaAssets", (t) =>
  t.field({
    type: DeleteMediaAssetsPayload,
    nullable: true,
    authScopes: { staff: "media:write" },
    description: "Deletes recordings, clips and other assets for good, one or many.",
    args: { input: t.arg({ type: DeleteMediaAssetsInput, required: true, description: "Which assets to delete." }) },
    resolve: async (_root, { input: { mediaAssets } }, context) => {
      if (mediaAssets.length < 1 || mediaAssets.length > MAX_DELETED) {
        const rule = `Name 1 to ${MAX_DELETED} assets.`;
        const error = new InvalidInputError("input.mediaAssets", rule, { max: MAX_DELETED }, "LIMIT_EXCEEDED");
        return { deletions: [], userErrors: [userError(error)] };
      }
      return deleteAll(mediaAssets, context);
    },
  }),
);

function isGone(outcome: Outcome): boolean {
  return outcome === "DELETED" || outcome === "ALREADY_DELETED";
}

interface Found {
  readonly outcome: Outcome;
  /** The platform's reason, for what it refuses. */
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
  const wanted = [...new Set(ids.filter((id) => id !== null))];
  const found = new Map<string, Found>();
  const failures: unknown[] = [];
  for (let begin = 0; begin < wanted.length; begin += MAX_ASSETS_PER_CALL) {
    const chunk = wanted.slice(begin, begin + MAX_ASSETS_PER_CALL);
    try {
      for (const [id, outcome] of await deleteChunk(chunk, context)) found.set(id, outcome);
    } catch (error) {
      // A call that fails fails its own assets, and no others.
      if (!(error instanceof UpstreamError)) throw error;
      failures.push(error);
      const outcome = error.code === "UPSTREAM_REJECTED" ? "REFUSED" : "UNKNOWN";
      for (const id of chunk) found.set(id, { outcome });
    }
  }
  context.loaders.mediaAssets.forget(wanted);
  const deletions = ids.map((id): Deletion & Found => {
    const outcome: Found = (id !== null && found.get(id)) || { outcome: "NOT_FOUND" };
    return { assetId: id, ...outcome };
  });
  const errors = deletions.flatMap((deletion, index) => errorOf(deletion, `input.mediaAssets.${index}`) ?? []);
  return { deletions, userErrors: [...failures, ...errors].map(userError) };
}

/** Deletes up to a hundred in one call, and finds out of each that was not deleted why. @throws UpstreamError */
async function deleteChunk(ids: readonly string[], { upstream, signal }: GraphContext): Promise<Map<string, Found>> {
  const { failures } = await upstream.mediaAssets.delete(ids);
  const reasons = new Map(failures.map(({ id, reason }) => [id, reason]));
  const atOnce = pLimit(READS_AT_ONCE);
  const outcomeOf = async (id: string, reason: string): Promise<Found> => {
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
  const entries = ids.map(async (id): Promise<[string, Found]> => {
    const reason = reasons.get(id);
    return [id, reason === undefined ? { outcome: "DELETED" } : await atOnce(() => outcomeOf(id, reason))];
  });
  return new Map(await Promise.all(entries));
}

/** Null for what is deleted, and for what a failed call tells of by itself. */
function errorOf({ outcome, reason }: Found, argument: string): ApplicationError | null {
  if (outcome === "NOT_FOUND") return new NotFoundError(argument);
  if (reason === undefined) return null;
  return new PartRefusedError("The platform did not delete it", reason, { argument });
}
