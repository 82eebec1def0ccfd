import type { MediaType } from "./response-body.ts";

/** Media types of responses; those of streams can carry a single object as well. */
export type ResponseMediaType = MediaType | "text/event-stream" | "multipart/mixed";

const json = ["application/json", "application/graphql-response+json"] as const;
const streams = ["text/event-stream", "multipart/mixed"] as const;

/** A media range of the header Accept. */
interface Range {
  /** Such as `application/json`, `application/*` or `*\/*`, in lower case. */
  readonly type: string;
  /** From 0 (not acceptable) to 1. */
  readonly quality: number;
}

/**
 * Returns the media type of the response by RFC 9110, section 12.5.1: the acceptable one of the highest quality, the first in the
 * header among equals; null if none is acceptable. JSON is preferred to streams, which must be named without a wildcard. Parameters
 * other than `charset` and `q` are ignored.
 */
export function negotiateMediaType(accept: string | null): ResponseMediaType | null {
  const ranges = rangesOf(accept || "*/*");
  const named = ranges.filter(({ type }) => streams.some((stream) => stream === type));
  return best(json, ranges) ?? best(streams, named);
}

/**
 * Returns the encoding of the response by RFC 9110, section 12.5.3: the one of the highest quality, the first of ours among equals;
 * null for none, also where the client prefers none.
 */
export function negotiateEncoding<Encoding extends string>(
  accept: string | null,
  encodings: readonly Encoding[],
): Encoding | null {
  const ranges = rangesOf(accept ?? "");
  const qualityOf = (name: string) => ranges.find(({ type }) => type === name)?.quality;
  const quality = (encoding: Encoding) => qualityOf(encoding) ?? qualityOf("*") ?? 0;
  const [first] = encodings.toSorted((a, b) => quality(b) - quality(a));
  return first && quality(first) > 0 && quality(first) >= (qualityOf("identity") ?? 0) ? first : null;
}

function best<Type extends ResponseMediaType>(types: readonly Type[], ranges: readonly Range[]): Type | null {
  const found = types.flatMap((type) => {
    const range = rangeFor(type, ranges);
    return range && range.quality > 0 ? [{ type, quality: range.quality, position: ranges.indexOf(range) }] : [];
  });
  found.sort((a, b) => b.quality - a.quality || a.position - b.position);
  return found[0]?.type ?? null;
}

/** Returns the most specific range that matches a type. */
function rangeFor(type: string, ranges: readonly Range[]): Range | undefined {
  const [main = "", sub = ""] = type.split("/");
  for (const name of [type, `*/${sub}`, `${main}/*`, "*/*"]) {
    const range = ranges.find((each) => each.type === name);
    if (range) return range;
  }
  return undefined;
}

/** Parses the header; ignores ranges that are malformed or not in UTF-8. */
function rangesOf(accept: string): readonly Range[] {
  return splitUnquoted(accept.toLowerCase(), ",").flatMap((part) => {
    const [type = "", ...parameters] = splitUnquoted(part, ";").map((each) => each.replace(/\s/g, ""));
    const parameter = (name: string) => parameters.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
    const charset = parameter("charset")?.replace(/^"(.*)"$/, "$1") ?? "utf-8";
    const quality = Number(parameter("q") ?? 1);
    if (charset !== "utf-8" || !(quality >= 0 && quality <= 1)) return [];
    return [{ type, quality }];
  });
}

/** Splits a text at separators outside quoted strings. */
function splitUnquoted(text: string, separator: "," | ";"): readonly string[] {
  return text.match(separator === "," ? /(?:"(?:\\.|[^"\\])*"|[^,])+/g : /(?:"(?:\\.|[^"\\])*"|[^;])+/g) ?? [];
}
