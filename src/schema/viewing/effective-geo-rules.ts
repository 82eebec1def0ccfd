import { geoRuleLevels, type EffectiveGeoRules as Rules } from "../../model/viewing/geo-rules.ts";
import { builder } from "../builder.ts";
import { enumValues } from "../enum-values.ts";
import { Token } from "../refs.ts";

const GeoRuleLevel = builder.enumType("GeoRuleLevel", {
  description:
    "Who sets the geo rules that decide. Those of a subscribe token replace those of a publish token, which replace those of the account; they are never merged.",
  values: enumValues(geoRuleLevels),
});

export const EffectiveGeoRules = builder.objectRef<Rules>("EffectiveGeoRules").implement({
  description: "The geo rules that decide where a stream may be watched from. Broadcasting is not limited by them.",
  fields: (t) => ({
    level: t.expose("level", { type: GeoRuleLevel, description: "Who sets them." }),
    token: t.expose("token", {
      type: Token,
      nullable: true,
      description: "The token that sets them; null where the account does, or nobody.",
    }),
    allowedCountries: t.field({
      type: ["CountryCode"],
      description: "Countries whose viewers may watch, and no others; empty where there is no such list.",
      resolve: ({ allowedCountries }) => [...allowedCountries],
    }),
    deniedCountries: t.field({
      type: ["CountryCode"],
      description: "Countries whose viewers may not watch, and all others may.",
      resolve: ({ deniedCountries }) => [...deniedCountries],
    }),
  }),
});
