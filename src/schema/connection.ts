import { InvalidInputError } from "../model/errors.ts";

/** The largest page of a list. */
export const MAX_PAGE_SIZE = 100;
/** The page of a client that names no size. */
export const DEFAULT_PAGE_SIZE = 20;

/** The arguments of every connection. */
export interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

export interface Page<Node> {
  readonly edges: { readonly cursor: string; readonly node: Node }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
  readonly totalCount: number;
}

/**
 * A page of a list that is sorted by a key, which is unique in it. Cursors hold the key and not the position, so a page
 * neither skips nor repeats an object when others come and go.
 *
 * @throws InvalidInputError naming the argument
 */
export function pageOf<Node>(sorted: readonly Node[], keyOf: (node: Node) => string, page: PageArguments): Page<Node>;
/** @param nodeOf makes the node of an item: of those on the page alone */
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
  if (first != null && last != null) throw new InvalidInputError("last", "Give `first` or `last`, not both.");
  const from = after == null ? 0 : upperBound(sorted, keyOf, decodeCursor(after, "after"));
  const to = before == null ? sorted.length : lowerBound(sorted, keyOf, decodeCursor(before, "before"));
  const size = last == null ? pageSize(first, "first") : pageSize(last, "last");
  const begin = last == null ? from : Math.max(from, to - size);
  const end = last == null ? Math.min(to, from + size) : to;
  const edges = sorted.slice(begin, Math.max(begin, end)).map((item) => new Edge(nodeOf(item), item, keyOf));
  return {
    edges,
    pageInfo: new PageInfo(edges, end < sorted.length, begin > 0),
    totalCount: sorted.length,
  };
}

/** A class, as an object with getters of its own would stay in memory for longer than its request: see `loaders/loaders.ts`. */
class PageInfo {
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

  /** Most queries ask for the nodes alone. */
  get cursor(): string {
    return encodeCursor(this.#keyOf(this.#item));
  }
}

/** @throws InvalidInputError for a size that is not from 1 to `max` */
export function pageSize(size: number | null | undefined, argument: string, max = MAX_PAGE_SIZE): number {
  if (size == null) return Math.min(DEFAULT_PAGE_SIZE, max);
  if (size >= 1 && size <= max) return size;
  throw new InvalidInputError(argument, `A page holds 1 to ${max} objects, not ${size}.`, { max });
}

export function encodeCursor(key: string): string {
  return Buffer.from(key, "utf8").toString("base64url");
}

/** @throws InvalidInputError for a text that is no cursor of ours */
export function decodeCursor(cursor: string, argument: string): string {
  const key = Buffer.from(cursor, "base64url").toString("utf8");
  if (cursor.length > 0 && encodeCursor(key) === cursor) return key;
  throw new InvalidInputError(argument, "It is no cursor: pass `pageInfo.endCursor` back as it is.");
}

/** A number as text that sorts as the number does. */
export function sortableNumber(value: number | bigint): string {
  return value.toString().padStart(24, "0");
}

/** Texts are compared by code unit everywhere, so that one order holds for lists and cursors. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function lowerBound<Node>(sorted: readonly Node[], keyOf: (node: Node) => string, key: string): number {
  return partition(sorted, (node) => keyOf(node) < key);
}

function upperBound<Node>(sorted: readonly Node[], keyOf: (node: Node) => string, key: string): number {
  return partition(sorted, (node) => keyOf(node) <= key);
}

/** How many objects at the beginning of the list satisfy the condition, which no later one does. */
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
