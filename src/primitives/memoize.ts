/** Returns a function that creates the value on its first call and returns the same one afterwards. */
export function once<Value>(create: () => Value): () => Value {
  let created: { readonly value: Value } | null = null;
  return () => {
    created ??= { value: create() };
    return created.value;
  };
}

/**
 * Returns the same function with its last result and its last error memoized.
 *
 * Serves loops whose items pass the same arguments. Arguments are compared by identity.
 */
export function memoizeLast<Arguments extends readonly unknown[], Result>(
  compute: (...args: Arguments) => Result,
): (...args: Arguments) => Result {
  let last: { readonly args: Arguments; readonly result: Result } | null = null;
  let lastFailure: { readonly args: Arguments; readonly error: unknown } | null = null;
  return (...args) => {
    if (last !== null && isSame(last.args, args)) return last.result;
    if (lastFailure !== null && isSame(lastFailure.args, args)) throw lastFailure.error;
    try {
      const result = compute(...args);
      last = { args, result };
      return result;
    } catch (error) {
      lastFailure = { args, error };
      throw error;
    }
  };
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  for (let index = 0; index < b.length; index += 1) if (a[index] !== b[index]) return false;
  return a.length === b.length;
}
