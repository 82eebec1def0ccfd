import * as z from "zod";
import { HOUR_MS, SECOND_MS } from "../calendar.ts";
import type { Clock } from "../clock.ts";
import { validated } from "../http/body.ts";
import { QueryReader } from "../http/query.ts";
import { fail, success } from "../http/response.ts";
import type { Call, Route } from "../http/route.ts";
import type { Live } from "../live/live.ts";
import type { Media } from "./media.ts";
import {
  mergedOptions,
  noProfile,
  optionChanges,
  type StorageProfile,
  storageFor,
  storageInput,
  storageProblem,
} from "./storage.ts";

/**
 * Creates the account's media settings: retention, and storage of clips.
 *
 * @see /api/v3/account/media/expiration and /api/v3/account/media/storage
 */
export function accountMediaRoutes(media: Media, live: Live, clock: Clock): Route[] {
  const { expiration, storageProfiles: profiles } = media;
  const path = "/api/v3/account/media";
  const route = (
    method: Route["method"],
    path: string,
    operationId: string,
    handle: (call: Call) => unknown,
  ): Route => ({
    method,
    path,
    operationId: `Account_${operationId}`,
    access: "api secret",
    ...(method === "POST" || method === "PUT" ? { body: "json" } : {}),
    handle: (call) => success(handle(call)),
  });

  const expirationWire = () =>
    Object.fromEntries(
      KINDS.map((kind) => [kind, expiration[kind].at(clock.now())] as const)
        .filter(([, days]) => days !== null)
        .map(([kind, days]) => [kind, { days }]),
    );

  function profileOf(call: Call): StorageProfile {
    const profile = profiles.byId(call.param("id"));
    if (!profile) throw fail({ id: noProfile(call.param("id")) });
    return profile;
  }

  return [
    route("GET", `${path}/expiration`, "GetExpirationRules", expirationWire),
    route("PUT", `${path}/expiration`, "UpdateExpirationRules", ({ body }) => {
      const rules = validated(expirationInput, body);
      live.feeds(); // what began until now began under the old rules
      for (const kind of KINDS) {
        const rule = rules[kind];
        if (rule) expiration[kind].set(rule.days ?? null, clock.now());
      }
      return expirationWire();
    }),
    route("GET", `${path}/storage`, "ListStorageProfiles", ({ query }) => profilePage(profiles.all(), query)),
    route("POST", `${path}/storage`, "CreateStorageProfile", ({ body }) => {
      const { name = null, default: isDefault, type, options } = validated(profileCreation, body);
      return profiles.add({ name, default: isDefault ?? false, type, options: mergedOptions(type, null, options) });
    }),
    route("GET", `${path}/storage/{id}`, "GetStorageProfile", profileOf),
    route("PUT", `${path}/storage/{id}`, "UpdateStorageProfile", (call) => {
      const present = profileOf(call);
      const changes = validated(profileChanges, call.body);
      const type = changes.type ?? present.type;
      return profiles.replace({
        ...present,
        name: changes.name ?? present.name,
        default: changes.default ?? present.default,
        type,
        options: mergedOptions(type, present.options, changes.options ?? {}),
      });
    }),
    route("DELETE", `${path}/storage/{id}`, "DeleteStorageProfile", (call) => profiles.remove(profileOf(call).id)),
    route("POST", `${path}/storage/validate`, "ValidateThirdPartyStorage", ({ body }) => {
      const storage = storageFor(profiles, validated(storageInput, body));
      const now = clock.now();
      const { id } = media.add({
        type: "storageValidation",
        feed: null,
        name: null,
        format: "mp4",
        bitsPerSecond: 0n,
        startedAt: now,
        stoppedAt: now,
        createdAt: now,
        readyAt: now + VALIDATION_MS,
        problem: storageProblem(storage),
        storage,
        expiresAt: now + HOUR_MS,
        mediaDistributionId: null,
        customPath: null,
      });
      return {
        id,
        storage: { type: storage.type, ...(storage.bucketPath === null ? {} : { path: storage.bucketPath }) },
      };
    }),
  ];
}

const KINDS = ["timelines", "recordings", "clips"] as const;

/** Duration of the check of a storage, in milliseconds; undocumented. */
const VALIDATION_MS = 5 * SECOND_MS;

/** `{}` clears a rule; an absent field stays. */
const rule = z.object({ days: z.int().min(1).max(365).nullish() }).nullish();
const expirationInput = z.object({ timelines: rule, recordings: rule, clips: rule });

const ownStorage = z.enum(["gcs", "awsS3"]);
const profileCreation = z.object({
  name: z
    .string()
    .min(1)
    .max(256)
    .nullish()
    .transform((name) => name ?? null),
  default: z.boolean().nullish(),
  type: ownStorage,
  options: optionChanges,
});
const profileChanges = z.object({
  name: z.string().max(256).nullish(),
  default: z.boolean().nullish(),
  type: ownStorage.nullish(),
  options: optionChanges.nullish(),
});

function profilePage(all: readonly StorageProfile[], query: URLSearchParams): readonly StorageProfile[] {
  const reader = new QueryReader(query);
  reader.choice("sort", ["name"], "name");
  const isDefault = reader.boolean("default");
  const page = reader.integer("page", { min: 1, max: 2_147_483_647, fallback: 1 });
  const limit = reader.integer("limit", { min: 1, max: 100, fallback: 25 });
  const isDescending = reader.boolean("desc") ?? false;
  reader.done();
  const name = (profile: StorageProfile) => profile.name ?? "";
  const found = all.filter((profile) => isDefault === undefined || profile.default === isDefault);
  found.sort((a, b) => (name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0));
  if (isDescending) found.reverse();
  return found.slice((page - 1) * limit, page * limit);
}
