import type { components } from "./generated/media.ts";
import { boolean } from "./transport/decode.ts";
import type { Http } from "./transport/http-types.ts";

/** Thumbnails of live streams. Every method throws UpstreamError when there is no usable answer. */
export interface Thumbnails {
  /**
   * Has one made now, which goes to the account's thumbnail webhooks. The platform takes six a minute for a stream.
   *
   * @returns whether it is being made
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
