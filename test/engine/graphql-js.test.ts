import {
  GraphQLError,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  graphql,
} from "graphql";
import { describe, expect, it } from "vitest";
import { dropAbandonedFieldError } from "../../src/engine/graphql-js.ts";

describe("dropAbandonedFieldError", () => {
  it("drops the error of a list item that graphql-js abandons since a later item failed at once", async () => {
    const items = () => [Promise.reject(new Error("late")), new Error("at once")];
    const type = new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(GraphQLInt)));
    const query = new GraphQLObjectType({ name: "Query", fields: { items: { type, resolve: items } } });
    const abandoned: unknown[] = [];
    const others = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection").on("unhandledRejection", (reason) => abandoned.push(reason));
    try {
      const { errors } = await graphql({ schema: new GraphQLSchema({ query }), source: "{ items }" });
      expect(errors?.map(({ message }) => message)).toEqual(["at once"]);
      await expect.poll(() => abandoned).toHaveLength(1);
    } finally {
      process.removeAllListeners("unhandledRejection");
      for (const listener of others) process.on("unhandledRejection", listener);
    }
    expect(abandoned[0]).toMatchObject({ message: "late", path: ["items", 0] });
    expect(() => dropAbandonedFieldError(abandoned[0])).not.toThrow();
  });

  it("throws every other reason, which ends the process as it would without it", () => {
    const fault = new TypeError("not a function");
    expect(() => dropAbandonedFieldError(fault)).toThrow(fault);
    expect(() => dropAbandonedFieldError(new GraphQLError("no field"))).toThrow("no field");
  });
});
