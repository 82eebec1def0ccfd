import { DAY_MS, floorTo, HOUR_MS, SECOND_MS } from "../calendar.ts";
import { defaultProfile } from "../transcoders/profiles.ts";
import type { Transcoder } from "../transcoders/transcoder.ts";

/** Returns one transcoder that runs when the sandbox starts, and one that ran before. */
export function seedTranscoders(beganAt: number): readonly Omit<Transcoder, "transcoderId">[] {
  const now = floorTo(beganAt, SECOND_MS);
  const profile = defaultProfile(1080, 30, false);
  if (!profile) throw new Error("The profile of the seed's transcoders is missing.");
  const ofSeed = { profile, deletedAt: null };
  return [
    {
      ...ofSeed,
      name: "arena-main",
      cluster: "phx-1",
      dnsPrefix: "arena-main",
      createdAt: now - 20 * DAY_MS,
      startedAt: now - 20 * DAY_MS,
      endedAt: null,
    },
    {
      ...ofSeed,
      name: "marathon",
      cluster: "iad-1",
      dnsPrefix: "marathon",
      createdAt: now - 12 * DAY_MS,
      startedAt: now - 3 * DAY_MS - 8 * HOUR_MS,
      endedAt: now - 3 * DAY_MS,
    },
  ];
}
