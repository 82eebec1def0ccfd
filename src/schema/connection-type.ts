import { builder } from "./builder.ts";

type NodeRef<Node> = ReturnType<ReturnType<typeof builder.objectRef<Node>>["implement"]>;

/**
 * Creates the connection of a type with the total number of objects, for lists that are complete in memory.
 *
 * @param noun the plural noun for the objects
 */
export function connectionType<Node>(type: NodeRef<Node>, name: string, noun: string) {
  return builder.connectionObject(
    {
      type,
      name: `${name}Connection`,
      description: `One page of a list of ${noun}.`,
      fields: (t) => ({
        totalCount: t.int({
          description: `Number of ${noun} in the whole list.`,
          resolve: ({ totalCount }) => totalCount ?? 0,
        }),
      }),
    },
    { name: `${name}Edge`, description: `An edge of a page of ${noun}: an object with its cursor.` },
  );
}
