/** Where viewers of the sandbox live: ISO 3166-1 alpha-2. */
export const COUNTRIES = ["US", "GB", "DE", "FR", "BR", "IN", "AU", "JP"] as const;
/** One of them. */
export type Country = (typeof COUNTRIES)[number];

/** When a stream is on air. */
export interface Schedule {
  /** UTC weekdays, 0 is Sunday. */
  readonly weekdays: readonly number[];
  /** Hours of the UTC day: holds `from` and not `to`. */
  readonly hours: { readonly from: number; readonly to: number };
  /** The share of those days on which it really takes place, 0 to 1. */
  readonly share: number;
}

/** Everyone who watches one stream under one tracking id. */
export interface Audience {
  /** Null for viewers without one. */
  readonly trackingId: string | null;
  /** Bytes an hour at the busiest, over all countries. */
  readonly peakBytesPerHour: number;
  /** Relative weights; a country left out has no viewers. */
  readonly countries: Readonly<Partial<Record<Country, number>>>;
  /** In how many of 16 hours, on average, a country stays away. */
  readonly idleSixteenths: number;
  /** Whether the partner signs its own tokens and puts customViewerData into them. */
  readonly signsViewerData: boolean;
}

/** The habits of one stream, from which all of its past traffic follows. */
export interface StreamProfile {
  readonly streamName: string;
  readonly schedule: Schedule;
  readonly ingestBitsPerSecond: number;
  readonly publisherCountry: Country;
  /** The cluster that takes the stream in. */
  readonly clusterId: string;
  readonly audiences: readonly Audience[];
  /** Other platforms that the stream is pushed to. */
  readonly restreamTargets: number;
  /** Bytes relayed between clusters, in percent of what viewers get. */
  readonly geoCascadePercent: number;
}
