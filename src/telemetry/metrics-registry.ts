import { memoizeLast } from "../primitives/memoize.ts";

/** What a metric is counted apart by: a few words each, never anything that a client or the platform made up. */
export type Labels<Name extends string> = Readonly<Record<Name, string>>;

/** Counts what happens. */
export interface Counter<Name extends string> {
  add(labels: Labels<Name>, count?: number): void;
}

/** Counts what happens by how large it is. */
export interface Histogram<Name extends string> {
  observe(labels: Labels<Name>, value: number): void;
}

/** One figure of a metric that is read when it is asked for. */
export interface Sample<Name extends string> {
  readonly labels: Labels<Name>;
  readonly value: number;
}

/**
 * The metrics of one gateway, as Prometheus reads them. It is our own because that is a hundred lines, while `prom-client`
 * takes 27 ms of every start and more time for every request: requests only add to maps here, and the text is made on demand.
 */
export interface Registry {
  counter<const Name extends string>(name: string, help: string, labels: readonly Name[]): Counter<Name>;
  /** @param bounds the upper bounds of its buckets, ascending; one without a bound is added */
  histogram<const Name extends string>(
    name: string,
    help: string,
    labels: readonly Name[],
    bounds: readonly number[],
  ): Histogram<Name>;
  /** @param read called whenever the metrics are asked for; a metric without a figure is left out */
  observed<const Name extends string = never>(
    type: "counter" | "gauge",
    name: string,
    help: string,
    read: () => readonly Sample<Name>[] | number | null,
  ): void;
  /** The media type is {@link METRICS_TYPE}. */
  text(): string;
}

/** @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export function createMetricsRegistry(): Registry {
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
      register("counter", name, help, () => [...counts].map(([of, count]) => line(name, of, count)));
      const textOf = writer(labels);
      return {
        add: (values, count = 1) => {
          const of = textOf(values);
          counts.set(of, (counts.get(of) ?? 0) + count);
        },
      };
    },
    histogram: (name, help, labels, bounds) => {
      const found = new Map<string, Distribution>();
      register("histogram", name, help, () => [...found].flatMap(([of, each]) => distribution(name, of, each, bounds)));
      const textOf = writer(labels);
      return {
        observe: (values, value) => {
          const of = textOf(values);
          const each = found.get(of) ?? { counts: new Array<number>(bounds.length + 1).fill(0), sum: 0 };
          found.set(of, each);
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
          line(name, written(Object.keys(labels), Object.values(labels)), value),
        );
      }),
    text: () => metrics.map((metric) => metric()).join(""),
  };
}

interface Distribution {
  /** How many fell into each bucket, and not into one before it. */
  readonly counts: number[];
  sum: number;
}

function distribution(name: string, of: string, { counts, sum }: Distribution, bounds: readonly number[]): string[] {
  let count = 0;
  const buckets = counts.map((each, bucket) => {
    count += each;
    return line(`${name}_bucket`, `${of && `${of},`}le="${figure(bounds[bucket] ?? Number.POSITIVE_INFINITY)}"`, count);
  });
  return [...buckets, line(`${name}_sum`, of, sum), line(`${name}_count`, of, count)];
}

/** Writes labels, of which the same come again and again. */
function writer<Name extends string>(names: readonly Name[]): (values: Labels<Name>) => string {
  const textOf = memoizeLast((...values: readonly (string | undefined)[]) => written(names, values));
  return (values) => textOf(...names.map((name) => values[name]));
}

function written(names: readonly string[], values: readonly (string | undefined)[]): string {
  let text = "";
  for (const [index, name] of names.entries()) text += `${text && ","}${name}="${escaped(values[index] ?? "")}"`;
  return text;
}

function escaped(value: string): string {
  return /[\\"\n]/.test(value) ? value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n") : value;
}

function line(name: string, labels: string, value: number): string {
  return `${name}${labels && `{${labels}}`} ${figure(value)}`;
}

function figure(value: number): string {
  return value === Number.POSITIVE_INFINITY ? "+Inf" : String(value);
}
