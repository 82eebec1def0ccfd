import { brotliCompress, constants, gzip } from "node:zlib";
import type { UnsentResponses } from "../limits/unsent-responses.ts";
import { memoizeLast } from "../primitives/memoize.ts";
import { negotiateEncoding } from "./content-negotiation.ts";
import type { HttpResponse, RequestHead } from "./http-message.ts";

/**
 * Compresses the body of a response if its client accepts that, and calls back with it: at once if nothing is compressed.
 *
 * @param callerId whose unsent bytes include the body meanwhile
 * @see docs/decisions/0028-compression.md
 */
export type Compress = (
  head: RequestHead,
  response: HttpResponse,
  callerId: string,
  onCompressed: (response: HttpResponse) => void,
) => void;

/** Length from which bodies are compressed, in characters. */
const MIN_LENGTH = 1_024;
/** Levels that are fast and near the size of the slower ones. */
const BROTLI_QUALITY = 3;
const GZIP_LEVEL = 4;

export function createCompression(unsent: Pick<UnsentResponses, "track">): Compress {
  // Clients of one kind accept the same.
  const encodingOf = memoizeLast((accept: string | null) => negotiateEncoding(accept, ["br", "gzip"]));
  return (head, response, callerId, onCompressed) => {
    const { body, headers } = response;
    const encoding = body && body.length >= MIN_LENGTH ? encodingOf(head.header("accept-encoding")) : null;
    if (!body || !encoding) {
      onCompressed(response);
      return;
    }
    const counted = unsent.track(callerId);
    counted.waiting(body.length);
    const end = (error: Error | null, compressed: Uint8Array<ArrayBuffer>) => {
      counted.end();
      onCompressed(
        error ? response : { ...response, headers: { ...headers, "content-encoding": encoding }, body: compressed },
      );
    };
    if (encoding === "gzip") gzip(body, { level: GZIP_LEVEL }, end);
    else brotliCompress(body, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }, end);
  };
}
