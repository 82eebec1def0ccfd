import type { Clock } from "../clock.ts";
import type { Live } from "../live/live.ts";
import { hexSecret } from "../random.ts";
import { createVersionedSetting, type VersionedSetting } from "../versioned-setting.ts";
import type { MediaAsset } from "./asset.ts";
import { type Broadcast, recordingsOf, timelinesOf } from "./derived-assets.ts";
import { createDistributions, type Distributions } from "./distributions.ts";
import { createStorageProfiles, type StorageProfiles } from "./storage.ts";

/** An asset that a call creates: a clip, or the check of a storage. */
export type OrderedAsset = Omit<MediaAsset, "id" | "removedAt"> & { readonly type: "clip" | "storageValidation" };

/** Retention of assets in days, by kind; null for the platform's default. */
export interface MediaExpiration {
  readonly timelines: VersionedSetting<number | null>;
  readonly recordings: VersionedSetting<number | null>;
  readonly clips: VersionedSetting<number | null>;
}

/** All media of the account. */
export interface Media {
  /** Returns every asset since the start, oldest first, in its present state. */
  assets(): readonly MediaAsset[];
  byId(id: string): MediaAsset | undefined;
  /** Creates an asset; one without a name is named after its id. */
  add(asset: OrderedAsset): MediaAsset;
  /** Begins the deletion of an asset. */
  remove(id: string): void;
  /** Changes how an asset is viewed. */
  change(id: string, changes: Partial<Pick<MediaAsset, "mediaDistributionId" | "customPath">>): void;
  readonly expiration: MediaExpiration;
  readonly distributions: Distributions;
  readonly storageProfiles: StorageProfiles;
}

/**
 * Creates the media of the account.
 *
 * @param pastRecordings - broadcasts that were recorded before the sandbox started
 */
export function createMedia(seed: number, clock: Clock, live: Live, pastRecordings: readonly Broadcast[]): Media {
  const expiration = {
    timelines: createVersionedSetting<number | null>(null),
    recordings: createVersionedSetting<number | null>(null),
    clips: createVersionedSetting<number | null>(null),
  };
  const distributions = createDistributions(seed);
  const rules = {
    recordingDays: expiration.recordings,
    timelineDays: expiration.timelines,
    defaultDistribution: distributions.default,
  };
  const ordered: MediaAsset[] = [];
  const changes = new Map<string, Partial<MediaAsset>>();

  /** Recordings and timelines follow from the feeds; only changes by calls are stored. */
  function assets(): readonly MediaAsset[] {
    const now = clock.now();
    const feeds = live.feeds();
    const recorded = [...pastRecordings, ...feeds.filter(({ isRecorded }) => isRecorded)];
    const clippable = feeds.filter(({ isClippable }) => isClippable);
    return [
      ...recorded.flatMap((broadcast) => recordingsOf(broadcast, now, rules)),
      ...clippable.flatMap((feed) => timelinesOf(feed, now, rules)),
      ...ordered,
    ].map((asset) => ({ ...asset, ...changes.get(asset.id) }));
  }

  const change = (id: string, more: Partial<MediaAsset>) => void changes.set(id, { ...changes.get(id), ...more });

  return {
    assets,
    byId: (id) => assets().find((asset) => asset.id === id),
    add(asset) {
      const id = hexSecret(seed, `media asset ${ordered.length + 1}`).slice(0, 32);
      const created = { ...asset, id, name: asset.name ?? id, removedAt: null };
      ordered.push(created);
      return created;
    },
    remove: (id) => change(id, { removedAt: clock.now() }),
    change,
    expiration,
    distributions,
    storageProfiles: createStorageProfiles(seed),
  };
}
