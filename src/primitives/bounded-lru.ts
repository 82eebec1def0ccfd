/**
 * Returns the options of an `LRUCache` that holds up to n entries and allocates memory only as it fills.
 *
 * The option `max` would allocate all places at once.
 */
export function boundedLru(entries: number): { readonly maxSize: number; readonly sizeCalculation: () => number } {
  return { maxSize: entries, sizeCalculation: () => 1 };
}
