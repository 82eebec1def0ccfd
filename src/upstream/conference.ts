import { Secret } from "../model/secret.ts";
import type { components } from "./generated/conference.ts";
import { integer, object, optional, ShapeError, text } from "./transport/decode.ts";
import type { Call, Http, ResponseFormat, UpstreamResponse } from "./transport/http-types.ts";
import { parseExact } from "./transport/json.ts";
import { UpstreamError } from "./upstream-error.ts";

/** How a conference's mix looks. What is undefined is the platform's default; a layout of null is that of its dashboard. */
export interface MixOptions {
  readonly layoutUrl?: string | undefined;
  /** In pixels. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly mixId?: string | undefined;
}

/** A stream that the conference platform has made for a conference. */
export interface ConferenceStream {
  readonly streamName: string | null;
  readonly streamAccountId: string | null;
  readonly subscribeToken: Secret | null;
  /** The player, with the token in it. */
  readonly viewerUrl: Secret | null;
}

/**
 * Streaming of conferences, which is another platform with credentials of its own. Its makers have retired it; the
 * documents are rebuilt from their clients. Every method throws UpstreamError when there is no usable answer.
 */
export interface Conference {
  /** To a stream that the platform makes. @see POST /v3/conferences/mix/{conferenceId}/rts/start */
  start(conferenceId: string, mix: MixOptions): Promise<ConferenceStream>;
  /** @see POST /v3/conferences/mix/{conferenceId}/rts/stop */
  stop(conferenceId: string): Promise<void>;
  /** To a stream of one's own, whose publish token the platform is given. @see POST /v2/conferences/mix/{conferenceId}/rts/start */
  startToOwn(
    conferenceId: string,
    target: { readonly streamName: string; readonly publishToken: Secret; readonly layoutUrl?: string | undefined },
  ): Promise<void>;
  /** @see POST /v2/conferences/mix/{conferenceId}/rts/stop */
  stopOwn(conferenceId: string): Promise<void>;
}

/** The credentials of an app on the conference platform. */
export interface ConferenceApp {
  readonly key: string;
  readonly secret: Secret;
}

type Schemas = components["schemas"];

/** What a token may do: nothing but this. */
const SCOPE = "comms:stream:write";
/** A token is not used in the last part of its life, so that none ends on its way. */
const UNUSED_SECONDS = 60;

/** Answers without an envelope, or without a body; the names of a refusal's fields vary. */
export const conferenceFormat: ResponseFormat = {
  dataOf: ({ type, body }) => {
    if (body.trim() === "") return {};
    if (!/^application\/json\b/i.test(type)) throw new ShapeError("content type", "application/json");
    return parseExact(body);
  },
  reasonsOf: ({ type, body }: UpstreamResponse) => {
    if (!/^application\/json\b/i.test(type)) return null;
    try {
      const said = JSON.parse(body) as Record<string, unknown> | null;
      const told = [said?.["error_description"], said?.["message"], said?.["error_reason"], said?.["error"]];
      const reason = told.find((each) => typeof each === "string" && each !== "");
      return reason === undefined ? {} : { message: String(reason) };
    } catch (error) {
      if (error instanceof SyntaxError) return null;
      throw error;
    }
  },
  unauthorized: "The conference platform refused the app's key, secret or token.",
};

/**
 * @param auth the client of the origin that gives tokens
 * @param api the client of the origin of conferences
 * @param now milliseconds since any fixed moment
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
      // Refused at the door, nothing was done: with a token that ended early, the next one opens.
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

/** A token of the app, got once for all who need it and kept for as long as it lasts. @see POST /v1/auth/token */
function createAppToken(auth: Http, { key, secret }: ConferenceApp, now: () => number) {
  let known: { readonly bearer: Secret; readonly goodUntil: number } | null = null;
  let asking: Promise<Secret> | null = null;

  const ask = async (): Promise<Secret> => {
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
    known = { bearer, goodUntil: now() + Math.max(seconds - UNUSED_SECONDS, seconds / 2) * 1_000 };
    return bearer;
  };

  return {
    get: async (): Promise<Secret> => {
      if (known && now() < known.goodUntil) return known.bearer;
      asking ??= ask().finally(() => {
        asking = null;
      });
      return asking;
    },
    drop: (bearer: Secret): void => {
      if (known?.bearer === bearer) known = null;
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
  const secret = (value: unknown, at: string) => optional(value, at, (told, place) => new Secret(text(told, place)));
  return {
    streamName: optional(wire.streamName, "streamName", text),
    // Clients of the platform differ in its case, so it may come in either.
    streamAccountId:
      optional(wire.streamAccountId, "streamAccountId", text) ??
      optional(wire.streamAccountID, "streamAccountID", text),
    subscribeToken: secret(wire.subscribeToken, "subscribeToken"),
    viewerUrl: secret(wire.viewerURL, "viewerURL"),
  };
}
