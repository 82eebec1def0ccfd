import { describe, expect, it } from "vitest";
import { createPlatformClock } from "../../src/upstream/platform-clock.ts";
import { at } from "../support/time.ts";

const NOW = at("2026-03-18T10:20:00.700Z");
const MINUTE = 60_000;

/** A clock on a machine whose own stands at {@link NOW}, and what was said of offsets that are too large. */
function createClock(maxOffsetMs = 5 * MINUTE) {
  const tooFar: number[] = [];
  let machine = NOW;
  const clock = createPlatformClock({ machine: () => machine, maxOffsetMs, onTooFar: (ms) => tooFar.push(ms) });
  return {
    clock,
    tooFar,
    advance: (ms: number) => {
      machine += ms;
    },
    tell: (...times: readonly (string | number)[]) => {
      for (const time of times) clock.observe(typeof time === "string" ? at(time) : time);
      return clock.now();
    },
  };
}

/** The same answer, so many times. */
const times = (count: number, time: string) => Array.from({ length: count }, () => time);

describe("the platform's clock", () => {
  it("is the machine's until the platform has told its time three times", () => {
    const { tell, clock } = createClock();
    expect(tell()).toBe(NOW);
    expect(tell(...times(2, "2026-03-18T10:23:00Z"))).toBe(NOW);
    expect(clock.offset()).toEqual({ measuredMs: null, appliedMs: 0 });
    expect(tell("2026-03-18T10:23:00Z")).toBe(at("2026-03-18T10:23:00.500Z"));
  });

  it("stays the machine's while the platform's differs by no more than a second cut off and a short way", () => {
    for (const time of ["2026-03-18T10:20:00Z", "2026-03-18T10:19:59Z", "2026-03-18T10:20:02Z"]) {
      expect(createClock().tell(...times(3, time))).toBe(NOW);
    }
  });

  it("goes by the platform's when the machine's is off, ahead or behind", () => {
    expect(createClock().tell(...times(3, "2026-03-18T10:24:00Z"))).toBe(at("2026-03-18T10:24:00.500Z"));
    expect(createClock().tell(...times(3, "2026-03-18T10:16:00Z"))).toBe(at("2026-03-18T10:16:00.500Z"));
  });

  it("does not follow answers that disagree, be they ever so many", () => {
    const { tell } = createClock();
    const odd = ["2026-03-18T10:24:00Z", "2026-03-18T10:20:00Z"];
    expect(tell(...odd, ...odd, ...odd, ...odd)).toBe(NOW);
  });

  it("does not follow one answer, or two, once it goes by the platform's", () => {
    const { tell } = createClock();
    const told = tell(...times(3, "2026-03-18T10:23:00Z"));
    expect(tell("2026-03-18T10:20:00Z")).toBe(told);
    expect(tell("2026-03-18T10:20:00Z")).toBe(told);
    expect(tell("2026-03-18T10:23:00Z")).toBe(told);
  });

  it("does not jitter with each answer once it goes by the platform's", () => {
    const { tell } = createClock();
    const told = tell(...times(3, "2026-03-18T10:23:00Z"));
    expect(tell("2026-03-18T10:23:01Z", "2026-03-18T10:22:59Z", "2026-03-18T10:23:01Z")).toBe(told);
  });

  it("follows the platform's when that is set again, and goes back when the machine's has been", () => {
    const { tell } = createClock();
    tell(...times(3, "2026-03-18T10:23:00Z"));
    expect(tell(...times(3, "2026-03-18T10:22:00Z"))).toBe(at("2026-03-18T10:22:00.500Z"));
    expect(tell(...times(3, "2026-03-18T10:20:00Z"))).toBe(NOW);
  });

  it("runs on with the machine's between two answers", () => {
    const { tell, advance, clock } = createClock();
    tell(...times(3, "2026-03-18T10:23:00Z"));
    advance(MINUTE);
    expect(clock.now()).toBe(at("2026-03-18T10:24:00.500Z"));
  });

  it("is the machine's beyond the largest offset, which is told once, and again after it was within it", () => {
    const { tell, tooFar, clock } = createClock();
    const years = "2050-03-18T10:20:00Z";
    expect(tell(...times(3, years))).toBe(NOW);
    expect(clock.offset()).toEqual({ measuredMs: at(years) + 500 - NOW, appliedMs: 0 });
    expect(tell(...times(6, years), ...times(3, "2026-03-17T10:20:00Z"))).toBe(NOW);
    expect(tooFar).toHaveLength(1);
    tell(...times(3, "2026-03-18T10:23:00Z"), ...times(3, years));
    expect(tooFar).toHaveLength(2);
  });

  it("takes an offset of exactly the largest, and none of a second more", () => {
    const largest = createClock(2 * MINUTE + 800);
    expect(largest.tell(...times(3, "2026-03-18T10:22:01Z"))).toBe(at("2026-03-18T10:22:01.500Z"));
    expect(largest.tell(...times(3, "2026-03-18T10:22:04Z"))).toBe(NOW);
  });

  it("spans what the platform may have dated, at its widest", () => {
    const behind = createClock();
    behind.tell(...times(3, "2026-03-18T08:00:00Z"));
    expect(behind.clock.span(NOW)).toEqual({ begunAt: at("2026-03-18T08:00:00.500Z"), now: NOW });
    const ahead = createClock();
    ahead.tell(...times(3, "2026-03-18T12:00:00Z"));
    expect(ahead.clock.span(NOW)).toEqual({ begunAt: NOW, now: at("2026-03-18T12:00:00.500Z") });
    ahead.tell(...times(3, "2026-03-18T10:23:00Z"));
    const applied = at("2026-03-18T10:23:00.500Z");
    expect(ahead.clock.span(NOW)).toEqual({ begunAt: applied, now: applied });
  });
});
