import { expect } from "vitest";
import type { TestGateway } from "./gateway.ts";

/** A partner that the operator has onboarded. */
export interface TestPartner {
  readonly id: string;
  readonly trackingId: string;
  /** API key of the partner. */
  readonly key: string;
  readonly tokenIds: readonly number[];
  readonly secrets: readonly string[];
}

const mutation = `mutation ($input: OnboardPartnerInput!) { onboardPartner(input: $input) {
  partner { id } subscribeTokens { secret subscribeToken { tokenId } } apiKeySecret userErrors { code message } } }`;

interface Onboarded {
  readonly onboardPartner: {
    readonly partner: { readonly id: string };
    readonly subscribeTokens: readonly {
      readonly secret: string;
      readonly subscribeToken: { readonly tokenId: number };
    }[];
    readonly apiKeySecret: string;
    readonly userErrors: readonly unknown[];
  };
}

/** Onboards a partner with one tracking id, which is its name too, and a subscribe token for each stream. */
export async function onboard(
  { ask }: Pick<TestGateway, "ask">,
  trackingId: string,
  streamNames: readonly string[] = [],
): Promise<TestPartner> {
  const { data } = await ask<Onboarded>(mutation, {
    input: {
      idempotencyKey: trackingId,
      name: trackingId,
      trackingIds: [trackingId],
      grants: streamNames.map((pattern) => ({ pattern })),
    },
  });
  const { partner, subscribeTokens, apiKeySecret, userErrors } = data.onboardPartner;
  expect(userErrors).toEqual([]);
  return {
    id: partner.id,
    trackingId,
    key: apiKeySecret,
    tokenIds: subscribeTokens.map(({ subscribeToken }) => subscribeToken.tokenId),
    secrets: subscribeTokens.map(({ secret }) => secret),
  };
}
