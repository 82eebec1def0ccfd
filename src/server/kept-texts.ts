/** The text of objects that never change, for one selection of fields. */
export interface KeptTexts {
  get(object: object): string | undefined;
  keep(object: object, text: string): void;
}

/** What all selections together keep, in characters. */
const KEPT_CHARACTERS = 8_000_000;

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
    get: (object) => (ofEra === era ? texts.get(object) : undefined),
    keep: (object, text) => {
      kept += text.length;
      if (kept > KEPT_CHARACTERS) {
        kept = text.length;
        era += 1;
      }
      if (ofEra !== era) {
        texts = new WeakMap();
        ofEra = era;
      }
      texts.set(object, text);
    },
  };
}
