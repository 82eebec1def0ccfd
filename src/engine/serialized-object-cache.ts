/** The text of frozen objects, or lists of them, for one selection of fields. */
export interface SerializedObjectCache {
  get(object: object): string | undefined;
  /** Keeps the text when it is offered again: much is asked for once, and never more. */
  store(object: object, text: string): void;
}

/** What all selections together keep. */
const KEPT_BYTES = 8_000_000;

/** What stands for an object whose text was offered once, and what that takes. */
const OFFERED = "";
const OFFERED_BYTES = 20;

let kept = 0;
/** Begins anew when too much is kept: what is asked for still is soon kept again. */
let generation = 0;

/**
 * A list of 50 tokens is asked for again and again, and each token is written the same until it changes: then it is another
 * object. Keeping its text halves what such a list takes. Texts go with their objects, or with their selection.
 */
export function createSerializedObjectCache(): SerializedObjectCache {
  let texts = new WeakMap<object, string>();
  let ofEra = generation;
  return {
    get: (object) => (ofEra === generation ? texts.get(object) || undefined : undefined),
    store: (object, text) => {
      const isKnown = ofEra === generation && texts.has(object);
      // Counting bytes makes one text of what is linked out of many, which take several times as much.
      kept += isKnown ? Buffer.byteLength(text) : OFFERED_BYTES;
      if (kept > KEPT_BYTES) {
        kept = 0;
        generation += 1;
      }
      if (ofEra !== generation) {
        texts = new WeakMap();
        ofEra = generation;
      }
      texts.set(object, isKnown ? text : OFFERED);
    },
  };
}
