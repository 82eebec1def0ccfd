import { InvalidInputError } from "../../model/errors.ts";
import { decodeCursor, encodeCursor, type PageArguments, PageInfo, pageSize } from "../connection.ts";

/** A list in the store that is too long to be counted or read backwards. */
interface StoredList<Node, Position> {
  /** Reads up to `limit` nodes after the position, from the start without one. */
  readonly list: (limit: number, after: Position | undefined) => Promise<readonly Node[]>;
  /** Returns the key that a cursor holds. */
  readonly keyOf: (node: Node) => string;
  /** Returns the position of a key from a cursor. @throws InvalidInputError for any other text */
  readonly positionOf: (key: string) => Position;
}

/** Returns a page of a list in the store. @throws InvalidInputError naming the argument, also for `last` and `before` */
export async function forwardPage<Node, Position>(
  { list, keyOf, positionOf }: StoredList<Node, Position>,
  { first, after, last, before }: PageArguments,
) {
  if (last != null || before) {
    const argument = last != null ? "last" : "before";
    const rule = `\`${argument}\` must be left out: the list is read forwards, by \`first\` and \`after\`.`;
    throw new InvalidInputError(argument, rule);
  }
  const size = pageSize(first, "first");
  const position = after ? positionOf(decodeCursor(after, "after")) : undefined;
  const nodes = await list(size + 1, position);
  const edges = nodes.slice(0, size).map((node) => ({ cursor: encodeCursor(keyOf(node)), node }));
  return { edges, pageInfo: new PageInfo(edges, nodes.length > size, position !== undefined) };
}
