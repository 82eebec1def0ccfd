import { expect, it } from "vitest";
import { rememberingLast } from "../../src/model/remembering-last.ts";

it("a function that remembers its last answer is asked again for anything else, and after it failed", () => {
  const asked: string[] = [];
  const make = rememberingLast((name: string, size: number) => {
    asked.push(name);
    if (size < 0) throw new RangeError(name);
    return { name, size };
  });
  const first = make("a", 1);
  expect(make("a", 1)).toBe(first);
  expect(make("a", 2)).toEqual({ name: "a", size: 2 });
  expect(make("a", 1)).not.toBe(first);
  expect(() => make("b", -1)).toThrow("b");
  expect(() => make("b", -1)).toThrow("b");
  expect(asked).toEqual(["a", "a", "a", "b", "b"]);
});
