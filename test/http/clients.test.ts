import { createHash } from "node:crypto";
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { Client, cacheExchange, fetchExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";
import * as apollo3 from "apollo-client-3/core/index.js";
import { createPersistedQueryLink } from "apollo-client-3/link/persisted-queries/index.js";
import { RelayNetworkLayer, urlMiddleware } from "react-relay-network-modern";
import { type ConcreteRequest, Environment, fetchQuery, RecordSource, Store } from "relay-runtime";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createTestGateway, OPERATOR_KEY, type TestGateway } from "../support/gateway.ts";

const URL_OF_GRAPH = "http://gateway.test/graphql";
const QUERY = gql("query Me { me { name } }");
const OTHER_QUERY = gql("query Streams { streams(first: 0) { totalCount } }");
const headers = { authorization: `Bearer ${OPERATOR_KEY}` };
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

const fetchByNode = fetch;
let gateway: TestGateway;
/** The requests that a client sent: the method, and whether they held a document. */
let sent: string[] = [];

/** Answers the clients' requests. Others, such as those of a gateway in a process of its own, pass. */
const viaGateway: typeof fetch = async (input, init) => {
  const request = new Request(input, init);
  if (!request.url.startsWith(URL_OF_GRAPH)) return fetchByNode(request);
  const parameters: Record<string, unknown> =
    request.method === "GET"
      ? Object.fromEntries(new URL(request.url).searchParams)
      : ((await request.clone().json()) as Record<string, unknown>);
  sent.push(`${request.method} ${parameters["query"] ? "document" : "hash"}`);
  return gateway.gateway.fetch(request);
};

beforeAll(async () => {
  gateway = await createTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(() => {
  sent = [];
});

/** Clients with persisted queries, by name: each sends a document twice, and another one. */
const persisting: Readonly<Record<string, (useGet: boolean) => Promise<unknown[]>>> = {
  "Apollo Client 4": async (useGETForHashedQueries) => {
    const persisted = new PersistedQueryLink({ sha256, useGETForHashedQueries });
    const http = new HttpLink({ uri: URL_OF_GRAPH, fetch: viaGateway, headers });
    const client = new ApolloClient({ cache: new InMemoryCache(), link: ApolloLink.from([persisted, http]) });
    const ask = async (query: typeof QUERY) => (await client.query({ query, fetchPolicy: "network-only" })).data;
    return [await ask(QUERY), await ask(QUERY), await ask(OTHER_QUERY)];
  },
  "Apollo Client 3": async (useGETForHashedQueries) => {
    const persisted = createPersistedQueryLink({ sha256, useGETForHashedQueries });
    const http = new apollo3.HttpLink({ uri: URL_OF_GRAPH, fetch: viaGateway, headers });
    const client = new apollo3.ApolloClient({
      cache: new apollo3.InMemoryCache(),
      link: apollo3.from([persisted, http]),
    });
    const ask = async (query: typeof QUERY) => (await client.query({ query, fetchPolicy: "network-only" })).data;
    return [await ask(QUERY), await ask(QUERY), await ask(OTHER_QUERY)];
  },
  urql: async (preferGetForPersistedQueries) => {
    const client = new Client({
      url: URL_OF_GRAPH,
      exchanges: [cacheExchange, persistedExchange({ preferGetForPersistedQueries }), fetchExchange],
      fetch: viaGateway,
      fetchOptions: { headers },
      preferGetMethod: false,
      requestPolicy: "network-only",
    });
    const ask = async (query: typeof QUERY) => (await client.query(query, {}).toPromise()).data;
    return [await ask(QUERY), await ask(QUERY), await ask(OTHER_QUERY)];
  },
};

describe.each(Object.keys(persisting))("%s with persisted queries", (name) => {
  it.each([
    ["POST", false],
    ["GET", true],
  ])("sends a hash by %s once, and whole documents from then on", async (method, useGet) => {
    const answers = await persisting[name]?.(useGet);
    expect(answers).toMatchObject([
      { me: { name: "operator" } },
      { me: { name: "operator" } },
      { streams: { totalCount: expect.any(Number) } },
    ]);
    expect(sent[0]).toBe(`${method} hash`);
    expect(sent.slice(1)).toEqual(Array(3).fill(expect.stringMatching(/document$/)));
  });
});

describe("Relay", () => {
  beforeEach(() => {
    vi.stubGlobal("fetch", viaGateway);
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  const selections = [
    {
      kind: "LinkedField" as const,
      name: "me",
      alias: null,
      args: null,
      concreteType: "Caller",
      plural: false,
      storageKey: null,
      selections: [{ kind: "ScalarField" as const, name: "name", alias: null, args: null, storageKey: null }],
    },
  ];
  const request: ConcreteRequest = {
    kind: "Request",
    fragment: { kind: "Fragment", name: "Me", type: "Query", metadata: null, argumentDefinitions: [], selections },
    operation: { kind: "Operation", name: "Me", argumentDefinitions: [], selections },
    params: {
      name: "Me",
      operationKind: "query",
      id: null,
      cacheID: "me",
      text: "query Me { me { name } }",
      metadata: {},
    },
  };

  it("is answered by a network layer that sends an `id` beside the document", async () => {
    const network = new RelayNetworkLayer([
      // A copy: the middleware writes into its headers.
      urlMiddleware({ url: URL_OF_GRAPH, headers: { ...headers } }),
      (next) => async (req) => {
        expect(JSON.parse(String(req.getBody()))).toMatchObject({ id: "Me", query: request.params.text });
        return next(req);
      },
    ]);
    const environment = new Environment({ network, store: new Store(new RecordSource()) });
    expect(await fetchQuery(environment, request, {}).toPromise()).toMatchObject({ me: { name: "operator" } });
    expect(sent).toEqual(["POST document"]);
  });
});

describe("a request for a persisted document", () => {
  const hash = { version: 1, sha256Hash: sha256("{ me { name } }") };
  const ask = async (init: { readonly search?: Record<string, unknown>; readonly body?: object }, accept: string) => {
    const search = Object.entries(init.search ?? {}).map(([key, value]): [string, string] => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]);
    const response = await gateway.gateway.fetch(
      new Request(`${URL_OF_GRAPH}?${new URLSearchParams(search)}`, {
        method: init.body ? "POST" : "GET",
        headers: { ...headers, accept, ...(init.body && { "content-type": "application/json" }) },
        ...(init.body && { body: JSON.stringify(init.body) }),
      }),
    );
    return { status: response.status, ...((await response.json()) as object) };
  };
  const REFUSED = {
    status: 200,
    errors: [{ message: "PersistedQueryNotSupported", extensions: { code: "PERSISTED_QUERY_NOT_SUPPORTED" } }],
  };

  it.each([
    ["by its hash", { extensions: { persistedQuery: hash } }],
    ["by its hash, with a null document", { query: null, extensions: { persistedQuery: hash } }],
    ["by its hash, with an empty document", { query: "", extensions: { persistedQuery: hash } }],
    ["by Relay's id", { id: "abc" }],
    ["by Relay's older id", { doc_id: "1234" }],
    ["by the id of the draft", { documentId: "sha256:abc", variables: {} }],
  ])("%s is told that none are kept", async (_what, parameters) => {
    for (const accept of ["application/json", "application/graphql-response+json"]) {
      expect(await ask({ body: parameters }, accept)).toEqual(REFUSED);
      const { query, ...search } = { query: undefined, ...parameters };
      expect(await ask({ search: { ...search, ...(query === "" && { query }) } }, accept)).toEqual(REFUSED);
    }
  });

  it.each([
    ["a hash", { extensions: { persistedQuery: hash } }],
    ["an id", { id: "abc" }],
    ["an older id", { doc_id: 1234 }],
    ["the id of the draft", { documentId: "sha256:abc" }],
  ])("is answered if it has the document beside %s", async (_what, parameters) => {
    const whole = { query: "{ me { name } }", ...parameters };
    const answer = { status: 200, data: { me: { name: "operator" } } };
    expect(await ask({ body: whole }, "application/json")).toMatchObject(answer);
    expect(await ask({ search: whole }, "application/json")).toMatchObject(answer);
  });

  it.each([
    ["another parameter beside the document", { query: "{ me { name } }", ids: ["abc"] }],
    ["no document and no name of one", { extensions: { other: 1 } }],
    ["a document that is no text", { query: 5, extensions: { persistedQuery: hash } }],
  ])("is a bad request with %s", async (_what, body) => {
    expect(await ask({ body }, "application/json")).toMatchObject({
      status: 400,
      errors: [{ extensions: { code: "BAD_REQUEST" } }],
    });
  });
});
