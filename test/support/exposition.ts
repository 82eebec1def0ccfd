import type { TestGateway } from "./gateway.ts";

/** Metrics of one scrape: the value of each series, by its name with its labels as written. */
export interface Exposition {
  /** Returns the value of a series such as `syndigraph_errors_total{code="THROTTLED"}`; undefined if it is missing. */
  value(series: string): number | undefined;
  /** Returns the sum of all series whose text has this prefix. */
  sum(prefix: string): number;
  readonly series: ReadonlyMap<string, number>;
  /** The type of each metric, by its name. */
  readonly types: ReadonlyMap<string, string>;
}

const SAMPLE =
  /^([a-z_:][\w:]*)(\{(?:[a-z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*\})? (\+Inf|NaN|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/i;

/** Reads the text format of Prometheus, strictly. @throws Error for any line that breaks it */
export function parseExposition(text: string): Exposition {
  const series = new Map<string, number>();
  const types = new Map<string, string>();
  const helped = new Set<string>();
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  for (const line of text.slice(0, -1).split("\n")) {
    const [, kind, name = "", rest = ""] = /^# (HELP|TYPE) (\w+) (.+)$/.exec(line) ?? [];
    if (kind === "HELP") helped.add(name);
    else if (kind === "TYPE") {
      if (types.has(name)) throw new Error(`the type of ${name} is stated twice`);
      types.set(name, rest);
    } else {
      const [, metric = "", labels = "", value] = SAMPLE.exec(line) ?? [];
      const family = types.has(metric) ? metric : metric.replace(/_(bucket|sum|count)$/, "");
      if (!types.has(family) || !helped.has(family)) throw new Error(`no type or help before: ${line}`);
      if (series.has(metric + labels)) throw new Error(`repeated series: ${line}`);
      series.set(metric + labels, value === "+Inf" ? Number.POSITIVE_INFINITY : Number(value));
    }
  }
  return {
    series,
    types,
    value: (name) => series.get(name),
    sum: (prefix) => [...series].reduce((sum, [name, value]) => sum + (name.startsWith(prefix) ? value : 0), 0),
  };
}

/** Reads the metrics of a gateway as its operator. */
export async function metricsOf({ gateway, options }: Pick<TestGateway, "gateway" | "options">): Promise<Exposition> {
  const headers = { authorization: `Bearer ${options.operatorKey.reveal()}` };
  return parseExposition(await (await gateway.fetch(new Request("http://gateway.test/metrics", { headers }))).text());
}
