import * as z from "zod";
import { invalid } from "../http/response.ts";
import { uuidOf } from "../random.ts";
import { type AssetStorage, DOLBY_STORAGE } from "./asset.ts";

/** A bucket of the account, or the vendor's. */
interface StorageOptions {
  readonly objectPrefix: string | null;
  readonly bucketName: string;
  readonly bucketRegion: string | null;
}

/** A target for finished clips, saved under a name. */
export interface StorageProfile {
  readonly id: string;
  readonly name: string | null;
  /** Whether clips that name no storage go here. */
  readonly default: boolean;
  readonly type: "gcs" | "awsS3";
  readonly options: StorageOptions;
}

/** Storage profiles of the account; at most one is the default. */
export interface StorageProfiles {
  all(): readonly StorageProfile[];
  byId(id: string): StorageProfile | undefined;
  add(profile: Omit<StorageProfile, "id">): StorageProfile;
  replace(profile: StorageProfile): StorageProfile;
  remove(id: string): boolean;
}

/** Creates an empty set of profiles. */
export function createStorageProfiles(seed: number): StorageProfiles {
  const profiles = new Map<string, StorageProfile>();
  let created = 0;

  function put(profile: StorageProfile): StorageProfile {
    if (profile.default) for (const other of profiles.values()) profiles.set(other.id, { ...other, default: false });
    profiles.set(profile.id, profile);
    return profile;
  }

  return {
    all: () => [...profiles.values()],
    byId: (id) => profiles.get(id),
    add: (profile) => put({ ...profile, id: uuidOf(seed, `storage profile ${++created}`) }),
    replace: put,
    remove: (id) => profiles.delete(id),
  };
}

/** Options that may each be left out. */
export const optionChanges = z.object({
  objectPrefix: z.string().max(1000).nullish(),
  bucketName: z.string().min(1).nullish(),
  bucketRegion: z.string().min(1).max(32).nullish(),
});

/** Requested storage of one asset: a profile, a bucket, or neither. */
export const storageInput = z.object({
  profileId: z.string().nullish(),
  type: z.enum(["gcs", "awsS3", "dolbyStorage"]).nullish(),
  options: optionChanges.nullish(),
});

/**
 * Returns options merged over present ones.
 *
 * @throws ResponseError if the bucket, or an S3 bucket's region, is still missing
 */
export function mergedOptions(
  type: StorageProfile["type"],
  present: StorageOptions | null,
  changes: z.output<typeof optionChanges>,
): StorageOptions {
  const bucketName = changes.bucketName ?? present?.bucketName;
  const bucketRegion = changes.bucketRegion ?? present?.bucketRegion ?? null;
  if (!bucketName) throw invalid({ "options.bucketName": ["The bucketName field is required."] });
  if (type === "awsS3" && bucketRegion === null) {
    throw invalid({ "options.bucketRegion": ["The bucketRegion field is required for awsS3."] });
  }
  return { bucketName, bucketRegion, objectPrefix: changes.objectPrefix ?? present?.objectPrefix ?? null };
}

/**
 * Returns the storage of an asset.
 *
 * The bucket it names, otherwise the default profile's, otherwise the vendor's.
 *
 * @throws ResponseError if the profile is unknown or the settings exclude each other
 */
export function storageFor(profiles: StorageProfiles, input: z.output<typeof storageInput> | null): AssetStorage {
  const { profileId, type, options } = input ?? {};
  if (profileId && type) throw invalid({ storage: ["Give either profileId or type."] });
  if (type === "dolbyStorage") return DOLBY_STORAGE;
  if (type) return stored(type, mergedOptions(type, null, options ?? {}));
  const profile = profileId ? profiles.byId(profileId) : profiles.all().find((candidate) => candidate.default);
  if (profileId && !profile) throw invalid({ "storage.profileId": [noProfile(profileId)] });
  return profile ? stored(profile.type, mergedOptions(profile.type, profile.options, options ?? {})) : DOLBY_STORAGE;
}

/**
 * Returns why a storage cannot be written, or null.
 *
 * The sandbox has no cloud behind it: a bucket whose name begins with `unreachable` stands for one that the vendor's
 * service account may not write to.
 */
export function storageProblem({ bucketPath }: AssetStorage): string | null {
  return bucketPath !== null && /^\w+:\/\/unreachable/.test(bucketPath) ? "Storage upload failed: access denied" : null;
}

/** Returns the platform's error for an unknown profile. */
export function noProfile(id: string): string {
  return `No storage profile with id: ${id}`;
}

function stored(type: StorageProfile["type"], { bucketName, objectPrefix }: StorageOptions): AssetStorage {
  const prefix = objectPrefix ? `${objectPrefix.replace(/\/$/, "")}/` : "";
  return { type, bucketPath: `${type === "gcs" ? "gs" : "s3"}://${bucketName}/${prefix}` };
}
