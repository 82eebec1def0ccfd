import type { FieldNode, ResponsePath } from "graphql";

/** JSON text of a value. */
export type JsonText = string | PendingText;

const NO_NODES: readonly FieldNode[] = [];
const NO_PIECES: readonly JsonText[] = [];

/**
 * JSON text that waits for a promise, or that has such text in it.
 *
 * Forms a tree: see docs/decisions/0031-pending-text.md.
 */
export class PendingText {
  /** Text around this one; null for the outermost. */
  parent: PendingText | null = null;
  /** Path of the field or list item whose text this is; null if it is another part of the parent, which fails with it. */
  path: ResponsePath | null = null;
  /** Nodes of the field; empty without a path. */
  nodes: readonly FieldNode[] = NO_NODES;
  /** Whether the field or item cannot be null. */
  isNonNull = true;
  /** Whether it still waits for a promise itself. */
  isAwaited: boolean;
  #pieces: readonly JsonText[] = NO_PIECES;

  /** @param pieces text in order; null if it waits for a promise */
  constructor(pieces: readonly JsonText[] | null) {
    this.isAwaited = pieces === null;
    if (pieces) this.put(pieces);
  }

  put(pieces: readonly JsonText[]): void {
    this.#pieces = pieces;
    for (const piece of pieces) if (typeof piece !== "string") piece.parent = this;
  }

  /** Notes whose text it is, and returns it. */
  of(isNonNull: boolean, nodes: readonly FieldNode[], path: ResponsePath): this {
    this.isNonNull = isNonNull;
    this.nodes = nodes;
    this.path = path;
    return this;
  }

  /** Stops to wait, also in the text within. @returns the number of promises that it waited for */
  giveUp(): number {
    let count = this.isAwaited ? 1 : 0;
    this.isAwaited = false;
    for (const piece of this.#pieces) if (typeof piece !== "string") count += piece.giveUp();
    return count;
  }

  /** Returns the whole text, once nothing in it is awaited any more. */
  toText(): string {
    let text = "";
    for (const piece of this.#pieces) text += typeof piece === "string" ? piece : piece.toText();
    return text;
  }
}

/** Adds a text, and the pending text after it, to the pieces so far. */
export function appendPending(pieces: JsonText[] | null, text: string, pending: PendingText): JsonText[] {
  if (!pieces) return [text, pending];
  pieces.push(text, pending);
  return pieces;
}

/** Returns the pieces followed by a text; that text alone if there are none. */
export function concatPieces(pieces: JsonText[] | null, text: string): JsonText {
  if (!pieces) return text;
  const [before, pending] = pieces;
  // Most objects have one value that waits: a literal takes a third of the memory of an array that grows.
  if (pieces.length === 2 && before !== undefined && pending !== undefined) {
    return new PendingText([before, pending, text]);
  }
  pieces.push(text);
  return new PendingText(pieces);
}
