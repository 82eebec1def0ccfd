import { nearestCluster } from "../cluster.ts";
import type { Audience, Country, Schedule, StreamProfile } from "../traffic/profile.ts";

/**
 * Streams of the seed: when they are on air and who watches them.
 *
 * The names are known to the docs and to every test; add streams, but do not rename any.
 */
export interface SeedStream extends StreamProfile {
  /** Hours before the start since which the stream is live; absent if it is not live at the start. */
  readonly liveForHours?: number;
}

const GIGABYTE = 1e9;

const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];
const WEEKEND = [0, 6];

const AROUND_THE_CLOCK: Schedule = { weekdays: EVERY_DAY, hours: { from: 0, to: 24 }, share: 1 };
const NEVER: Schedule = { weekdays: [], hours: { from: 0, to: 0 }, share: 0 };
const daily = (from: number, to: number, share = 1): Schedule => ({ weekdays: EVERY_DAY, hours: { from, to }, share });
const on = (weekdays: readonly number[], from: number, to: number, share = 1): Schedule => ({
  weekdays,
  hours: { from, to },
  share,
});

const WORLDWIDE = { US: 8, GB: 5, DE: 4, FR: 3, BR: 3, IN: 4, AU: 2, JP: 2 };
const EUROPE = { GB: 6, DE: 5, FR: 4, US: 1 };
const AMERICAS = { US: 8, BR: 4, GB: 1 };
const PACIFIC = { AU: 7, JP: 4, IN: 2, US: 1 };

function audience(
  trackingId: string | null,
  peakBytesPerHour: number,
  countries: Audience["countries"],
  options: { idleSixteenths?: number; signsViewerData?: boolean } = {},
): Audience {
  const { idleSixteenths = 0, signsViewerData = false } = options;
  return { trackingId, peakBytesPerHour, countries, idleSixteenths, signsViewerData };
}

function stream(
  streamName: string,
  publisherCountry: Country,
  schedule: Schedule,
  audiences: readonly Audience[],
  options: Partial<Pick<SeedStream, "restreamTargets" | "geoCascadePercent" | "clusterId" | "liveForHours">> & {
    megabitsPerSecond?: number;
  } = {},
): SeedStream {
  const {
    megabitsPerSecond = 6,
    restreamTargets = 0,
    geoCascadePercent = 0,
    clusterId = "phx-1",
    liveForHours,
  } = options;
  return {
    streamName,
    publisherCountry,
    schedule,
    audiences,
    ingestBitsPerSecond: megabitsPerSecond * 1e6,
    restreamTargets,
    geoCascadePercent,
    clusterId,
    ...(liveForHours === undefined ? {} : { liveForHours }),
  };
}

/** All streams of the seed. Their order determines the ids of their audiences: append only. */
export const SEED_STREAMS: readonly SeedStream[] = [
  stream(
    "derby-final",
    "GB",
    AROUND_THE_CLOCK,
    [
      audience("northwind-tv", 90 * GIGABYTE, WORLDWIDE),
      audience("kestrel-media", 42 * GIGABYTE, EUROPE),
      audience("lumen-play", 26 * GIGABYTE, AMERICAS, { signsViewerData: true }),
      // Signed under `open-parent`: a tracking id that no token carries.
      audience("freelance-desk", 3 * GIGABYTE, { GB: 2, FR: 1 }, { idleSixteenths: 10, signsViewerData: true }),
    ],
    { megabitsPerSecond: 12, restreamTargets: 2, geoCascadePercent: 3, liveForHours: 30 },
  ),
  stream(
    "arena-main",
    "US",
    AROUND_THE_CLOCK,
    [
      audience("northwind-tv", 31 * GIGABYTE, AMERICAS),
      audience("polar-sports", 18 * GIGABYTE, { US: 3, DE: 2, JP: 1 }, { signsViewerData: true }),
    ],
    { megabitsPerSecond: 8, geoCascadePercent: 2, liveForHours: 9 },
  ),
  ...[9, 6, 2.5, 1].map((gigabytes, index) =>
    stream(`arena-cam${index + 1}`, "US", on([3, 5, 6, 0], 16, 24), [
      audience("polar-sports", gigabytes * GIGABYTE, { US: 4, DE: 1 }, { idleSixteenths: index * 2 }),
    ]),
  ),
  stream(
    "world-feed",
    "US",
    AROUND_THE_CLOCK,
    [
      audience("northwind-tv", 90 * GIGABYTE, WORLDWIDE),
      audience("vista-plus", 70 * GIGABYTE, AMERICAS),
      audience("zephyr-fan", 60 * GIGABYTE, WORLDWIDE),
      audience("saffron-live", 80 * GIGABYTE, { IN: 8, GB: 2, US: 1 }),
    ],
    { megabitsPerSecond: 25, geoCascadePercent: 1, liveForHours: 200 },
  ),
  stream(
    "city-council",
    "DE",
    AROUND_THE_CLOCK,
    [audience(null, 4 * GIGABYTE, { DE: 9, FR: 1 }, { idleSixteenths: 3 })],
    {
      megabitsPerSecond: 3,
      liveForHours: 52,
    },
  ),
  stream("sydney-regatta", "AU", on(WEEKEND, 0, 9), [audience("quayside", 14 * GIGABYTE, PACIFIC)], {
    clusterId: "syd-1",
  }),
  stream(
    "roaming-reporter",
    "FR",
    daily(6, 20, 0.7),
    [audience("harbor-news", 3.5 * GIGABYTE, EUROPE, { idleSixteenths: 2 })],
    { clusterId: nearestCluster("FR") },
  ),
  stream("rehearsal", "GB", NEVER, []),
  stream(
    "popup-kiosk",
    "JP",
    AROUND_THE_CLOCK,
    [audience("orchid-stream", 2 * GIGABYTE, PACIFIC, { idleSixteenths: 4 })],
    {
      liveForHours: 4,
    },
  ),
  stream("popup-expo", "JP", on([4, 5], 1, 10, 0.4), [audience("orchid-stream", 2.2 * GIGABYTE, PACIFIC)]),
  stream("chess-open", "IN", daily(9, 15, 0.5), [
    audience("lumen-play", 2 * GIGABYTE, { IN: 5, US: 2, DE: 2 }, { idleSixteenths: 5 }),
  ]),
  stream(
    "marathon",
    "US",
    on([0], 11, 18, 0.35),
    [audience("kestrel-media", 38 * GIGABYTE, WORLDWIDE), audience("vista-plus", 21 * GIGABYTE, AMERICAS)],
    { megabitsPerSecond: 10, restreamTargets: 1, geoCascadePercent: 2 },
  ),
  stream("opera-night", "FR", on([4, 5, 6], 18, 22), [
    audience("orchid-stream", 7.5 * GIGABYTE, EUROPE),
    // Watched through the wildcard token, which carries no tracking id: the untracked line of a secured stream.
    audience(null, 0.4 * GIGABYTE, { FR: 1, DE: 1 }, { idleSixteenths: 8 }),
  ]),
  stream(
    "harbor-news-24",
    "GB",
    AROUND_THE_CLOCK,
    [audience("harbor-news", 15 * GIGABYTE, EUROPE), audience("tundra-tv", 4 * GIGABYTE, { DE: 3, GB: 2, US: 1 })],
    { liveForHours: 320 },
  ),
  stream("kids-corner", "US", daily(12, 18), [audience("willow-kids", 5.5 * GIGABYTE, AMERICAS)]),
  stream("polar-cup", "DE", on(WEEKEND, 8, 14, 0.8), [
    audience("polar-sports", 12 * GIGABYTE, EUROPE),
    audience("tundra-tv", 6.5 * GIGABYTE, { DE: 4, GB: 1 }),
  ]),
  stream("quay-cam", "AU", daily(0, 24), [audience("quayside", 1.5 * GIGABYTE, PACIFIC, { idleSixteenths: 6 })], {
    megabitsPerSecond: 2,
  }),
  stream("saffron-kitchen", "IN", daily(5, 16, 0.9), [audience("saffron-live", 4.8 * GIGABYTE, { IN: 9, GB: 2 })]),
  stream("fan-zone", "BR", on([2, 3, 6], 17, 24, 0.75), [
    audience("zephyr-fan", 8.8 * GIGABYTE, AMERICAS, { signsViewerData: true }),
  ]),
  stream("vista-concert", "US", on([5], 0, 5, 0.6), [audience("vista-plus", 3.3 * GIGABYTE, AMERICAS)]),
  stream("aurora-night", "GB", daily(20, 24, 0.15), [
    audience("tundra-tv", 1 * GIGABYTE, { GB: 1, US: 1 }, { idleSixteenths: 7 }),
  ]),
];
