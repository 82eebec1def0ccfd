import * as z from "zod";
import type { Account } from "../account.ts";
import { DAY_MS } from "../calendar.ts";
import type { Clock } from "../clock.ts";
import { validated } from "../http/body.ts";
import { fail, invalid, success } from "../http/response.ts";
import type { Call, Route } from "../http/route.ts";
import { type MediaAsset, statusOf } from "./asset.ts";
import { assetPage } from "./asset-listing.ts";
import { assetWire, downloadableWire } from "./asset-wire.ts";
import { checkCustomPath, customPath, orderClips } from "./clips.ts";
import type { Media } from "./media.ts";

const MAX_DELETED = 100;

/** Retention of an idempotency key, in milliseconds; undocumented. */
const REMEMBERED_MS = DAY_MS;

/**
 * Creates the routes of recordings, clips and timelines.
 *
 * Recordings and timelines follow from broadcasts; clips are ordered here.
 *
 * @see /api/v3/media/assets
 */
export function assetRoutes(media: Media, account: Account, clock: Clock): Route[] {
  const orders = new Map<string, { readonly body: string; readonly ids: readonly string[]; readonly at: number }>();
  const route = (
    method: Route["method"],
    path: string,
    operationId: string,
    handle: (call: Call) => unknown,
  ): Route => ({
    method,
    path: `/api/v3/media/assets${path}`,
    operationId: `MediaAssets_${operationId}`,
    access: "api secret",
    ...(method === "POST" || method === "PATCH" ? { body: "json" } : {}),
    handle: (call) => success(handle(call)),
  });

  /**
   * Orders clips: the platform's only idempotent creation.
   *
   * A repeated key with the same body returns the clips of the first call as they are now; with another body it is
   * rejected: both undocumented. A rejected order does not use its key up.
   */
  function ordered(call: Call): readonly MediaAsset[] {
    const now = clock.now();
    const key = call.header("idempotency-key");
    const body = JSON.stringify(call.body);
    const first = key === undefined ? undefined : orders.get(key);
    if (first && now < first.at + REMEMBERED_MS) {
      if (first.body !== body) throw fail({ message: "The Idempotency-Key was used for another request." });
      return first.ids.flatMap((id) => media.byId(id) ?? []);
    }
    const clips = orderClips(media, call.body, now);
    if (key !== undefined) orders.set(key, { body, ids: clips.map(({ id }) => id), at: now });
    return clips;
  }

  function assetOf(call: Call): MediaAsset {
    const id = call.param("mediaAssetId");
    const asset = media.byId(id);
    if (!asset) throw fail({ mediaAssetId: noAsset(id) });
    return asset;
  }

  /** Some deletions may fail inside a success. */
  function remove(ids: readonly string[]) {
    const errors = ids.flatMap((id) => {
      const error = removalProblem(media.byId(id), id, clock.now());
      if (error === undefined) media.remove(id);
      return error === undefined ? [] : [{ id, error }];
    });
    return { itemsDeleted: ids.length - errors.length, errors };
  }

  return [
    route("POST", "", "CreateMediaAsset", (call) => ordered(call).map((asset) => assetWire(asset, clock.now()))),
    route("GET", "", "ListMediaAssets", ({ query }) =>
      assetPage(media.assets(), query, clock.now()).map((asset) => assetWire(asset, clock.now())),
    ),
    route("DELETE", "", "DeleteMediaAssets", ({ query }) => {
      const ids = [...new Set(query.getAll("id").filter((id) => id !== ""))];
      if (ids.length === 0) throw invalid({ id: ["The id field is required."] });
      if (ids.length > MAX_DELETED) throw invalid({ id: [`The field id takes at most ${MAX_DELETED} values.`] });
      return remove(ids);
    }),
    route("GET", "/{mediaAssetId}", "ReadMediaAsset", (call) => downloadableWire(assetOf(call), account, clock.now())),
    route("PATCH", "/{mediaAssetId}", "UpdateMediaAsset", (call) => {
      const { id } = assetOf(call);
      const changes = validated(assetChanges, call.body);
      const { mediaDistributionId } = changes;
      if (mediaDistributionId && !media.distributions.byId(mediaDistributionId)) {
        throw invalid({ mediaDistributionId: [`No media distribution with id: ${mediaDistributionId}`] });
      }
      checkCustomPath(media, changes.customPath ?? null, id);
      // Null clears; an absent field stays. Upstream documents neither.
      media.change(id, changes);
      return downloadableWire(assetOf(call), account, clock.now());
    }),
    route("DELETE", "/all/{type}", "DeleteMediaAssets2", (call) => {
      const type = call.param("type");
      if (!DELETABLE_TYPES.includes(type)) throw invalid({ type: [`The value '${type}' is not valid.`] });
      const now = clock.now();
      const found = media.assets().filter((asset) => asset.type === type && statusOf(asset, now) !== "deleted");
      return remove(found.map(({ id }) => id));
    }),
  ];
}

const DELETABLE_TYPES = ["recording", "clip", "storageValidation", "timeline", "vod"];

const assetChanges = z
  .object({ mediaDistributionId: z.string().nullish(), customPath: customPath.nullish() })
  .transform((changes) => ({
    ...(changes.mediaDistributionId === undefined ? {} : { mediaDistributionId: changes.mediaDistributionId }),
    ...(changes.customPath === undefined ? {} : { customPath: changes.customPath }),
  }));

function removalProblem(asset: MediaAsset | undefined, id: string, now: number): string | undefined {
  const status = asset && statusOf(asset, now);
  if (status === undefined || status === "deleted") return noAsset(id);
  return status === "complete" || status === "error" ? undefined : `Media asset is ${status} and cannot be deleted.`;
}

function noAsset(id: string): string {
  return `No media asset with id: ${id}`;
}
