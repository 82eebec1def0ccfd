/** Value of a JSON text, and the names under which it is found. */
export interface JsonValue {
  readonly path: readonly string[];
  /** First byte of the value, and the byte after its last. */
  readonly start: number;
  readonly end: number;
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OBJECT, OBJECT_END, LIST, LIST_END] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * Yields the values that are `depth` names deep in a JSON object, and those above that are no objects, in their order.
 *
 * A large response can so be read piece by piece. What is within a value is not checked: its parser does that.
 *
 * @throws SyntaxError when the text is no JSON object
 */
export function* jsonValues(body: Uint8Array, depth: number): Generator<JsonValue, void> {
  let at = 0;

  const skipSpace = () => {
    for (let byte = body[at]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; byte = body[at])
      at += 1;
  };
  const expect = (byte: number) => {
    skipSpace();
    if (body[at] !== byte) throw new SyntaxError(`byte ${at} is not ${String.fromCharCode(byte)}`);
    at += 1;
  };
  const skipText = () => {
    expect(QUOTE);
    for (; body[at] !== QUOTE; at += body[at] === BACKSLASH ? 2 : 1) {
      if (at >= body.length) throw new SyntaxError("a text has no end");
    }
    at += 1;
  };
  const readName = (): string => {
    skipSpace();
    const start = at;
    skipText();
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset + start, at - start).toString()) as string;
  };
  /** Skips a value with all that it contains. */
  const skipValue = () => {
    let open = 0;
    for (;;) {
      const byte = body[at];
      if (byte === undefined) throw new SyntaxError("a value has no end");
      if (byte === QUOTE) {
        skipText();
        continue;
      }
      if (open === 0 && (byte === COMMA || byte === OBJECT_END || byte === LIST_END)) return;
      if (byte === OBJECT || byte === LIST) open += 1;
      if (byte === OBJECT_END || byte === LIST_END) {
        open -= 1;
        if (open === 0) {
          at += 1;
          return;
        }
      }
      at += 1;
    }
  };

  function* members(path: readonly string[]): Generator<JsonValue, void> {
    expect(OBJECT);
    skipSpace();
    if (body[at] === OBJECT_END) {
      at += 1;
      return;
    }
    for (;;) {
      const own = [...path, readName()];
      expect(COLON);
      skipSpace();
      if (own.length < depth && body[at] === OBJECT) yield* members(own);
      else {
        const start = at;
        skipValue();
        yield { path: own, start, end: at };
      }
      skipSpace();
      if (body[at] === COMMA) at += 1;
      else break;
    }
    expect(OBJECT_END);
  }

  yield* members([]);
  skipSpace();
  if (at < body.length) throw new SyntaxError("the text goes on after its end");
}
