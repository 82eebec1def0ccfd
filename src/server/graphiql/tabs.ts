/** A tab that GraphiQL opens with: a document of the folder `tabs`, and variables with which it runs as it is. */
export interface Tab {
  readonly file: string;
  readonly variables: (now: number) => Readonly<Record<string, string | number>>;
}

/** In the order of a first visit: see what is there, then sell it, then reckon. They run as they are over the sandbox. */
export const tabs: readonly Tab[] = [
  { file: "stream-usage.graphql", variables: () => ({ stream: "derby-final" }) },
  { file: "partner-month.graphql", variables: (now) => ({ trackingId: "northwind-tv", month: month(now) }) },
  {
    file: "onboard-partner.graphql",
    variables: (now) => ({ stream: "spring-gala", partner: "meadow-tv", key: `gala-${day(now)}` }),
  },
  {
    file: "sign-and-inspect.graphql",
    variables: () => ({ parent: 5001, stream: "derby-final", trackingId: "northwind-tv", jwt: foreignToken }),
  },
  { file: "account-reconciliation.graphql", variables: (now) => ({ month: month(now) }) },
];

function month(now: number): string {
  return day(now).slice(0, 7);
}

function day(now: number): string {
  return new Date(now).toISOString().slice(0, 10);
}

/** A viewer token that somebody signed with a key of their own, long ago: there is much to say against it. */
const foreignToken = [
  { alg: "HS256", typ: "JWT" },
  {
    streaming: {
      tokenId: 5001,
      tokenType: "Subscribe",
      streamName: "derby-final",
      tracking: { trackingId: "kestrel-media" },
    },
    iat: 1750813271,
    exp: 1750813871,
  },
]
  .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
  .concat("c2lnbmVkIHdpdGggYW5vdGhlciBrZXksIG5vdCB5b3Vycw")
  .join(".");
