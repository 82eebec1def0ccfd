import { describe, expect, it } from "vitest";
import { createMetricsRegistry } from "../../src/telemetry/metrics-registry.ts";
import { createOperationNames } from "../../src/telemetry/operation-names.ts";
import { parseExposition } from "../support/exposition.ts";
import { TOKEN } from "../support/platform.ts";

describe("metrics registry: the text", () => {
  it("counts per set of labels, with a help text", () => {
    const registry = createMetricsRegistry();
    const calls = registry.counter("calls_total", "Calls made.", ["operation", "outcome"]);
    calls.add({ operation: "Read", outcome: "ok" });
    calls.add({ operation: "Read", outcome: "ok" }, 2);
    calls.add({ operation: "Read", outcome: "bad" });
    expect(registry.text()).toBe(
      [
        "# HELP calls_total Calls made.",
        "# TYPE calls_total counter",
        'calls_total{operation="Read",outcome="ok"} 3',
        'calls_total{operation="Read",outcome="bad"} 1',
        "",
      ].join("\n"),
    );
  });

  it("counts a histogram's buckets from below, a bound belonging to its bucket", () => {
    const registry = createMetricsRegistry();
    const sizes = registry.histogram("size", "Sizes.", ["of"], [1, 10]);
    for (const size of [0.5, 1, 10, 11]) sizes.observe({ of: "x" }, size);
    const { series } = parseExposition(registry.text());
    expect([...series]).toEqual([
      ['size_bucket{of="x",le="1"}', 2],
      ['size_bucket{of="x",le="10"}', 3],
      ['size_bucket{of="x",le="+Inf"}', 4],
      ['size_sum{of="x"}', 22.5],
      ['size_count{of="x"}', 4],
    ]);
  });

  it("reads gauges when it is scraped, and leaves out unknown values", () => {
    const registry = createMetricsRegistry();
    let age: number | null = null;
    registry.observed("gauge", "age", "Age.", () => age);
    registry.observed("gauge", "pace", "Pace.", () => [{ labels: { api: "API" }, value: Number.POSITIVE_INFINITY }]);
    expect(registry.text()).not.toContain("age");
    age = 3;
    const metrics = parseExposition(registry.text());
    expect(metrics.value("age")).toBe(3);
    expect(metrics.value('pace{api="API"}')).toBe(Number.POSITIVE_INFINITY);
  });

  it("stays readable whatever a label contains", () => {
    const registry = createMetricsRegistry();
    registry.counter("odd_total", "Odd.", ["label"]).add({ label: 'a"b\\c\nd' });
    expect(parseExposition(registry.text()).value('odd_total{label="a\\"b\\\\c\\nd"}')).toBe(1);
  });
});

describe("operation names", () => {
  it("are counted apart up to a number, and stay so", () => {
    const nameOf = createOperationNames(2);
    expect(["A", "B", "C", "A", "C", null].map(nameOf)).toEqual(["A", "B", "other", "A", "other", "anonymous"]);
  });

  it("that are too long, or that look like a secret, are not counted apart", () => {
    const nameOf = createOperationNames(10);
    expect(nameOf("A".repeat(65))).toBe("other");
    expect(nameOf(TOKEN)).toBe("other");
  });
});
