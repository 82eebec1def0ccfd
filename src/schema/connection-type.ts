import { builder } from "./builder.ts";

type NodeRef<Node> = ReturnType<ReturnType<typeof builder.objectRef<Node>>["implement"]>;

/**
 * The connection of a type, with the number of all its objects: for lists that are whole in memory.
 *
 * @param noun what its objects are called, in the plural
 */
export function connectionType<Node>(type: NodeRef<Node>, name: string, noun: string) {
  return builder.connectionObject(
    {
      type,
      name: `${name}Connection`,
      description: `A page of ${noun}.`,
      fields: (t) => ({
        totalCount: t.int({
          description: `How many ${noun} the whole list has.`,
          resolve: ({ totalCount }) => totalCount ?? 0,
        }),
      }),
    },
    { name: `${name}Edge`, description: `One of a page of ${noun}, with its cursor.` },
  );
}
