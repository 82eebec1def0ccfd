/** The usage of one UTC day, which begins at `day`, in milliseconds since the epoch. */
export interface MeteredDay {
  readonly day: number;
  /** Amount in the unit of the meter. */
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

/** Requests for DRM licences, by outcome. */
export interface DrmLicences {
  readonly issued: number;
  /** Requests that ended in an error. */
  readonly failed: number;
  /** Requests of viewers who may not have a licence. */
  readonly denied: number;
}

export const drmSystems = ["FAIRPLAY", "PLAYREADY", "WIDEVINE"] as const;
export type DrmSystem = (typeof drmSystems)[number];

/** Requests of one UTC day by DRM system. */
export interface DrmDay {
  readonly day: number;
  readonly systems: Readonly<Record<DrmSystem, DrmLicences>>;
}

/** Returns the sum of the requests by outcome. */
export function sumLicences(all: readonly DrmLicences[]): DrmLicences {
  const sum = (outcome: keyof DrmLicences) => all.reduce((total, licences) => total + licences[outcome], 0);
  return { issued: sum("issued"), failed: sum("failed"), denied: sum("denied") };
}
