import { randomBytes } from "node:crypto";
import { InvalidInputError } from "../../model/errors.ts";
import type { MediaKey as MediaKeyRecord } from "../../model/media/media.ts";
import { Secret } from "../../model/secret.ts";
import { assertName } from "../../model/text.ts";
import type { NewMediaKey as NewKey } from "../../upstream/media-distributions.ts";
import { builder } from "../builder.ts";

/**
 * Length of a secret that the platform accepts, in characters.
 *
 * @see POST /api/v3/media/distributions/{id}/security/keys
 */
const SECRET_LENGTH = { min: 32, max: 4096 };
/** Random bytes of a generated secret, which become 64 characters. */
const GENERATED_SECRET_BYTES = 48;

export const MediaKeyInput = builder.inputType("MediaKeyInput", {
  description: "A key to create for a distribution.",
  fields: (t) => ({
    name: t.string({ description: "Name of the key: 1 to 128 characters. None if left out." }),
    secret: t.string({
      description: "Secret of the key: 32 to 4096 characters. Generated, and shown once, if left out.",
    }),
  }),
});

interface KeyInput {
  readonly name?: string | null | undefined;
  readonly secret?: string | null | undefined;
}

/** A key that was just created, with the secret that only this response has. */
export interface IssuedKey {
  readonly key: MediaKeyRecord;
  /** Null if the client chose the secret. */
  readonly secret: Secret | null;
}

export const NewMediaKey = builder.objectRef<IssuedKey>("NewMediaKey").implement({
  description: "A key that was just created, with its secret.",
  fields: (t) => ({
    keyId: t.string({
      description: "The platform's id of the key: `mediaKeyId` of the JWTs signed with it.",
      resolve: ({ key }) => key.id,
    }),
    name: t.string({
      nullable: true,
      description: "Name of the key; null if it has none.",
      resolve: ({ key }) => key.name,
    }),
    secret: t.string({
      nullable: true,
      description: "Secret that signs JWTs (HS256), shown only in this response; null if the request contained it.",
      resolve: ({ secret }) => secret?.reveal() ?? null,
    }),
  }),
});

/** Returns the key to send to the platform. @throws InvalidInputError naming the argument */
export function newMediaKey({ name, secret }: KeyInput, argument: string): NewKey & { readonly isGenerated: boolean } {
  if (name != null) assertName(name, `${argument}.name`);
  const { min, max } = SECRET_LENGTH;
  if (secret != null && (secret.length < min || secret.length > max)) {
    throw new InvalidInputError(
      `${argument}.secret`,
      `\`${argument}.secret\` must be ${min} to ${max} characters long; got ${secret.length}.`,
    );
  }
  const text = secret ?? randomBytes(GENERATED_SECRET_BYTES).toString("base64url");
  return { name: name ?? undefined, secret: new Secret(text), isGenerated: secret == null };
}
