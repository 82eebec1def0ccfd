import { expect, it } from "vitest";
import { memoizeLast, once } from "../../src/primitives/memoize.ts";

it("memoizeLast computes again for other arguments, and throws its last error again for the same", () => {
  const asked: string[] = [];
  const make = memoizeLast((name: string, size: number) => {
    asked.push(name);
    if (size < 0) throw new RangeError(name);
    return { name, size };
  });
  const first = make("a", 1);
  expect(make("a", 1)).toBe(first);
  expect(make("a", 2)).toEqual({ name: "a", size: 2 });
  expect(make("a", 1)).not.toBe(first);
  const failure = () => {
    try {
      return make("b", -1);
    } catch (error) {
      return error;
    }
  };
  const thrown = failure();
  expect(thrown).toEqual(new RangeError("b"));
  expect(failure()).toBe(thrown);
  expect(() => make("c", -1)).toThrow("c");
  expect(make("a", 1)).toEqual(first);
  expect(asked).toEqual(["a", "a", "a", "b", "c"]);
});

it("once creates its value on the first call alone, also when that is undefined", () => {
  let calls = 0;
  const create = once(() => {
    calls += 1;
    return undefined;
  });
  expect([create(), create(), calls]).toEqual([undefined, undefined, 1]);
});
