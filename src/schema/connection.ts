import { createHash } from "node:crypto";
import { InvalidInputError } from "../model/errors.ts";

/** Largest page of a list, in objects. */
export const MAX_PAGE_SIZE = 100;
/** Page size by default, in objects. */
export const DEFAULT_PAGE_SIZE = 20;

/** The arguments of every connection. An empty cursor, which some clients send for none, is the same as none. */
export interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

export interface Page<Node> {
  readonly edges: { readonly cursor: string; readonly node: Node }[];
  readonly pageInfo: PageInfo;
  readonly totalCount: number;
}

/**
 * Returns a page of a list that is sorted by a unique key. Cursors hold the key and not the position, so a page neither
 * skips nor repeats an object when others are added or removed.
 *
 * @throws InvalidInputError naming the argument
 */
export function pageOf<Node>(sorted: readonly Node[], keyOf: (node: Node) => string, page: PageArguments): Page<Node>;
/** @param nodeOf returns the node of an item; called for items on the page alone */
export function pageOf<Item, Node>(
  sorted: readonly Item[],
  keyOf: (item: Item) => string,
  page: PageArguments,
  nodeOf: (item: Item) => Node,
): Page<Node>;
export function pageOf<Item>(
  sorted: readonly Item[],
  keyOf: (item: Item) => string,
  { first, after, last, before }: PageArguments,
  nodeOf: (item: Item) => unknown = (item) => item,
): Page<unknown> {
  const size = sizeOf(first, last);
  const from = after ? upperBound(sorted, keyOf, decodeCursor(after, "after")) : 0;
  const to = before ? lowerBound(sorted, keyOf, decodeCursor(before, "before")) : sorted.length;
  const begin = last == null ? from : Math.max(from, to - size);
  const end = last == null ? Math.min(to, from + size) : to;
  const edges = sorted.slice(begin, Math.max(begin, end)).map((item) => new Edge(nodeOf(item), item, keyOf));
  return {
    edges,
    pageInfo: new PageInfo(edges, end < sorted.length, begin > 0),
    totalCount: sorted.length,
  };
}

/**
 * Returns a page of a list whose order changes, such as a list ordered by usage. A cursor holds a hash of 8 characters of
 * every node up to its own, so pages neither skip nor repeat a node, however the order changes between two pages and
 * whichever gateway serves them. See docs/decisions/0001-cursors-of-moving-lists.md.
 *
 * @param nameOf returns a text of the node that is unique and never changes
 * @throws InvalidInputError naming the argument
 */
export function pageOfMoving<Node>(
  ordered: readonly Node[],
  nameOf: (node: Node) => string,
  { first, after, last, before }: PageArguments,
): Page<Node> {
  const size = sizeOf(first, last);
  const seen = after ? decodeSeen(after, "after") : [];
  const ahead = before ? decodeSeen(before, "before").slice(0, -1) : null;
  const items = ordered.map((node) => ({ node, hash: hashOf(nameOf(node)) }));
  const [isSeen, isAhead] = [new Set(seen), ahead && new Set(ahead)];
  const passed = items.filter(({ hash }) => isSeen.has(hash));
  const rest = items.filter(({ hash }) => !isSeen.has(hash));
  const wanted = isAhead ? rest.filter(({ hash }) => isAhead.has(hash)) : rest;
  const behind = isAhead ? rest.filter(({ hash }) => !isAhead.has(hash)) : [];
  const begin = last == null ? 0 : Math.max(0, wanted.length - size);
  const end = last == null ? Math.min(wanted.length, size) : wanted.length;
  // Nodes that were seen stay seen while they are missing from the list.
  const passedHashes = [...new Set([...seen, ...passed.map(({ hash }) => hash)])];
  const hashes = [...passedHashes, ...wanted.map(({ hash }) => hash)];
  const edges = wanted
    .slice(begin, end)
    .map(({ node }, index) => new MovingEdge(node, hashes, passedHashes.length + begin + index + 1));
  return {
    edges,
    pageInfo: new PageInfo(edges, end < wanted.length || behind.length > 0, begin > 0 || passed.length > 0),
    totalCount: items.length,
  };
}

class MovingEdge<Node> {
  readonly node: Node;
  readonly #hashes: readonly string[];
  readonly #count: number;

  constructor(node: Node, hashes: readonly string[], count: number) {
    this.node = node;
    this.#hashes = hashes;
    this.#count = count;
  }

  get cursor(): string {
    return `${SEEN}${this.#hashes.slice(0, this.#count).join("")}`;
  }
}

/** Prefix of a cursor that holds hashes of seen nodes. */
const SEEN = "seen.";
const HASH_CHARACTERS = 8;

/** Returns 6 bytes of the name's SHA-256 in base64url. */
function hashOf(name: string): string {
  return createHash("sha256").update(name).digest("base64url").slice(0, HASH_CHARACTERS);
}

/** Returns the hashes that a cursor holds. @throws InvalidInputError for any other text */
function decodeSeen(cursor: string, argument: string): string[] {
  const hashes = cursor.slice(SEEN.length);
  const isSeen = cursor.startsWith(SEEN) && hashes.length > 0 && hashes.length % HASH_CHARACTERS === 0;
  if (!isSeen || !/^[\w-]+$/.test(hashes)) {
    const rule = "must be a cursor of the same list in the same order, such as its `pageInfo.endCursor`";
    throw new InvalidInputError(argument, `\`${argument}\` ${rule}; got ${JSON.stringify(cursor.slice(0, 40))}.`);
  }
  return Array.from({ length: hashes.length / HASH_CHARACTERS }, (_, index) =>
    hashes.slice(index * HASH_CHARACTERS, (index + 1) * HASH_CHARACTERS),
  );
}

/** The position of a page. A class: see `loaders/loaders.ts` on object literals with getters. */
export class PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly #edges: readonly { readonly cursor: string }[];

  constructor(edges: readonly { readonly cursor: string }[], hasNextPage: boolean, hasPreviousPage: boolean) {
    this.hasNextPage = hasNextPage;
    this.hasPreviousPage = hasPreviousPage;
    this.#edges = edges;
  }

  get startCursor(): string | null {
    return this.#edges.at(0)?.cursor ?? null;
  }

  get endCursor(): string | null {
    return this.#edges.at(-1)?.cursor ?? null;
  }
}

class Edge<Item> {
  readonly node: unknown;
  readonly #item: Item;
  readonly #keyOf: (item: Item) => string;

  constructor(node: unknown, item: Item, keyOf: (item: Item) => string) {
    this.node = node;
    this.#item = item;
    this.#keyOf = keyOf;
  }

  /** Encodes the cursor on demand: most queries select nodes alone. */
  get cursor(): string {
    return encodeCursor(this.#keyOf(this.#item));
  }
}

/** Returns the page size, from either end of the list. @throws InvalidInputError naming the argument */
function sizeOf(first: PageArguments["first"], last: PageArguments["last"]): number {
  if (last == null) return pageSize(first, "first");
  if (first == null) return pageSize(last, "last");
  throw new InvalidInputError("last", "`last` must not be given together with `first`; got both.");
}

/** Returns the page size. @throws InvalidInputError unless it is 0 to `max` */
export function pageSize(size: number | null | undefined, argument: string, max = MAX_PAGE_SIZE): number {
  if (size == null) return Math.min(DEFAULT_PAGE_SIZE, max);
  if (size >= 0 && size <= max) return size;
  throw new InvalidInputError(argument, `\`${argument}\` must be 0 to ${max}; got ${size}.`, { max });
}

export function encodeCursor(key: string): string {
  return Buffer.from(key, "utf8").toString("base64url");
}

/** Returns the key that a cursor holds. @throws InvalidInputError for any other text */
export function decodeCursor(cursor: string, argument: string): string {
  const key = Buffer.from(cursor, "base64url").toString("utf8");
  if (encodeCursor(key) === cursor) return key;
  const rule = "must be a cursor of this list, such as its `pageInfo.endCursor`";
  throw new InvalidInputError(argument, `\`${argument}\` ${rule}; got ${JSON.stringify(cursor.slice(0, 40))}.`);
}

/** Returns a number as text that sorts as the number does. */
export function sortableNumber(value: number | bigint): string {
  return value.toString().padStart(24, "0");
}

/** Returns whether a list that is sorted by code unit has the text. */
export function isInSorted(sorted: readonly string[], text: string): boolean {
  return sorted[lowerBound(sorted, (each) => each, text)] === text;
}

/** Compares texts by code unit, so that lists and cursors have the same order. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function lowerBound<Node>(sorted: readonly Node[], keyOf: (node: Node) => string, key: string): number {
  return partition(sorted, (node) => keyOf(node) < key);
}

function upperBound<Node>(sorted: readonly Node[], keyOf: (node: Node) => string, key: string): number {
  return partition(sorted, (node) => keyOf(node) <= key);
}

/** Returns the number of objects at the start of the list that satisfy the condition; no later one does. */
function partition<Node>(sorted: readonly Node[], isBefore: (node: Node) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const node = sorted[middle];
    if (node !== undefined && isBefore(node)) low = middle + 1;
    else high = middle;
  }
  return low;
}
