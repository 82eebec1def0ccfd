import { describe, expect, it } from "vitest";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";

const DERBY = 'by: { name: "derby-final" }';
const RULES = "level allowedCountries deniedCountries token { label }";

interface Errors {
  userErrors: { code: string; path: string[] | null; message: string }[];
}
interface Rules {
  level: string;
  allowedCountries: string[];
  deniedCountries: string[];
  token: { label: string } | null;
}

/** Sets geo rules, written as in the input. */
async function setGeoRules(gateway: TestGateway, input: string): Promise<Errors> {
  const { data, errors } = await gateway.ask<{ setGeoRules: Errors }>(
    `mutation { setGeoRules(input: { ${input} }) { userErrors { code path message } } }`,
  );
  expect(errors).toEqual([]);
  return data.setGeoRules;
}

async function rulesOf(gateway: TestGateway, args = ""): Promise<Rules[]> {
  const { data, errors } = await gateway.ask<{ stream: { effectiveGeoRules: Rules[] } }>(
    `{ stream(${DERBY}) { effectiveGeoRules ${args} { ${RULES} } } }`,
  );
  expect(errors).toEqual([]);
  return data.stream.effectiveGeoRules;
}

const tokenId = (gateway: TestGateway, kind: "publish" | "subscribe", label: string) => {
  const token = gateway.sandbox.tokens[kind]().find((candidate) => candidate.label === label);
  if (!token) throw new Error(`the sandbox has no ${kind} token ${label}`);
  return token.id;
};

/** What canView says, as the rule and its verdict. */
async function canView(gateway: TestGateway, args: string): Promise<string> {
  const { data, errors } = await gateway.ask<{ canView: { verdict: string; decidedBy: { rule: string } } }>(
    `{ canView(${args}) { verdict decidedBy { rule } } }`,
  );
  expect(errors).toEqual([]);
  return `${data.canView.verdict} ${data.canView.decidedBy.rule}`;
}

describe("setGeoRules and Stream.effectiveGeoRules", () => {
  it("put a subscribe token's rules before a publish token's, these before the account's, and never merge them", async () => {
    await using gateway = await createTestGateway();
    const viewer = tokenId(gateway, "subscribe", "northwind-tv-derby-final");
    const publisher = tokenId(gateway, "publish", "derby-final");
    const withToken = `(token: { tokenId: ${viewer} })`;
    const nobody = { level: "NONE", allowedCountries: [], deniedCountries: [], token: null };
    expect(await rulesOf(gateway, withToken)).toEqual([nobody]);

    await setGeoRules(gateway, 'target: { account: true }, deniedCountries: ["KP", "CU"]');
    const ofAccount = { ...nobody, level: "ACCOUNT", deniedCountries: ["KP", "CU"] };
    expect(await rulesOf(gateway, withToken)).toEqual([ofAccount]);

    await setGeoRules(gateway, `target: { publishToken: { tokenId: ${publisher} } }, allowedCountries: ["GB", "DE"]`);
    const ofPublisher = {
      level: "PUBLISH_TOKEN",
      allowedCountries: ["GB", "DE"],
      deniedCountries: [],
      token: { label: "derby-final" },
    };
    expect(await rulesOf(gateway, withToken)).toEqual([ofPublisher]);

    await setGeoRules(gateway, `target: { subscribeToken: { tokenId: ${viewer} } }, deniedCountries: ["US"]`);
    expect(await rulesOf(gateway, withToken)).toEqual([
      {
        level: "SUBSCRIBE_TOKEN",
        allowedCountries: [],
        deniedCountries: ["US"],
        token: { label: "northwind-tv-derby-final" },
      },
    ]);
    expect(await rulesOf(gateway)).toEqual([ofPublisher]);

    // Taken away again, each level leaves the word to the next.
    await setGeoRules(gateway, `target: { subscribeToken: { tokenId: ${viewer} } }, deniedCountries: []`);
    await setGeoRules(gateway, `target: { publishToken: { tokenId: ${publisher} } }, allowedCountries: []`);
    expect(await rulesOf(gateway, withToken)).toEqual([ofAccount]);
    await setGeoRules(gateway, "target: { account: true }, allowedCountries: []");
    expect(await rulesOf(gateway, withToken)).toEqual([nobody]);
  });

  it("replace the present rules: denied countries become allowed ones in one call", async () => {
    await using gateway = await createTestGateway();
    const viewer = tokenId(gateway, "subscribe", "northwind-tv-derby-final");
    const token = `{ subscribeToken: { tokenId: ${viewer} } }`;
    for (const target of ["{ account: true }", token]) {
      await setGeoRules(gateway, `target: ${target}, deniedCountries: ["US"]`);
      const { data } = await gateway.ask(
        `mutation { setGeoRules(input: { target: ${target}, allowedCountries: ["GB", "GB"] }) { userErrors { code }
           account { allowedCountries deniedCountries } token { allowedCountries deniedCountries } } }`,
      );
      const rules = { allowedCountries: ["GB"], deniedCountries: [] };
      expect(data).toEqual({
        setGeoRules: {
          userErrors: [],
          account: target === token ? null : rules,
          token: target === token ? rules : null,
        },
      });
    }
  });

  it.each([
    [
      "both lists",
      'target: { account: true }, allowedCountries: ["GB"], deniedCountries: ["US"]',
      "input.deniedCountries",
    ],
    ["no list", "target: { account: true }", "input.allowedCountries"],
    ["an account that is none", 'target: { account: false }, allowedCountries: ["GB"]', "input.target.account"],
  ])("are refused by a wrong input before any call: %s", async (_what, input, path) => {
    await using gateway = await createTestGateway();
    const { userErrors } = await setGeoRules(gateway, input);
    expect(userErrors).toMatchObject([{ code: "INVALID_INPUT", path: path.split(".") }]);
    expect(gateway.sandbox.calls()).toEqual([]);
  });

  it("accept only countries of ISO 3166-1", async () => {
    await using gateway = await createTestGateway();
    const rule = "A country must be an ISO 3166-1 alpha-2 code in capital letters, such as GB for the United Kingdom.";
    const set = (countries: string) =>
      `setGeoRules(input: { target: { account: true }, deniedCountries: ${countries} }) { userErrors { code } }`;
    for (const country of ["UK", "gb", "DEU", "Germany", ""]) {
      const sent = await gateway.ask(`mutation ($in: [CountryCode!]) { ${set("$in")} }`, { in: [country] });
      expect(sent.errors).toMatchObject([
        { message: expect.stringContaining(rule), extensions: { code: "INVALID_INPUT" } },
      ]);
      const written = await gateway.ask(`mutation { ${set(`["${country}"]`)} }`);
      expect(written.errors).toMatchObject([
        { message: rule, locations: [{ line: 1 }], extensions: { code: "GRAPHQL_VALIDATION_FAILED" } },
      ]);
    }
    expect(gateway.sandbox.calls()).toEqual([]);
  });

  it("answer NOT_FOUND for a token that does not exist", async () => {
    await using gateway = await createTestGateway();
    const { userErrors } = await setGeoRules(
      gateway,
      'target: { publishToken: { tokenId: 99 } }, allowedCountries: ["GB"]',
    );
    expect(userErrors).toMatchObject([{ code: "NOT_FOUND", path: ["input", "target", "publishToken"] }]);
  });

  it("give several rules if publish tokens differ, and one if the viewer's token decides", async () => {
    await using gateway = await createTestGateway();
    await gateway.ask(
      `mutation { createPublishToken(input: { idempotencyKey: "spare", label: "spare", streams: [{ pattern: "derby-final" }],
         deniedCountries: ["FR"] }) { userErrors { code } } }`,
    );
    expect((await rulesOf(gateway)).map(({ level, token }) => [level, token?.label])).toEqual([
      ["NONE", undefined],
      ["PUBLISH_TOKEN", "spare"],
    ]);
    const viewer = tokenId(gateway, "subscribe", "northwind-tv-derby-final");
    await setGeoRules(gateway, `target: { subscribeToken: { tokenId: ${viewer} } }, deniedCountries: ["US"]`);
    expect(await rulesOf(gateway, `(token: { tokenId: ${viewer} })`)).toHaveLength(1);
  });

  it("cost no call of their own for 50 streams beside the token pages", async () => {
    await using gateway = await createTestGateway({ sandbox: { bulk: 40 } });
    const { data, errors } = await gateway.ask<{ streams: { nodes: { effectiveGeoRules: Rules[] }[] } }>(
      `{ streams(first: 50) { nodes { effectiveGeoRules { ${RULES} } isSecured } } }`,
    );
    expect(errors).toEqual([]);
    expect(data.streams.nodes).toHaveLength(50);
    const calls = gateway.sandbox.calls().map(({ operationId }) => operationId);
    expect(calls.filter((operation) => operation !== "Monitoring_ListStreamSummary").toSorted()).toEqual([
      "PublishTokenV1_ListTokens",
      "PublishTokenV1_ListTokens",
      "SubscribeTokenV1_ListTokens",
      "SubscribeTokenV1_ListTokens",
    ]);
  });

  it("read the account's rules once for all fields, and show new ones without another call", async () => {
    await using gateway = await createTestGateway();
    await gateway.ask("{ account { allowedCountries deniedCountries } }");
    const reads = () =>
      gateway.sandbox.calls().filter(({ operationId }) => operationId === "Account_GetAccountSecurity");
    expect(reads()).toHaveLength(1);
    await gateway.ask(
      'mutation { setGeoRules(input: { target: { account: true }, allowedCountries: ["GB"] }) { account { allowedCountries deniedCountries } } }',
    );
    expect(reads()).toHaveLength(1);
  });

  it("report OUTCOME_UNKNOWN when the response is lost, and can be set again", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ method: "PUT", path: "/api/v3/account/security", status: 503, times: 1 });
    const set = () => setGeoRules(gateway, 'target: { account: true }, allowedCountries: ["GB"]');
    expect((await set()).userErrors).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
    expect((await set()).userErrors).toEqual([]);
  });

  it("are hidden from partners, who can't set them either", async () => {
    await using gateway = await createTestGateway();
    const { key, tokenIds } = await onboard(gateway, "acme", ["derby-final"]);
    const { data, errors } = await gateway.as(key).ask(
      `{ stream(${DERBY}) { name effectiveGeoRules { level } }
         canView(stream: { name: "derby-final" }, token: { tokenId: ${tokenIds[0]} }) { verdict } }`,
    );
    expect(data).toEqual({ stream: { name: "derby-final", effectiveGeoRules: null }, canView: null });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(["FORBIDDEN", "FORBIDDEN"]);
    const set = await gateway
      .as(key)
      .ask(
        'mutation { setGeoRules(input: { target: { account: true }, allowedCountries: ["GB"] }) { userErrors { code } } }',
      );
    expect(set.errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
  });
});

describe("canView", () => {
  const at = (stream: string, rest = "") => `stream: { name: "${stream}" } ${rest}`;
  const by = (gateway: TestGateway, label: string) => `token: { tokenId: ${tokenId(gateway, "subscribe", label)} }`;

  it("returns the verdict with the rule that decides", async () => {
    await using gateway = await createTestGateway();
    const ask = (args: string) => canView(gateway, args);
    const token = (label: string) => by(gateway, label);
    expect(await ask(at("derby-final", token("northwind-tv-derby-final")))).toBe("ADMITTED TOKEN_OPENS");
    expect(await ask(at("city-council"))).toBe("ADMITTED STREAM_OPEN");
    expect(await ask(at("derby-final"))).toBe("REFUSED TOKEN_REQUIRED");
    expect(await ask(at("derby-final", token("northwind-tv-arena-main")))).toBe("REFUSED STREAM_NOT_COVERED");
    expect(await ask(at("derby-final", token("lumen-play-old")))).toBe("REFUSED TOKEN_DISABLED");
    expect(await ask(at("derby-final", token("kestrel-media-trial")))).toBe("REFUSED TOKEN_EXPIRED");
    expect(await ask(at("quay-cam", token("quayside-kiosk")))).toBe("UNDECIDED ADDRESS_BINDING");
    expect(await ask(at("sydney-regatta", token("qa-wildcard")))).toBe("REFUSED CLUSTER_MISMATCH");
  });

  it("depends on the country, by the geo rules of the level that decides", async () => {
    await using gateway = await createTestGateway();
    const kids = at("kids-corner", by(gateway, "willow-kids-kids-corner"));
    const kitchen = at("saffron-kitchen", by(gateway, "saffron-live-saffron-kitchen"));
    expect(await canView(gateway, `${kids} country: "GB"`)).toBe("ADMITTED TOKEN_OPENS");
    expect(await canView(gateway, `${kids} country: "FR"`)).toBe("REFUSED GEO_RULES");
    expect(await canView(gateway, kids)).toBe("UNDECIDED GEO_RULES");
    expect(await canView(gateway, `${kitchen} country: "US"`)).toBe("REFUSED GEO_RULES");
    const { data } = await gateway.ask(`{ canView(${kitchen} country: "US") { geoRules { ${RULES} } isLive } }`);
    expect(data).toEqual({
      canView: {
        geoRules: {
          level: "SUBSCRIBE_TOKEN",
          allowedCountries: ["IN", "GB"],
          deniedCountries: [],
          token: { label: "saffron-live-saffron-kitchen" },
        },
        isLive: false,
      },
    });
  });

  it("depends on the origin of the page, which an app does not send", async () => {
    await using gateway = await createTestGateway();
    const zone = at("fan-zone", by(gateway, "zephyr-fan-fan-zone"));
    expect(await canView(gateway, `${zone} origin: "https://live.zephyr.fan:8443"`)).toBe("ADMITTED TOKEN_OPENS");
    expect(await canView(gateway, `${zone} origin: "https://evilzephyr.fan"`)).toBe("REFUSED ALLOWED_ORIGINS");
    expect(await canView(gateway, zone)).toBe("REFUSED ALLOWED_ORIGINS");
  });

  it("depends on the address: IPv4 and blocks of it, and never IPv6", async () => {
    await using gateway = await createTestGateway();
    const concert = at("vista-concert", by(gateway, "vista-plus-vista-concert"));
    expect(await canView(gateway, `${concert} ip: "198.19.255.1"`)).toBe("ADMITTED TOKEN_OPENS");
    expect(await canView(gateway, `${concert} ip: "::ffff:203.0.113.7"`)).toBe("ADMITTED TOKEN_OPENS");
    expect(await canView(gateway, `${concert} ip: "203.0.113.8"`)).toBe("REFUSED ALLOWED_IP_ADDRESSES");
    expect(await canView(gateway, `${concert} ip: "2001:db8::1"`)).toBe("REFUSED ALLOWED_IP_ADDRESSES");
    expect(await canView(gateway, concert)).toBe("UNDECIDED ALLOWED_IP_ADDRESSES");
  });

  it("returns every rule that refuses the viewer", async () => {
    await using gateway = await createTestGateway();
    const viewer = tokenId(gateway, "subscribe", "zephyr-fan-fan-zone");
    await setGeoRules(gateway, `target: { subscribeToken: { tokenId: ${viewer} } }, deniedCountries: ["BR"]`);
    const { data } = await gateway.ask(
      `{ canView(stream: { name: "fan-zone" }, token: { tokenId: ${viewer} }, country: "BR", origin: "https://a.example") {
           verdict decidedBy { rule verdict message } failedRules { rule verdict } } }`,
    );
    expect(data).toEqual({
      canView: {
        verdict: "REFUSED",
        decidedBy: { rule: "ALLOWED_ORIGINS", verdict: "REFUSED", message: expect.stringContaining("origins") },
        failedRules: [
          { rule: "ALLOWED_ORIGINS", verdict: "REFUSED" },
          { rule: "GEO_RULES", verdict: "REFUSED" },
        ],
      },
    });
  });

  it("is UNDECIDED while the stream is off air and its publish tokens differ, and decided by the one in use", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask<{ createPublishToken: { secret: string } }>(
      `mutation { createPublishToken(input: { idempotencyKey: "open", label: "open", isSecured: false,
         streams: [{ pattern: "rehearsal" }] }) { secret userErrors { code } } }`,
    );
    expect(await canView(gateway, at("rehearsal"))).toBe("UNDECIDED PUBLISHERS_DIFFER");
    gateway.sandbox.startFeed({ token: data.createPublishToken.secret, streamName: "rehearsal" });
    expect(await canView(gateway, at("rehearsal"))).toBe("ADMITTED STREAM_OPEN");
  });

  it("is REFUSED if no usable publish token may broadcast the stream", async () => {
    await using gateway = await createTestGateway();
    const id = tokenId(gateway, "publish", "chess-open");
    await gateway.ask(
      `mutation { disablePublishTokens(input: { tokens: [{ tokenId: ${id} }] }) { userErrors { code } } }`,
    );
    expect(await canView(gateway, at("chess-open", by(gateway, "lumen-play-chess-open")))).toBe(
      "REFUSED STREAM_NOT_PUBLISHED",
    );
  });

  it.each([
    ["an address that is none", 'ip: "192.0.2.0/24"', "INVALID_INPUT"],
    ["an origin with a path", 'origin: "https://demo.com/live"', "INVALID_INPUT"],
    ["a token that is not there", "token: { tokenId: 99 }", "NOT_FOUND"],
  ])("fails for %s", async (_what, args, code) => {
    await using gateway = await createTestGateway();
    const { data, errors } = await gateway.ask(`{ canView(stream: { name: "derby-final" } ${args}) { verdict } }`);
    expect(data).toEqual({ canView: null });
    expect(errors[0]?.extensions.code).toBe(code);
  });

  it("costs one call of monitoring beside the token pages", async () => {
    await using gateway = await createTestGateway();
    await gateway.ask("{ publishTokens { totalCount } }");
    gateway.sandbox.clearCalls();
    await canView(gateway, at("derby-final", by(gateway, "northwind-tv-derby-final")));
    expect(gateway.sandbox.calls().map(({ operationId }) => operationId)).toEqual(["Monitoring_GetStream"]);
  });
});

describe("ViewerTokenInspection.viewing", () => {
  const signed = async (gateway: TestGateway, label: string, fields: string) => {
    const id = tokenId(gateway, "subscribe", label);
    const { data } = await gateway.ask<{ signViewerToken: { viewerToken: { jwt: string } } & Errors }>(
      `mutation { signViewerToken(input: { token: { tokenId: ${id} }, expiresInSeconds: 60, ${fields} }) {
         viewerToken { jwt } userErrors { code path message } } }`,
    );
    expect(data.signViewerToken.userErrors).toEqual([]);
    return data.signViewerToken.viewerToken.jwt;
  };
  interface Inspected extends Errors {
    inspection: { isAdmitted: boolean; viewing: { verdict: string; decidedBy: { rule: string } } | null } | null;
  }
  const inspect = async (gateway: TestGateway, jwt: string, viewer: object | null) => {
    const { data, errors } = await gateway.ask<{ inspectViewerToken: Inspected }>(
      `mutation ($jwt: String!, $viewer: ViewerPlaceInput) { inspectViewerToken(input: { jwt: $jwt, viewer: $viewer }) {
         inspection { isAdmitted viewing { verdict decidedBy { rule } } } userErrors { code path message } } }`,
      { jwt, viewer },
    );
    expect(errors).toEqual([]);
    return data.inspectViewerToken;
  };
  const viewing = async (gateway: TestGateway, jwt: string, viewer: object) => {
    const told = (await inspect(gateway, jwt, viewer)).inspection?.viewing;
    return told && `${told.verdict} ${told.decidedBy.rule}`;
  };

  it("decides by where the viewer is and what the token and its parent allow, as the Director does", async () => {
    await using gateway = await createTestGateway();
    const parent = tokenId(gateway, "subscribe", "northwind-tv-derby-final");
    await setGeoRules(gateway, `target: { subscribeToken: { tokenId: ${parent} } }, deniedCountries: ["US"]`);
    const jwt = await signed(
      gateway,
      "northwind-tv-derby-final",
      'streamName: "derby-final", trackingId: "northwind-tv", allowedOrigins: ["*.demo.com"], allowedIpAddresses: ["192.0.2.0/24"]',
    );
    const at = { country: "GB", origin: "https://live.demo.com", ip: "192.0.2.7" };
    for (const [viewer, told] of [
      [at, "ADMITTED TOKEN_OPENS"],
      [{ ...at, origin: "https://demo.com" }, "REFUSED ALLOWED_ORIGINS"],
      [{ ...at, ip: "192.0.3.7" }, "REFUSED ALLOWED_IP_ADDRESSES"],
      [{ ...at, country: "US" }, "REFUSED GEO_RULES"],
    ] as const) {
      expect(await viewing(gateway, jwt, viewer)).toBe(told);
      const director = await gateway.sandbox.attachViewers({ token: jwt, streamName: "derby-final", ...viewer });
      expect(director.ok).toBe(told.startsWith("ADMITTED"));
    }
    expect(await viewing(gateway, jwt, { country: "GB", origin: at.origin })).toBe("UNDECIDED ALLOWED_IP_ADDRESSES");
    gateway.sandbox.clock.advance(61_000);
    expect(await viewing(gateway, jwt, at)).toBe("REFUSED VIEWER_TOKEN");
  });

  it("uses the cluster of the viewer token if its parent leaves the choice", async () => {
    await using gateway = await createTestGateway();
    const fields = 'streamName: "roaming-reporter", trackingId: "harbor-news"';
    const open = await signed(gateway, "harbor-news-roaming-reporter", fields);
    expect(await viewing(gateway, open, { country: "FR" })).toBe("ADMITTED TOKEN_OPENS");
  });

  it("is null without the viewer's location, and hidden from partners", async () => {
    await using gateway = await createTestGateway();
    const acme = await onboard(gateway, "acme", ["derby-final"]);
    const { data } = await gateway.as(acme.key).ask<{ signViewerToken: { viewerToken: { jwt: string } } }>(
      `mutation { signViewerToken(input: { token: { tokenId: ${acme.tokenIds[0]} }, expiresInSeconds: 60, streamName: "derby-final",
         trackingId: "acme" }) { viewerToken { jwt } } }`,
    );
    const { jwt } = data.signViewerToken.viewerToken;
    expect((await inspect(gateway, jwt, null)).inspection).toEqual({ isAdmitted: true, viewing: null });
    expect(await viewing(gateway, "no.viewer.token", { country: "GB" })).toBeNull();
    expect(await inspect(gateway, jwt, { ip: "192.0.2.0/24" })).toMatchObject({
      inspection: null,
      userErrors: [{ code: "INVALID_INPUT", path: ["input", "viewer", "ip"] }],
    });
    const { errors } = await gateway
      .as(acme.key)
      .ask(
        `mutation { inspectViewerToken(input: { jwt: "${jwt}", viewer: { country: "GB" } }) { inspection { isAdmitted viewing { verdict } } } }`,
      );
    expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
  });

  it("is null, and nothing else is, while monitoring is down", async () => {
    await using gateway = await createTestGateway();
    const jwt = await signed(
      gateway,
      "northwind-tv-derby-final",
      'streamName: "derby-final", trackingId: "northwind-tv"',
    );
    gateway.sandbox.fault({ path: "/api/monitoring/*", status: 503 });
    const { data, errors } = await gateway.ask(
      `mutation { inspectViewerToken(input: { jwt: "${jwt}", viewer: { country: "GB" } }) { inspection { isAdmitted viewing { verdict } } } }`,
    );
    expect(data).toEqual({ inspectViewerToken: { inspection: { isAdmitted: true, viewing: null } } });
    expect(errors).toMatchObject([{ extensions: { code: "UPSTREAM_UNAVAILABLE" } }]);
  });
});

describe("restrictions of a token", () => {
  const update = async (gateway: TestGateway, label: string, fields: string) => {
    const { data } = await gateway.ask<{ updateSubscribeToken: Errors }>(
      `mutation { updateSubscribeToken(input: { token: { tokenId: ${tokenId(gateway, "subscribe", label)} } ${fields} }) {
         userErrors { code path message } } }`,
    );
    return data.updateSubscribeToken.userErrors;
  };
  const writes = (gateway: TestGateway) => gateway.sandbox.calls().filter(({ method }) => method !== "GET");

  it.each(["2001:db8::1", "192.0.2.1-192.0.2.9", "192.0.2.*", "192.0.2.0/33", "192.0.2.10/008"])(
    "accept only IPv4 addresses and blocks: %s is refused with that rule, before the call",
    async (entry) => {
      await using gateway = await createTestGateway();
      expect(
        await update(gateway, "northwind-tv-derby-final", `allowedIpAddresses: ["192.0.2.7", "${entry}"]`),
      ).toEqual([
        {
          code: "INVALID_INPUT",
          path: ["input", "allowedIpAddresses", "1"],
          message: `\`input.allowedIpAddresses.1\` must be an IPv4 address or CIDR block, without ranges, wildcards and leading zeros; got \`${entry}\`.`,
        },
      ]);
      expect(writes(gateway)).toEqual([]);
    },
  );

  it.each([
    [
      "a list of addresses on a token that binds",
      "quayside-kiosk",
      'allowedIpAddresses: ["192.0.2.7"]',
      "bindIpsOnUsage",
    ],
    ["binding of a token with a list of addresses", "vista-plus-vista-concert", "bindIpsOnUsage: 3", "bindIpsOnUsage"],
    [
      "denied countries beside allowed ones",
      "saffron-live-saffron-kitchen",
      'deniedCountries: ["US"]',
      "deniedCountries",
    ],
  ])("can't exclude each other, also if one was set before: %s", async (_what, label, fields, argument) => {
    await using gateway = await createTestGateway();
    expect(await update(gateway, label, fields)).toMatchObject([{ code: "INVALID_INPUT", path: ["input", argument] }]);
    expect(writes(gateway)).toEqual([]);
  });

  it("can be replaced by the excluded one in one call", async () => {
    await using gateway = await createTestGateway();
    expect(await update(gateway, "quayside-kiosk", 'bindIpsOnUsage: 0, allowedIpAddresses: ["192.0.2.0/24"]')).toEqual(
      [],
    );
    const kiosk = gateway.sandbox.tokens.subscribe().find(({ label }) => label === "quayside-kiosk");
    expect(kiosk).toMatchObject({ bindIpsOnUsage: null, allowedIpAddresses: ["192.0.2.0/24"] });
  });

  it("refuse a binding to addresses on a registered partner's master token", async () => {
    await using gateway = await createTestGateway();
    await onboard(gateway, "acme", ["derby-final"]);
    const { data } = await gateway.ask<{ partner: { subscribeTokens: { nodes: { tokenId: number }[] } } }>(
      '{ partner(by: { trackingId: "acme" }) { subscribeTokens { nodes { tokenId } } } }',
    );
    gateway.sandbox.clearCalls();
    const refused = await gateway.ask(
      `mutation { updateSubscribeToken(input: { token: { tokenId: ${data.partner.subscribeTokens.nodes[0]?.tokenId} } bindIpsOnUsage: 3 }) {
           userErrors { code path } }
         createSubscribeToken(input: { idempotencyKey: "k", label: "k", trackingId: "acme", streams: [{ pattern: "a" }],
           bindIpsOnUsage: 3 }) { userErrors { code path } } }`,
    );
    const userErrors = [{ code: "MASTER_BINDS_ADDRESSES", path: ["input", "bindIpsOnUsage"] }];
    expect(refused.data).toEqual({ updateSubscribeToken: { userErrors }, createSubscribeToken: { userErrors } });
    expect(writes(gateway)).toEqual([]);
  });
});
