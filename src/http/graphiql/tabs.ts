/** A tab that GraphiQL opens with: a document of the folder `tabs` and its variables. */
export interface Tab {
  readonly file: string;
  /** The browser replaces null by values of the partner's own first token. */
  readonly variables: (now: number) => Variables;
}

type Variables = Readonly<Record<string, string | number | boolean | null | Readonly<Record<string, string | null>>>>;

/** Tabs of operators, in the order of a first visit. They run unchanged over the sandbox. */
export const operatorTabs: readonly Tab[] = [
  { file: "stream-usage.graphql", variables: () => ({ stream: "derby-final" }) },
  { file: "partner-month.graphql", variables: (now) => ({ trackingId: "northwind-tv", month: month(now) }) },
  { file: "partner-year.graphql", variables: () => ({ trackingId: "northwind-tv" }) },
  {
    file: "onboard-partner.graphql",
    variables: (now) => ({
      name: "Meadow TV",
      trackingId: "meadow-tv",
      stream: "spring-gala",
      key: `gala-${day(now)}`,
      dryRun: true,
    }),
  },
  {
    file: "sign-and-inspect.graphql",
    variables: () => ({
      parent: 5001,
      stream: "derby-final",
      trackingId: "northwind-tv",
      jwt: foreignToken(5001, "derby-final", "kestrel-media"),
      streamName: null,
      viewer: { country: "GB", origin: "player.example", ip: "192.0.2.7" },
      withViewing: true,
    }),
  },
  { file: "account-reconciliation.graphql", variables: (now) => ({ month: month(now) }) },
  { file: "account-health.graphql", variables: () => ({}) },
];

/** Tabs of partners: usage, streams and viewer tokens. They run unchanged for any partner with a token. */
export const partnerTabs: readonly Tab[] = [
  { file: "my-month.graphql", variables: (now) => ({ month: month(now) }) },
  { file: "my-streams.graphql", variables: () => ({}) },
  {
    file: "sign-and-inspect.graphql",
    variables: () => ({
      parent: null,
      stream: null,
      trackingId: null,
      jwt: foreignToken(1, "some-stream", "somebody-else"),
      streamName: null,
    }),
  },
];

function month(now: number): string {
  return day(now).slice(0, 7);
}

function day(now: number): string {
  return new Date(now).toISOString().slice(0, 10);
}

/** Returns a viewer token that expired long ago and is signed with a foreign key, so that its inspection lists many refusals. */
function foreignToken(tokenId: number, streamName: string, trackingId: string): string {
  return [
    { alg: "HS256", typ: "JWT" },
    {
      streaming: { tokenId, tokenType: "Subscribe", streamName, tracking: { trackingId } },
      iat: 1750813271,
      exp: 1750813871,
    },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .concat("c2lnbmVkIHdpdGggYW5vdGhlciBrZXksIG5vdCB5b3Vycw")
    .join(".");
}
