import type { MediaType } from "./response-body.ts";

/** The media types that an answer can have; those of streams carry one object as well. */
export type ResponseMediaType = MediaType | "text/event-stream" | "multipart/mixed";

const json = ["application/json", "application/graphql-response+json"] as const;
const streams = ["text/event-stream", "multipart/mixed"] as const;

/** A range of media types that a client accepts. */
interface Range {
  /** Such as `application/json`, `application/*` or `*\/*`, in lower case. */
  readonly type: string;
  /** From 0, not acceptable, to 1. */
  readonly quality: number;
}

/**
 * Returns the media type that a request is answered in, by RFC 9110, section 12.5.1: the acceptable one of the highest quality,
 * the first of the header among equals. JSON comes before streams, which nobody needs for one object, and which have to be named. Parameters other than
 * `charset` and `q` are passed over. Null when nothing that the gateway can write is acceptable.
 */
export function negotiateMediaType(accept: string | null): ResponseMediaType | null {
  const ranges = rangesOf(accept || "*/*");
  const named = ranges.filter(({ type }) => streams.some((stream) => stream === type));
  return best(json, ranges) ?? best(streams, named);
}

function best<Type extends ResponseMediaType>(types: readonly Type[], ranges: readonly Range[]): Type | null {
  const found = types.flatMap((type) => {
    const range = rangeFor(type, ranges);
    return range && range.quality > 0 ? [{ type, quality: range.quality, place: ranges.indexOf(range) }] : [];
  });
  found.sort((a, b) => b.quality - a.quality || a.place - b.place);
  return found[0]?.type ?? null;
}

/** The most specific range that a type lies in. */
function rangeFor(type: string, ranges: readonly Range[]): Range | undefined {
  const [main = "", sub = ""] = type.split("/");
  for (const name of [type, `*/${sub}`, `${main}/*`, "*/*"]) {
    const range = ranges.find((each) => each.type === name);
    if (range) return range;
  }
  return undefined;
}

/** What is not in UTF-8 is passed over, and so is what is no range. */
function rangesOf(accept: string): readonly Range[] {
  return outsideQuotes(accept.toLowerCase(), ",").flatMap((part) => {
    const [type = "", ...parameters] = outsideQuotes(part, ";").map((each) => each.replace(/\s/g, ""));
    const parameter = (name: string) => parameters.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
    const charset = parameter("charset")?.replace(/^"(.*)"$/, "$1") ?? "utf-8";
    const quality = Number(parameter("q") ?? 1);
    if (charset !== "utf-8" || !(quality >= 0 && quality <= 1)) return [];
    return [{ type, quality }];
  });
}

/** Parts of a text between separators, of which those in a quoted string are none. */
function outsideQuotes(text: string, separator: "," | ";"): readonly string[] {
  return text.match(separator === "," ? /(?:"(?:\\.|[^"\\])*"|[^,])+/g : /(?:"(?:\\.|[^"\\])*"|[^;])+/g) ?? [];
}
