import { describe, expect, it } from "vitest";
import { createPlatformClock } from "../../src/upstream/platform-clock.ts";
import { at } from "../support/time.ts";

const NOW = at("2026-03-18T10:20:00.700Z");

/** A clock on a machine whose own stands at {@link NOW}, after the platform has told its time so and so often. */
function timeAfter(...told: readonly (string | number)[]): number {
  const clock = createPlatformClock(() => NOW);
  for (const time of told) clock.observe(typeof time === "string" ? at(time) : time);
  return clock.now();
}

describe("the clock", () => {
  it("is the machine's until the platform tells its time", () => {
    expect(timeAfter()).toBe(NOW);
  });

  it("stays the machine's while the platform's differs by no more than a second cut off and a short way", () => {
    expect(timeAfter("2026-03-18T10:20:00Z")).toBe(NOW);
    expect(timeAfter("2026-03-18T10:19:59Z")).toBe(NOW);
    expect(timeAfter("2026-03-18T10:20:02Z")).toBe(NOW);
  });

  it("goes by the platform's when the machine's is off, ahead or behind", () => {
    expect(timeAfter("2026-03-18T11:20:00Z")).toBe(at("2026-03-18T11:20:00.500Z"));
    expect(timeAfter("2026-03-17T10:20:00Z")).toBe(at("2026-03-17T10:20:00.500Z"));
  });

  it("does not jitter with each answer once it goes by the platform's", () => {
    expect(timeAfter("2026-03-18T11:20:00Z", "2026-03-18T11:20:01Z", "2026-03-18T11:19:59Z")).toBe(
      at("2026-03-18T11:20:00.500Z"),
    );
  });

  it("follows the platform's when that is set again, and goes back when the machine's has been", () => {
    expect(timeAfter("2026-03-18T11:20:00Z", "2026-03-18T12:20:00Z")).toBe(at("2026-03-18T12:20:00.500Z"));
    expect(timeAfter("2026-03-18T11:20:00Z", "2026-03-18T10:20:00Z")).toBe(NOW);
  });

  it("runs on with the machine's between two answers", () => {
    let machine = NOW;
    const clock = createPlatformClock(() => machine);
    clock.observe(at("2026-03-18T11:20:00Z"));
    machine += 60_000;
    expect(clock.now()).toBe(at("2026-03-18T11:21:00.500Z"));
  });
});
