/** The text of frozen objects, or lists of them, for one selection of fields. */
export interface KeptTexts {
  get(object: object): string | undefined;
  /** Keeps the text when it is offered again: much is asked for once, and never more. */
  offer(object: object, text: string): void;
}

/** What all selections together keep. */
const KEPT_BYTES = 8_000_000;

/** What stands for an object whose text was offered once, and what that takes. */
const OFFERED = "";
const OFFERED_BYTES = 20;

let kept = 0;
/** Begins anew when too much is kept: what is asked for still is soon kept again. */
let era = 0;

/**
 * A list of 50 tokens is asked for again and again, and each token is written the same until it changes: then it is another
 * object. Keeping its text halves what such a list takes. Texts go with their objects, or with their selection.
 */
export function createKeptTexts(): KeptTexts {
  let texts = new WeakMap<object, string>();
  let ofEra = era;
  return {
    get: (object) => (ofEra === era ? texts.get(object) || undefined : undefined),
    offer: (object, text) => {
      const isKnown = ofEra === era && texts.has(object);
      // Counting bytes makes one text of what is linked out of many, which take several times as much.
      kept += isKnown ? Buffer.byteLength(text) : OFFERED_BYTES;
      if (kept > KEPT_BYTES) {
        kept = 0;
        era += 1;
      }
      if (ofEra !== era) {
        texts = new WeakMap();
        ofEra = era;
      }
      texts.set(object, isKnown ? text : OFFERED);
    },
  };
}
