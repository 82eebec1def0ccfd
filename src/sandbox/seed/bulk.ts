import { COUNTRIES, type StreamProfile } from "../traffic/profile.ts";
import type { SeedTokens } from "./tokens.ts";
import { publishDraft, subscribeDraft } from "./tokens.ts";

const PARTNERS = 200;
const BYTES_PER_HOUR = 1e9;

/** Profiles and tokens of streams by the thousand for scale tests: `bulk-00001` and so on. */
export interface Bulk {
  readonly profiles: readonly StreamProfile[];
  readonly tokens: SeedTokens;
}

/**
 * Returns further streams for scale tests.
 *
 * @param count - streams, each with a publish token, a subscribe token (tracking id `bulk-partner-<i % partners>`) and a few
 *   hours of light traffic a week
 * @param addedAt - creation time of the tokens, in milliseconds
 * @param partners - among whom the streams are distributed in turn
 */
export function bulkSeed(count: number, addedAt: number, partners = PARTNERS): Bulk {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const nameOf = (number: number) => `bulk-${String(number).padStart(5, "0")}`;
  const grantOf = (number: number) => [{ streamName: nameOf(number), isRegex: false }];
  const partnerOf = (number: number) => `bulk-partner-${number % partners}`;

  return {
    profiles: numbers.map((number): StreamProfile => {
      const country = COUNTRIES[number % COUNTRIES.length] ?? "US";
      const from = number % 20;
      return {
        streamName: nameOf(number),
        publisherCountry: country,
        clusterId: "phx-1",
        schedule: { weekdays: [number % 7, (number + 3) % 7], hours: { from, to: from + 4 }, share: 1 },
        ingestBitsPerSecond: 2_000_000,
        audiences: [
          {
            trackingId: partnerOf(number),
            peakBytesPerHour: BYTES_PER_HOUR,
            countries: { [country]: 1 },
            idleSixteenths: 2,
            signsViewerData: false,
          },
        ],
        restreamTargets: 0,
        geoCascadePercent: 0,
      };
    }),
    tokens: {
      publish: numbers.map((number) =>
        publishDraft({ label: nameOf(number), streams: grantOf(number), subscribeRequiresAuth: true, addedAt }),
      ),
      subscribe: numbers.map((number) =>
        subscribeDraft({
          label: `${partnerOf(number)}-${nameOf(number)}`,
          trackingId: partnerOf(number),
          streams: grantOf(number),
          addedAt,
        }),
      ),
    },
  };
}
