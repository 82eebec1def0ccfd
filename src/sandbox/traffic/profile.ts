/** Countries of the sandbox's viewers: ISO 3166-1 alpha-2. */
export const COUNTRIES = ["US", "GB", "DE", "FR", "BR", "IN", "AU", "JP"] as const;
/** One of these countries. */
export type Country = (typeof COUNTRIES)[number];

/** Times at which a stream is on air. */
export interface Schedule {
  /** UTC weekdays, 0 is Sunday. */
  readonly weekdays: readonly number[];
  /** Hours of the UTC day: includes `from` and excludes `to`. */
  readonly hours: { readonly from: number; readonly to: number };
  /** Share of those days on which it takes place, 0 to 1. */
  readonly share: number;
}

/** Viewers of one stream under one tracking id. */
export interface Audience {
  /** Null for viewers without one. */
  readonly trackingId: string | null;
  /** Bytes in the busiest hour, over all countries. */
  readonly peakBytesPerHour: number;
  /** Relative weights; a country that is left out has no viewers. */
  readonly countries: Readonly<Partial<Record<Country, number>>>;
  /** Hours without viewers in a country, of 16 on average. */
  readonly idleSixteenths: number;
  /** Whether the partner signs its own tokens with customViewerData. */
  readonly signsViewerData: boolean;
}

/** Habits of one stream, from which all of its past traffic follows. */
export interface StreamProfile {
  readonly streamName: string;
  readonly schedule: Schedule;
  readonly ingestBitsPerSecond: number;
  readonly publisherCountry: Country;
  /** Cluster that ingests the stream. */
  readonly clusterId: string;
  readonly audiences: readonly Audience[];
  /** Other platforms that the stream is pushed to. */
  readonly restreamTargets: number;
  /** Bytes relayed between clusters, in percent of those delivered to viewers. */
  readonly geoCascadePercent: number;
}
