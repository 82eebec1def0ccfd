import { setImmediate as nextTurn } from "node:timers/promises";

/** Numbers that are sorted together: some thousands of them take less than a millisecond. */
const RUN_LENGTH = 4_096;

/** Numbers that are sorted while they are added, so that the event loop does not wait for the sorting of many. */
export class SortedNumbers {
  readonly #runs: Float64Array[] = [];
  #added: number[] = [];

  add(value: number): void {
    this.#added.push(value);
    if (this.#added.length < RUN_LENGTH) return;
    this.#runs.push(runOf(this.#added));
    this.#added = [];
  }

  /** Returns all numbers in ascending order. The event loop runs between the merges. */
  async all(): Promise<Float64Array> {
    let runs = [...this.#runs, runOf(this.#added)];
    while (runs.length > 1) {
      const merged: Float64Array[] = [];
      for (let index = 0; index < runs.length; index += 2) {
        const [a, b] = runs.slice(index, index + 2) as [Float64Array, Float64Array?];
        merged.push(b ? merge(a, b) : a);
        await nextTurn();
      }
      runs = merged;
    }
    return runs[0] ?? new Float64Array();
  }
}

function runOf(values: readonly number[]): Float64Array {
  return new Float64Array(values).sort();
}

function merge(a: Float64Array, b: Float64Array): Float64Array {
  const merged = new Float64Array(a.length + b.length);
  let [ofA, ofB] = [0, 0];
  for (let index = 0; index < merged.length; index += 1) {
    const isFromA = ofB >= b.length || (ofA < a.length && (a[ofA] as number) <= (b[ofB] as number));
    merged[index] = (isFromA ? a[ofA++] : b[ofB++]) as number;
  }
  return merged;
}
