import { geoRuleLevels, type EffectiveGeoRules as Rules } from "../../model/viewing/geo-rules.ts";
import { builder } from "../builder.ts";
import { enumValues } from "../enum-values.ts";
import { Token } from "../refs.ts";

const GeoRuleLevel = builder.enumType("GeoRuleLevel", {
  description:
    "Level at which the deciding geo rules are set. A subscribe token's rules replace a publish token's, which replace the account's; levels are never merged.",
  values: enumValues(geoRuleLevels),
});

export const EffectiveGeoRules = builder.objectRef<Rules>("EffectiveGeoRules").implement({
  description: "Geo rules that decide where a stream may be watched from. Broadcasting is not restricted by them.",
  fields: (t) => ({
    level: t.expose("level", { type: GeoRuleLevel, description: "Level at which the rules are set." }),
    token: t.expose("token", {
      type: Token,
      nullable: true,
      description: "The token that sets the rules; null if the account sets them, or nobody.",
    }),
    allowedCountries: t.field({
      type: ["CountryCode"],
      description: "The only countries whose viewers may watch; empty for no such restriction.",
      resolve: ({ allowedCountries }) => [...allowedCountries],
    }),
    deniedCountries: t.field({
      type: ["CountryCode"],
      description: "Countries whose viewers may not watch; empty for none.",
      resolve: ({ deniedCountries }) => [...deniedCountries],
    }),
  }),
});
