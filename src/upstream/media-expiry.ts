import type { MediaExpiry } from "../model/media/media.ts";
import type { components } from "./generated/account.ts";
import { integer, object, optional } from "./transport/decode.ts";
import type { Http } from "./transport/http-types.ts";

/** Client for the retention of media. Every method throws UpstreamError when there is no usable response. */
export interface MediaExpiryRules {
  /** Returns the rules. @see GET /api/v3/account/media/expiration */
  read(signal?: AbortSignal): Promise<MediaExpiry>;
  /** Changes rules: null removes one, undefined leaves it as it is. @see PUT /api/v3/account/media/expiration */
  update(changes: { readonly [Rule in keyof MediaExpiry]?: number | null | undefined }): Promise<MediaExpiry>;
}

const PATH = "/api/v3/account/media/expiration";

export function createMediaExpiryRules(http: Http): MediaExpiryRules {
  return {
    read: (signal) => http.read({ operation: "Account_GetExpirationRules", path: PATH, decode: mediaExpiry, signal }),
    update: ({ timelineDays, recordingDays, clipDays }) =>
      http.write({
        operation: "Account_UpdateExpirationRules",
        method: "PUT",
        path: PATH,
        body: {
          ...(timelineDays !== undefined && { timelines: rule(timelineDays) }),
          ...(recordingDays !== undefined && { recordings: rule(recordingDays) }),
          ...(clipDays !== undefined && { clips: rule(clipDays) }),
        } satisfies Schemas["UpdateMediaAssetExpirationModel"],
        decode: mediaExpiry,
      }),
  };
}

type Schemas = components["schemas"];

/** Returns a rule; an empty one removes the present one. */
function rule(days: number | null): Schemas["TimeSpanModel"] {
  return days === null ? {} : { days };
}

function mediaExpiry(data: unknown): MediaExpiry {
  const wire = object<Schemas["MediaAssetExpirationResponseModel"]>(data, "data");
  const days = (value: unknown, at: string) =>
    optional(object<Schemas["TimeSpanModel"]>(value ?? {}, at).days, `${at}.days`, integer);
  return {
    timelineDays: days(wire.timelines, "data.timelines"),
    recordingDays: days(wire.recordings, "data.recordings"),
    clipDays: days(wire.clips, "data.clips"),
  };
}
