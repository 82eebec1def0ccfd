/**
 * The same function, with its last outcome remembered: the fields of a list ask for the same, one behind the other. What it
 * has thrown for the same arguments, it throws again. Arguments are the same when they are the same value or the same object.
 */
export function memoizeLast<Arguments extends readonly unknown[], Result>(
  make: (...given: Arguments) => Result,
): (...given: Arguments) => Result {
  let last: { readonly given: Arguments; readonly result: Result } | null = null;
  let lastFailure: { readonly given: Arguments; readonly error: unknown } | null = null;
  return (...given) => {
    if (last !== null && isSame(last.given, given)) return last.result;
    if (lastFailure !== null && isSame(lastFailure.given, given)) throw lastFailure.error;
    try {
      const result = make(...given);
      last = { given, result };
      return result;
    } catch (error) {
      lastFailure = { given, error };
      throw error;
    }
  };
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  for (let index = 0; index < b.length; index += 1) if (a[index] !== b[index]) return false;
  return a.length === b.length;
}
