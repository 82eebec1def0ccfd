import { LRUCache } from "lru-cache";
import type { TokenRecord } from "../model/token/token.ts";
import { boundedLru } from "../primitives/bounded-lru.ts";
import { PatternIndex } from "./pattern-index.ts";
import { createPatternReadings, type PatternReadings } from "./pattern-readings.ts";

/** Maximum number of stream names whose tokens are cached. */
const MAX_CACHED_NAMES = 20_000;

/** Index of the tokens of one kind, by id and by the streams that they open. Updated token by token. */
export class TokenIndex<Token extends TokenRecord> {
  readonly #byId = new Map<number, Token>();
  /** Ids of the tokens that grant a stream by its exact name. */
  readonly #byName = new Map<string, Set<number>>();
  /** Ids of the tokens that grant streams by a pattern. */
  readonly #byPattern = new Map<string, Set<number>>();
  readonly #readings: Pick<PatternReadings, "read" | "version">;
  readonly #patterns: PatternIndex;
  /** Results of {@link covering}, cleared by any change. */
  readonly #covering = new LRUCache<string, readonly Token[]>(boundedLru(MAX_CACHED_NAMES));
  /** Results of {@link possiblyCovering}, cleared by any change. */
  readonly #possiblyCovering = new LRUCache<string, readonly Token[]>(boundedLru(MAX_CACHED_NAMES));
  /** Version of the readings that the cached results are based on. */
  #version: object;
  #sorted: readonly Token[] | null = null;
  #names: readonly string[] | null = null;

  constructor(readings: Pick<PatternReadings, "read" | "version"> = createPatternReadings()) {
    this.#readings = readings;
    this.#patterns = new PatternIndex(readings.read);
    this.#version = readings.version();
  }

  get(id: number): Token | undefined {
    return this.#byId.get(id);
  }

  /**
   * Returns all tokens by ascending id, the order of their creation.
   *
   * The same list until a token changes.
   */
  all(): readonly Token[] {
    this.#checkVersion();
    this.#sorted ??= [...this.#byId.values()].sort((a, b) => a.id - b.id);
    return this.#sorted;
  }

  /**
   * Returns the tokens that certainly open the stream, by name or pattern, by ascending id.
   *
   * Use it to grant access.
   */
  covering(streamName: string): readonly Token[] {
    return this.#found(streamName, this.#covering, "matching");
  }

  /**
   * Returns the tokens that may open the stream, by ascending id. Use it to protect a stream.
   *
   * Includes tokens with a pattern that the gateway cannot read and whose literal prefix the name has.
   */
  possiblyCovering(streamName: string): readonly Token[] {
    return this.#found(streamName, this.#possiblyCovering, "possible");
  }

  #found(
    streamName: string,
    cache: LRUCache<string, readonly Token[]>,
    sense: "matching" | "possible",
  ): readonly Token[] {
    this.#checkVersion();
    const cached = cache.get(streamName);
    if (cached) return cached;
    const ids = new Set(this.#byName.get(streamName));
    for (const pattern of this.#patterns[sense](streamName)) {
      for (const id of this.#byPattern.get(pattern) ?? []) ids.add(id);
    }
    const tokens = [...ids].sort((a, b) => a - b).flatMap((id) => this.#byId.get(id) ?? []);
    cache.set(streamName, tokens);
    return tokens;
  }

  #checkVersion(): void {
    const version = this.#readings.version();
    if (version === this.#version) return;
    this.#version = version;
    this.#clearResults();
  }

  /** Returns every stream name that a token spells out, sorted. */
  names(): readonly string[] {
    this.#names ??= [...this.#byName.keys()].sort();
    return this.#names;
  }

  put(token: Token): void {
    const former = this.#byId.get(token.id);
    this.#byId.set(token.id, Object.freeze(token));
    this.#clearResults();
    // A refresh puts every token again; patterns that are unchanged need no new compilation.
    if (former && sameGrants(former, token)) return;
    if (former) this.#unlink(former);
    for (const { pattern, isRegex } of token.streams) {
      if (isRegex) this.#patterns.add(pattern);
      const grants = isRegex ? this.#byPattern : this.#byName;
      grants.set(pattern, (grants.get(pattern) ?? new Set()).add(token.id));
    }
  }

  delete(id: number): void {
    const token = this.#byId.get(id);
    if (!token) return;
    this.#byId.delete(id);
    this.#unlink(token);
    this.#clearResults();
  }

  #unlink(token: Token): void {
    for (const { pattern, isRegex } of token.streams) {
      const grants = isRegex ? this.#byPattern : this.#byName;
      const ids = grants.get(pattern);
      ids?.delete(token.id);
      if (ids?.size !== 0) continue;
      grants.delete(pattern);
      if (isRegex) this.#patterns.delete(pattern);
    }
  }

  #clearResults(): void {
    // A refresh puts thousands of tokens, and clearing an empty cache takes time as well.
    if (this.#covering.size > 0) this.#covering.clear();
    if (this.#possiblyCovering.size > 0) this.#possiblyCovering.clear();
    this.#sorted = null;
    this.#names = null;
  }
}

function sameGrants(a: TokenRecord, b: TokenRecord): boolean {
  return (
    a.streams.length === b.streams.length &&
    a.streams.every(({ pattern, isRegex }, index) => {
      const other = b.streams[index];
      return other?.pattern === pattern && other.isRegex === isRegex;
    })
  );
}
