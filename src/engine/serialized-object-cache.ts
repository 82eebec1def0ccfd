/** JSON text of frozen objects, or of lists of them, for one selection of fields. */
export interface SerializedObjectCache {
  get(object: object): string | undefined;
  /** Stores the text when it is offered for the second time: most objects are written once. */
  store(object: object, text: string): void;
}

/** Creates a cache for one selection. All caches of a gateway share one bound. */
export type CreateObjectCache = () => SerializedObjectCache;

/** Bytes that all selections of a gateway cache together. */
const MAX_CACHE_BYTES = 8_000_000;

/** Stands for an object that was offered once. */
const OFFERED = "";
/** Bytes that an object takes which was offered once. */
const OFFERED_BYTES = 20;

/**
 * Creates the caches of a gateway. When they are full, all of them are emptied: what is still requested is soon cached again.
 *
 * A list of 50 tokens is requested again and again, and each token serializes to the same text until it changes, which makes it
 * another object.
 *
 * @see docs/decisions/0004-json-text.md
 */
export function createObjectCaches(): CreateObjectCache {
  let cachedBytes = 0;
  let generation = 0;
  return () => {
    let texts = new WeakMap<object, string>();
    let textsGeneration = generation;
    return {
      get: (object) => (textsGeneration === generation ? texts.get(object) || undefined : undefined),
      store: (object, text) => {
        const wasOffered = textsGeneration === generation && texts.has(object);
        // Counting bytes flattens the text, which otherwise takes several times as much memory.
        cachedBytes += wasOffered ? Buffer.byteLength(text) : OFFERED_BYTES;
        if (cachedBytes > MAX_CACHE_BYTES) {
          cachedBytes = 0;
          generation += 1;
        }
        if (textsGeneration !== generation) {
          texts = new WeakMap();
          textsGeneration = generation;
        }
        texts.set(object, wasOffered ? text : OFFERED);
      },
    };
  };
}
