import type { components } from "./generated/media.ts";
import { boolean } from "./transport/decode.ts";
import type { Http } from "./transport/http-types.ts";

/** Thumbnails of live streams. Every method throws UpstreamError when there is no usable answer. */
export interface Thumbnails {
  /**
   * Requests a thumbnail, which the platform sends to the account's webhooks; it accepts six requests a minute for a stream.
   *
   * @returns whether the platform is making it
   * @see POST /api/thumbnails
   */
  trigger(stream: { readonly streamName: string; readonly publishTokenId?: number | undefined }): Promise<boolean>;
}

export function createThumbnails(http: Http): Thumbnails {
  return {
    trigger: ({ streamName, publishTokenId }) =>
      http.write({
        operation: "Thumbnails_TriggerThumbnail",
        method: "POST",
        path: "/api/thumbnails",
        body: {
          streamName,
          ...(publishTokenId !== undefined && { tokenId: publishTokenId }),
        } satisfies components["schemas"]["TriggerThumbnailRequest"],
        decode: (data) => boolean(data, "data"),
      }),
  };
}
