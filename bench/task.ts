/** Data that every server is asked for, and the ways of asking a graph for it. */
export interface Task {
  /** Shape of the data, such as `totals`, with what tells the task from others of that shape: `totals-8`. */
  readonly id: string;
  readonly title: string;
  /** Number of streams of the account. */
  readonly streams: number;
  /** Path of the n-th request to the proxy. */
  readonly path: (index: number) => string;
  /** Method of the requests to the proxy: GET by default; POST sends it the graph's body as well. */
  readonly method?: "POST";
  /** The first one stands for the task where a single wording is measured. */
  readonly wordings: readonly [Wording, ...Wording[]];
}

/** One way of asking a graph for the data of a task. */
export interface Wording {
  readonly name: string;
  /** The document, or a function that gives the n-th one. */
  readonly document: string | ((index: number) => string);
  /** Variables of the n-th request; none by default. */
  readonly variables?: (index: number) => Readonly<Record<string, unknown>>;
  /** Name of the n-th request's operation; none by default, which a document with several operations does not allow. */
  readonly operationName?: (index: number) => string | undefined;
  /** Method of the n-th request: POST by default. */
  readonly method?: (index: number) => "GET" | "POST";
  /** Converts `data` to the proxy's response. Numbers may be strings, and instants may be written in any form. */
  readonly rows: (data: never, index: number) => unknown;
  /** Whose key is sent: the operator's by default. */
  readonly by?: "partner";
  /** False if the schema of the other servers lacks a field of it. */
  readonly isForPeers?: false;
}

/** Returns the document of the n-th request. */
export function documentOf({ document }: Wording, index: number): string {
  return typeof document === "string" ? document : document(index);
}

/** Returns a task whose requests are those of all wordings in turn, without a partner's. */
export function mixedTask(id: string, title: string, tasks: readonly Task[], streams: number): Task {
  const parts = tasks.flatMap((task) =>
    task.wordings.filter(({ by }) => by === undefined).map((wording) => ({ task, wording })),
  );
  const partAt = (index: number) => parts[index % parts.length] as (typeof parts)[number];
  const mixed = (name: string): Wording => ({
    name,
    document: (index) => documentOf(partAt(index).wording, index),
    variables: (index) => partAt(index).wording.variables?.(index) ?? {},
    operationName: (index) => partAt(index).wording.operationName?.(index),
    method: (index) => partAt(index).wording.method?.(index) ?? "POST",
    rows: (data, index) => partAt(index).wording.rows(data, index),
    isForPeers: false,
  });
  return { id, title, streams, path: (index) => partAt(index).task.path(index), wordings: [mixed("all in turn")] };
}
