/** A figure of one UTC day, which begins at `day`: milliseconds since the epoch. */
export interface MeteredDay {
  readonly day: number;
  /** In the unit of its meter. */
  readonly amount: number;
}

/** A number for each kind of media, and for all together. */
export interface ByMediaKind<Amount> {
  readonly total: Amount;
  readonly recordings: Amount;
  readonly clips: Amount;
  readonly timelines: Amount;
  /** Uploaded to the platform. */
  readonly vod: Amount;
}

/** Requests for DRM licences, by what came of them. */
export interface DrmLicences {
  readonly issued: number;
  /** For an error. */
  readonly failed: number;
  /** For a viewer who may not have one. */
  readonly denied: number;
}

export const drmSystems = ["FAIRPLAY", "PLAYREADY", "WIDEVINE"] as const;
export type DrmSystem = (typeof drmSystems)[number];

/** Requests of one UTC day for each system. */
export interface DrmDay {
  readonly day: number;
  readonly systems: Readonly<Record<DrmSystem, DrmLicences>>;
}

/** What several requests came to together. */
export function sumLicences(all: readonly DrmLicences[]): DrmLicences {
  const sum = (outcome: keyof DrmLicences) => all.reduce((total, licences) => total + licences[outcome], 0);
  return { issued: sum("issued"), failed: sum("failed"), denied: sum("denied") };
}
