import { memoizeLast } from "../primitives/memoize.ts";

/** Labels of a series: each has few values, none chosen by a client or the platform. */
export type Labels<Name extends string> = Readonly<Record<Name, string>>;

/** A value that only increases. */
export interface Counter<Name extends string> {
  add(labels: Labels<Name>, count?: number): void;
}

/** Counts values by buckets. */
export interface Histogram<Name extends string> {
  observe(labels: Labels<Name>, value: number): void;
}

/** One series of a metric that is read at each scrape. */
export interface Sample<Name extends string> {
  readonly labels: Labels<Name>;
  readonly value: number;
}

/**
 * Metrics of one gateway in the text format of Prometheus, which is rendered at each scrape.
 *
 * @see docs/decisions/0011-metrics-registry.md
 */
export interface MetricsRegistry {
  counter<const Name extends string>(name: string, help: string, labels: readonly Name[]): Counter<Name>;
  /** @param bounds upper bounds of the buckets, ascending; the bucket `+Inf` is added */
  histogram<const Name extends string>(
    name: string,
    help: string,
    labels: readonly Name[],
    bounds: readonly number[],
  ): Histogram<Name>;
  /** @param read called at each scrape; a metric without a value is left out */
  observed<const Name extends string = never>(
    type: "counter" | "gauge",
    name: string,
    help: string,
    read: () => readonly Sample<Name>[] | number | null,
  ): void;
  /** Returns all metrics, of the media type {@link METRICS_TYPE}. */
  text(): string;
}

/** @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export function createMetricsRegistry(): MetricsRegistry {
  const metrics: (() => string)[] = [];
  const register = (type: string, name: string, help: string, lines: () => readonly string[]) => {
    const head = `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
    metrics.push(() => {
      const body = lines();
      return body.length === 0 ? "" : `${head}${body.join("\n")}\n`;
    });
  };
  return {
    counter: (name, help, labels) => {
      const counts = new Map<string, number>();
      register("counter", name, help, () => [...counts].map(([labelText, count]) => line(name, labelText, count)));
      const textOf = labelWriter(labels);
      return {
        add: (values, count = 1) => {
          const labelText = textOf(values);
          counts.set(labelText, (counts.get(labelText) ?? 0) + count);
        },
      };
    },
    histogram: (name, help, labels, bounds) => {
      const distributions = new Map<string, Distribution>();
      register("histogram", name, help, () =>
        [...distributions].flatMap(([labelText, each]) => distributionLines(name, labelText, each, bounds)),
      );
      const textOf = labelWriter(labels);
      return {
        observe: (values, value) => {
          const labelText = textOf(values);
          const each = distributions.get(labelText) ?? { counts: new Array<number>(bounds.length + 1).fill(0), sum: 0 };
          distributions.set(labelText, each);
          const above = bounds.findIndex((bound) => value <= bound);
          const bucket = above === -1 ? bounds.length : above;
          each.counts[bucket] = (each.counts[bucket] ?? 0) + 1;
          each.sum += value;
        },
      };
    },
    observed: (type, name, help, read) =>
      register(type, name, help, () => {
        const samples = read() ?? [];
        if (typeof samples === "number") return [line(name, "", samples)];
        return samples.map(({ labels, value }) =>
          line(name, labelsText(Object.keys(labels), Object.values(labels)), value),
        );
      }),
    text: () => metrics.map((metric) => metric()).join(""),
  };
}

interface Distribution {
  /** Values by bucket, not cumulated. */
  readonly counts: number[];
  sum: number;
}

function distributionLines(
  name: string,
  labelText: string,
  { counts, sum }: Distribution,
  bounds: readonly number[],
): string[] {
  let count = 0;
  const buckets = counts.map((each, bucket) => {
    count += each;
    return line(
      `${name}_bucket`,
      `${labelText && `${labelText},`}le="${numberText(bounds[bucket] ?? Number.POSITIVE_INFINITY)}"`,
      count,
    );
  });
  return [...buckets, line(`${name}_sum`, labelText, sum), line(`${name}_count`, labelText, count)];
}

/** Returns a writer of labels that remembers the last text: the same labels come again and again. */
function labelWriter<Name extends string>(names: readonly Name[]): (values: Labels<Name>) => string {
  const textOf = memoizeLast((...values: readonly (string | undefined)[]) => labelsText(names, values));
  return (values) => textOf(...names.map((name) => values[name]));
}

function labelsText(names: readonly string[], values: readonly (string | undefined)[]): string {
  let text = "";
  for (const [index, name] of names.entries()) text += `${text && ","}${name}="${escaped(values[index] ?? "")}"`;
  return text;
}

function escaped(value: string): string {
  return /[\\"\n]/.test(value) ? value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n") : value;
}

function line(name: string, labels: string, value: number): string {
  return `${name}${labels && `{${labels}}`} ${numberText(value)}`;
}

function numberText(value: number): string {
  return value === Number.POSITIVE_INFINITY ? "+Inf" : String(value);
}
