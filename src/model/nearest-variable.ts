/** Shortest name that others are compared with, in characters: shorter ones resemble many ordinary variables. */
const MIN_LENGTH = 8;

/**
 * Returns the known environment variable that an unknown one is most likely meant to be; null when there is none.
 *
 * A known name of 8 characters or more is meant by a name that
 * - differs in at most 2 characters, or in a fifth of the characters of a longer one (`TRUSTED_PROXY`),
 * - lacks its last words (`UPSTREAM_TIMEOUT`) or has another last word after two equal ones (`UPSTREAM_TIMEOUT_MS`),
 * - lacks its first words and keeps at least half of its characters (`OPERATOR_KEY`), or
 * - shortens some of its words to 3 letters or more (`DATA_DIR`).
 */
export function nearestVariable(name: string, known: readonly string[]): string | null {
  const word = name.toUpperCase();
  const [best] = known
    .filter((candidate) => candidate.length >= MIN_LENGTH)
    .map((candidate) => ({ candidate, edits: editDistance(word, candidate) }))
    .filter(({ candidate, edits }) => edits <= Math.max(2, candidate.length / 5) || isPartOf(word, candidate))
    .sort((a, b) => a.edits - b.edits);
  return best?.candidate ?? null;
}

function isPartOf(name: string, known: string): boolean {
  const [words, knownWords] = [name.split("_"), known.split("_")];
  if (words.length < 2) return false;
  const hasSameBeginning = known.startsWith(`${name}_`);
  const hasSameEnd = known.endsWith(`_${name}`) && name.length >= known.length / 2;
  const isOfOneLength = words.length === knownWords.length;
  const hasOtherUnit =
    isOfOneLength && words.length > 2 && words.slice(0, -1).every((word, at) => word === knownWords[at]);
  const isShortened =
    isOfOneLength &&
    words.every((word, at) => word === knownWords[at] || (word.length > 2 && knownWords[at]?.startsWith(word)));
  return hasSameBeginning || hasSameEnd || hasOtherUnit || isShortened;
}

/** Characters to insert, delete or replace to make one word of the other (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
