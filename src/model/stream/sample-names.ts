/** How many names a pattern is tried on. */
const SAMPLE_SIZE = 1_000;

const LOWER = "abcdefghijklmnopqrstuvwxyz";
const DIGITS = "0123456789";
const ALPHANUMERIC = `${LOWER}${LOWER.toUpperCase()}${DIGITS}`;

/**
 * Returns 1,000 stream names of 1 to 128 permitted characters, the same at every call.
 *
 * They are made as people make stream names: of words, numbers, capitals and hyphens, seldom longer than 32 characters. Fewer
 * than one in twenty holds a dot, an underscore, a space, a slash or a letter outside ASCII, so a pattern that leaves these
 * out still opens nearly everything that an account publishes.
 */
export function sampleNames(): readonly string[] {
  const next = xorshift(0x5eed);
  const pick = (alphabet: string) => alphabet.charAt(next(alphabet.length));
  const text = (alphabet: string, length: number) => Array.from({ length }, () => pick(alphabet)).join("");
  const word = () => text(LOWER, 2 + next(7));
  const plain = (index: number): string => {
    // Any capital, digit or hyphen may lead, so that a pattern that asks for one kind of beginning does not open all.
    const shapes = [
      () => `${word()}-${word()}`,
      () => `${word()}-${word()}-${next(1_000)}`,
      () => `${word()}${next(100)}`,
      () => word() + word(),
      () => `${pick(LOWER).toUpperCase()}${word()}-${word()}`,
      () => `${word().toUpperCase()}-${next(10_000)}`,
      () => text(DIGITS, 4 + next(8)),
      () => `${next(2_100)}-${word()}`,
      () => text(ALPHANUMERIC, 8 + next(24)),
      () => `${word()}-${text(DIGITS, 4)}-${word()}-${word()}`,
    ];
    return shapes[index % shapes.length]?.() ?? word();
  };
  const rare: readonly (() => string)[] = [
    () => `${word()}_${word()}`,
    () => `${word()}.${word()}`,
    () => `${word()} ${word()}`,
    () => `${word()}/${word()}`,
    () => `${word()}${["é", "ß", "ø", "日本", "Ж", "😀"][next(6)] ?? "é"}${word()}`,
    () => pick(ALPHANUMERIC),
    () => text(ALPHANUMERIC, 2),
    () => `${word()}-${text(ALPHANUMERIC, 30 + next(80))}`,
    () => text(ALPHANUMERIC, 128),
  ];
  return Array.from({ length: SAMPLE_SIZE }, (_, index) =>
    index % 25 === 0 ? (rare[(index / 25) % rare.length]?.() ?? word()) : plain(index),
  );
}

/** A generator of pseudo-random whole numbers below a bound, the same sequence for the same seed. */
function xorshift(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}
