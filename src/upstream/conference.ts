import { Secret } from "../model/secret.ts";
import type { components } from "./generated/conference.ts";
import { integer, object, optional, ShapeError, text } from "./transport/decode.ts";
import { isJson, parseObject } from "./transport/envelope.ts";
import type { Call, Http, ResponseFormat, UpstreamResponse } from "./transport/http-types.ts";
import { parseExact } from "./transport/json.ts";
import { UpstreamError } from "./upstream-error.ts";

/** The look of a conference's mix; undefined leaves the platform's default. */
export interface MixOptions {
  readonly layoutUrl?: string | undefined;
  /** In pixels. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly mixId?: string | undefined;
}

/** A stream that the conference platform created for a conference. */
export interface ConferenceStream {
  readonly streamName: string | null;
  readonly streamAccountId: string | null;
  readonly subscribeToken: Secret | null;
  /** URL of the player, including the token. */
  readonly viewerUrl: Secret | null;
}

/**
 * Streams conferences on another platform, which has its own credentials and has been retired. Its documents are rebuilt from
 * its published clients. Every method throws UpstreamError when there is no usable response.
 */
export interface Conference {
  /** Starts streaming to a stream that the platform creates. @see POST /v3/conferences/mix/{conferenceId}/rts/start */
  start(conferenceId: string, mix: MixOptions): Promise<ConferenceStream>;
  /** Stops streaming to the platform's stream. @see POST /v3/conferences/mix/{conferenceId}/rts/stop */
  stop(conferenceId: string): Promise<void>;
  /** Starts streaming to a stream of the account, with its publish token. @see POST /v2/conferences/mix/{conferenceId}/rts/start */
  startToOwn(
    conferenceId: string,
    target: { readonly streamName: string; readonly publishToken: Secret; readonly layoutUrl?: string | undefined },
  ): Promise<void>;
  /** Stops streaming to a stream of the account. @see POST /v2/conferences/mix/{conferenceId}/rts/stop */
  stopOwn(conferenceId: string): Promise<void>;
}

/** The credentials of an app on the conference platform. */
export interface ConferenceApp {
  readonly key: string;
  readonly secret: Secret;
}

type Schemas = components["schemas"];

/** The only scope of the app's tokens. */
const SCOPE = "comms:stream:write";
/** Seconds before its expiry in which a token is no longer used, so that it does not expire in flight. */
const EXPIRY_MARGIN_SECONDS = 60;

/** Responses have no envelope, and sometimes no body; the field of a refusal's reason varies. */
export const conferenceFormat: ResponseFormat = {
  dataOf: ({ type, body }) => {
    if (body.trim() === "") return {};
    if (!isJson(type)) throw new ShapeError("content type", "application/json");
    return parseExact(body);
  },
  reasonsOf: ({ type, body }: UpstreamResponse) => {
    const refusal = isJson(type) ? parseObject(body) : null;
    if (!refusal) return null;
    const texts = [refusal["error_description"], refusal["message"], refusal["error_reason"], refusal["error"]];
    const reason = texts.find((text) => typeof text === "string" && text !== "");
    return reason === undefined ? {} : { message: String(reason) };
  },
  unauthorized: "The conference platform refused the app's key, secret or token.",
};

/**
 * Creates the client of the conference platform.
 *
 * @param auth client of the origin that issues tokens
 * @param api client of the origin of conferences
 * @param now returns milliseconds since a fixed moment
 */
export function createConference(auth: Http, api: Http, app: ConferenceApp, now: () => number): Conference {
  const token = createAppToken(auth, app, now);
  const write = async <T>(
    operation: string,
    path: string,
    body: object,
    decode: Call<T>["decode"],
    secrets: readonly Secret[] = [],
  ): Promise<T> => {
    const send = async (bearer: Secret) =>
      api.write({ operation, method: "POST", path, body, secrets, decode, authorization: bearer });
    const bearer = await token.get();
    try {
      return await send(bearer);
    } catch (error) {
      if (!(error instanceof UpstreamError) || error.code !== "UPSTREAM_UNAUTHORIZED") throw error;
      // Nothing was done: a token that was revoked early is replaced once.
      token.drop(bearer);
      return send(await token.get());
    }
  };
  const at = (version: "v2" | "v3", conferenceId: string, what: "start" | "stop") =>
    `/${version}/conferences/mix/${encodeURIComponent(conferenceId)}/rts/${what}`;
  const nothing = () => undefined;
  return {
    start: (conferenceId, mix) =>
      write("Conference_StartRts", at("v3", conferenceId, "start"), mixBody(mix), conferenceStream),
    stop: (conferenceId) => write("Conference_StopRts", at("v3", conferenceId, "stop"), {}, nothing),
    startToOwn: (conferenceId, { streamName, publishToken, layoutUrl }) => {
      const body: Schemas["StartRtsV2Request"] = {
        streamName,
        publishingToken: publishToken.reveal(),
        ...(layoutUrl !== undefined && { layoutUrl }),
      };
      return write("Conference_StartRtsV2", at("v2", conferenceId, "start"), body, nothing, [publishToken]);
    },
    stopOwn: (conferenceId) => write("Conference_StopRtsV2", at("v2", conferenceId, "stop"), {}, nothing),
  };
}

/** Caches a token of the app until it expires; concurrent calls share one request. @see POST /v1/auth/token */
function createAppToken(auth: Http, { key, secret }: ConferenceApp, now: () => number) {
  let cached: { readonly bearer: Secret; readonly usableUntil: number } | null = null;
  let inFlight: Promise<Secret> | null = null;

  const request = async (): Promise<Secret> => {
    const credentials = Buffer.from(`${key}:${secret.reveal()}`).toString("base64");
    const { access, seconds } = await auth.read({
      operation: "Conference_GetApiToken",
      method: "POST",
      path: "/v1/auth/token",
      form: { grant_type: "client_credentials", scope: SCOPE },
      authorization: new Secret(`Basic ${credentials}`),
      decode: (data) => {
        const wire = object<Schemas["JwtToken"]>(data, "token");
        return { access: text(wire.access_token, "access_token"), seconds: integer(wire.expires_in, "expires_in") };
      },
    });
    const bearer = new Secret(`Bearer ${access}`);
    cached = { bearer, usableUntil: now() + Math.max(seconds - EXPIRY_MARGIN_SECONDS, seconds / 2) * 1_000 };
    return bearer;
  };

  return {
    get: async (): Promise<Secret> => {
      if (cached && now() < cached.usableUntil) return cached.bearer;
      inFlight ??= request().finally(() => {
        inFlight = null;
      });
      return inFlight;
    },
    drop: (bearer: Secret): void => {
      if (cached?.bearer === bearer) cached = null;
    },
  };
}

function mixBody({ layoutUrl, width, height, mixId }: MixOptions): Schemas["MixOptions"] {
  return {
    ...(layoutUrl !== undefined && { layoutUrl }),
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
    ...(mixId !== undefined && { mixId }),
  };
}

function conferenceStream(data: unknown): ConferenceStream {
  const wire = object<Schemas["RtsStream"]>(data, "stream");
  const secret = (value: unknown, at: string) =>
    optional(value, at, (present, path) => new Secret(text(present, path)));
  return {
    streamName: optional(wire.streamName, "streamName", text),
    // The platform's clients differ in the case of this field, so both are read.
    streamAccountId:
      optional(wire.streamAccountId, "streamAccountId", text) ??
      optional(wire.streamAccountID, "streamAccountID", text),
    subscribeToken: secret(wire.subscribeToken, "subscribeToken"),
    viewerUrl: secret(wire.viewerURL, "viewerURL"),
  };
}
