import { describe, expect, it } from "vitest";
import {
  chooseCluster,
  grantViolations,
  masterViolations,
  publisherViolations,
} from "../../../src/model/partner/syndication.ts";
import { isOrigin, withTokenRestrictions } from "../../../src/model/token/restrictions.ts";
import { decideViewing, type Viewer } from "../../../src/model/viewing/viewing.ts";
import { grants, inCluster, publishToken, subscribeToken } from "../../support/records.ts";

const known = { ids: ["auto", "phx-1", "fra-1"], defaultCluster: "phx-1" };
const cascading = { isEnabled: true, clusters: ["all"] };

describe("the cluster of a partner's token", () => {
  it("can't be chosen where publishers are of several clusters, whatever is requested", () => {
    const publishers = [publishToken(inCluster("phx-1")), publishToken(inCluster("fra-1"))];
    for (const requested of [undefined, "phx-1"]) {
      expect(chooseCluster(publishers, requested, known, "input.originCluster").violations).toMatchObject([
        { code: "PUBLISHERS_DIFFER", facts: { argument: "input.originCluster", clusters: ["fra-1", "phx-1"] } },
      ]);
    }
  });

  it("must be that of the publishers, and a refusal has both", () => {
    const publishers = [publishToken(inCluster("phx-1"))];
    expect(chooseCluster(publishers, "fra-1", known, "c").violations).toMatchObject([
      { code: "CLUSTER_MISMATCH", facts: { argument: "c", published: "phx-1", requested: "fra-1" } },
    ]);
    expect(chooseCluster(publishers, "phx-1", known, "c")).toEqual({ originCluster: "phx-1", violations: [] });
    expect(chooseCluster(publishers, undefined, known, "c")).toEqual({ originCluster: undefined, violations: [] });
  });

  it("that is unknown is refused beside one that does not meet the publishers", () => {
    const { violations } = chooseCluster([publishToken(inCluster("phx-1"))], "ams-1", known, "c");
    expect(violations.map(({ code }) => code)).toEqual(["CLUSTER_UNKNOWN", "CLUSTER_MISMATCH"]);
  });
});

describe("the grants of a partner's token", () => {
  it("are refused both as a grant of everything and for the stream that they leave out", () => {
    const refused = grantViolations(
      grants("/^[^d].*$/"),
      { allowWildcard: false, streamNames: ["derby-final"] },
      "input.streams",
    );
    expect(refused.map(({ code }) => code)).toEqual(["WILDCARD_GRANT", "GRANT_NOT_COVERED"]);
  });
});

describe("the publish tokens of a stream that is sold", () => {
  const codes = (...tokens: Parameters<typeof publisherViolations>[0]) =>
    publisherViolations(tokens, "input.stream").map(({ code }) => code);

  it("must be alike in their geo-cascades", () => {
    expect(codes(publishToken(), publishToken({ geoCascade: cascading }))).toEqual(["PUBLISHERS_DIFFER"]);
    expect(codes(publishToken({ geoCascade: cascading }), publishToken({ geoCascade: cascading }))).toEqual([]);
    expect(codes(publishToken(), publishToken())).toEqual([]);
  });

  it("break two rules at once where one is open and they differ", () => {
    expect(codes(publishToken({ isSecured: false }), publishToken({ geoCascade: cascading }))).toEqual([
      "STREAM_UNSECURED",
      "PUBLISHERS_DIFFER",
    ]);
  });

  it("with a pattern that can't be read are named by each refusal that they cause", () => {
    const unread = publishToken({ id: 9, isSecured: false, streams: grants("/(?!x).*/"), geoCascade: cascading });
    for (const { message } of publisherViolations([publishToken(), unread], "input.stream")) {
      expect(message).toContain("Publish token 9 ");
      expect(message).toContain("(?!x).*");
    }
    const [mismatch] = chooseCluster([{ ...unread, ...inCluster("fra-1") }], "phx-1", known, "c").violations;
    expect(mismatch?.message).toContain("Publish token 9 ");
  });
});

describe("a partner's master token", () => {
  it.each([
    [0, []],
    [1, ["MASTER_BINDS_ADDRESSES"]],
    [2, ["MASTER_BINDS_ADDRESSES"]],
  ])("bound to its first %d addresses breaks %j", (bindIpsOnUsage, codes) => {
    expect(masterViolations([subscribeToken({ bindIpsOnUsage })], "a").map(({ code }) => code)).toEqual(codes);
  });
});

describe("a restriction", () => {
  it("by origin is a domain of up to 255 characters", () => {
    const label = "a".repeat(63);
    const domain = (length: number) => `${label}.${label}.${label}.${"a".repeat(length - 192)}`;
    expect([domain(255).length, isOrigin(domain(255))]).toEqual([255, true]);
    const port = (length: number) => `${domain(length - 3)}:80`;
    expect([port(255).length, isOrigin(port(255)), isOrigin(port(256))]).toEqual([255, true, false]);
  });

  it.each([
    [{ allowedCountries: ["GB"] }, { allowedCountries: ["GB"], deniedCountries: ["FR"] }],
    [{ deniedCountries: ["GB"] }, { allowedCountries: ["US"], deniedCountries: ["GB"] }],
    [
      { allowedCountries: ["GB"], deniedCountries: [] },
      { allowedCountries: ["GB"], deniedCountries: [] },
    ],
  ])("of countries is checked with what the token has: %j", (changes, checked) => {
    const countries = { allowedCountries: ["US"], deniedCountries: ["FR"] };
    expect(withTokenRestrictions(changes, { allowedIpAddresses: [], bindIpsOnUsage: 0, countries })).toEqual(checked);
  });
});

describe("a viewer", () => {
  const viewer = (fields: Partial<Viewer>): Viewer => ({
    token: null,
    signed: null,
    country: null,
    origin: null,
    ip: null,
    ...fields,
  });
  const publishing = { streamName: "derby", publishTokens: [publishToken()], isLive: true };

  it("whom one rule refuses and another leaves open is refused, by the rule that refuses", () => {
    const token = subscribeToken({ allowedIpAddresses: ["192.0.2.0/24"], isActive: true, ...inCluster("fra-1") });
    const decision = decideViewing(publishing, viewer({ token }), 0);
    expect(decision.failedRules).toEqual([
      { rule: "ALLOWED_IP_ADDRESSES", verdict: "UNDECIDED" },
      { rule: "CLUSTER_MISMATCH", verdict: "REFUSED" },
    ]);
    expect(decision.decidedBy).toEqual({ rule: "CLUSTER_MISMATCH", verdict: "REFUSED" });
  });

  it("whom two rules leave open and none refuses is undecided, by the first", () => {
    const token = subscribeToken({ allowedIpAddresses: ["192.0.2.0/24"], bindIpsOnUsage: 2 });
    const { decidedBy, failedRules } = decideViewing(publishing, viewer({ token }), 0);
    expect(decidedBy).toEqual({ rule: "ALLOWED_IP_ADDRESSES", verdict: "UNDECIDED" });
    expect(failedRules).toHaveLength(2);
  });

  it("whom two rules refuse is refused by the first", () => {
    const token = subscribeToken({ isActive: false, streams: grants("final") });
    const { decidedBy } = decideViewing(publishing, viewer({ token }), 0);
    expect(decidedBy).toEqual({ rule: "TOKEN_DISABLED", verdict: "REFUSED" });
  });
});
