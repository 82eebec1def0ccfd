// Made by codegen.ts from schema/upstream/conference.yaml.

export interface paths {
    "/v1/auth/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get an API token
         * @description Trades the app key and secret, as Basic credentials, for a Bearer JWT.
         */
        post: operations["get-api-token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v3/conferences/mix/{conferenceId}/rts/start": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Server-made conference id (UUID), not the alias. */
                conferenceId: components["parameters"]["ConferenceId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start real-time streaming
         * @description Current form, to a stream the platform makes; no token or stream name. One stream only, even with several mixIds.
         */
        post: operations["start-rts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v3/conferences/mix/{conferenceId}/rts/stop": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Server-made conference id (UUID), not the alias. */
                conferenceId: components["parameters"]["ConferenceId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop real-time streaming
         * @description Stops the broadcast begun by the v3 start.
         */
        post: operations["stop-rts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/conferences/mix/{conferenceId}/rts/start": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Server-made conference id (UUID), not the alias. */
                conferenceId: components["parameters"]["ConferenceId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start real-time streaming (v2)
         * @deprecated
         * @description Earlier form, November 2022 to mid-2023. Broadcasts to your own Millicast stream with your publish token.
         */
        post: operations["start-rts-v2"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/conferences/mix/{conferenceId}/rts/stop": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Server-made conference id (UUID), not the alias. */
                conferenceId: components["parameters"]["ConferenceId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop real-time streaming (v2)
         * @deprecated
         * @description Stops the broadcast begun by the v2 start.
         */
        post: operations["stop-rts-v2"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/conferences/mix/{conferenceId}/rtmp/start": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Server-made conference id (UUID), not the alias. */
                conferenceId: components["parameters"]["ConferenceId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start RTMP streaming
         * @description Sends the mix to one RTMP target; may be called again for another without stopping the first. Stream.Rtmp.InProgress follows.
         */
        post: operations["start-rtmp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/conferences/mix/{conferenceId}/rtmp/stop": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Server-made conference id (UUID), not the alias. */
                conferenceId: components["parameters"]["ConferenceId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop RTMP streaming
         * @description Stops the conference's RTMP stream.
         */
        post: operations["stop-rtmp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/public/keys/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Webhook verification keys
         * @description Public, no credentials. Maps each key id to a base64 raw Ed25519 public key; keys rotate.
         */
        get: operations["get-webhook-public-keys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        ApiTokenRequest: {
            /** @enum {string} */
            grant_type: "client_credentials";
            /**
             * @description Lifetime in seconds.
             * @default 1800
             */
            expires_in?: number;
            /** @description Case-sensitive, space-separated; unknown ones are dropped, none means unrestricted, comms:* means all. */
            scope?: string;
        };
        JwtToken: {
            /** @description JWT to send as Bearer. */
            access_token: string;
            /** @description Lifetime in seconds. */
            expires_in: number;
            /** @description Always Bearer. */
            token_type: string;
            /** @description Scopes granted. */
            scope?: string;
            /** @description Read by the Python client only. */
            refresh_token?: string;
        };
        MixOptions: {
            /** @description Mixer layout URL; "default" is the vendor's layout, null the dashboard's, else the vendor's. */
            layoutUrl?: string | null;
            /**
             * @description Frame height in pixels.
             * @default 1080
             */
            height?: number;
            /**
             * @description Frame width in pixels; least is 520 in the Node docs, 390 in the Python docs.
             * @default 1920
             */
            width?: number;
            /**
             * @description Your id for the mix; one stream a mixId.
             * @default default
             */
            mixId?: string;
        };
        StartRtsV2Request: {
            /** @description Millicast stream name to broadcast to. */
            streamName: string;
            /** @description Millicast publish token of the broadcaster. */
            publishingToken: string;
            /** @description Mixer layout URL; "default" is the vendor's layout, null the dashboard's, else the vendor's. */
            layoutUrl?: string | null;
            /** @description Name for the layout URL; in the clients from January to July 2023. */
            layoutName?: string;
        };
        StartRtmpRequest: {
            /** @description RTMP target; one only since November 2022. */
            uri: string;
            /** @description Mixer layout URL; "default" is the vendor's layout, null the dashboard's, else the vendor's. */
            layoutUrl?: string | null;
            /**
             * @description Frame height in pixels.
             * @default 1080
             */
            height?: number;
            /**
             * @description Frame width in pixels; least is 520 in the Node docs, 390 in the Python docs.
             * @default 1920
             */
            width?: number;
            /**
             * @description Your id for the mix; one stream a mixId.
             * @default default
             */
            mixId?: string;
            /**
             * @deprecated
             * @description Name for the layout URL; in the clients from January to July 2023.
             */
            layoutName?: string;
        };
        /** @description Casing of the account id differs between clients, so accept both. */
        RtsStream: {
            /** @description Stream name; equals the conference id. */
            streamName?: string;
            /** @description Subscribe token for viewing. */
            subscribeToken?: string;
            /** @description Account id as the Python client and the webhook spell it. */
            streamAccountID?: string;
            /** @description Account id as the Node client spells it. */
            streamAccountId?: string;
            /** @description Hosted player URL. */
            viewerURL?: string;
        };
        CommsError: {
            type?: string;
            error_code?: number;
            /** @description Alternative to error_code. */
            status?: number;
            error_reason?: string;
            /** @description Alternative to error_reason. */
            error?: string;
            error_description?: string;
            /** @description Alternative to error_description. */
            message?: string;
        };
    };
    responses: {
        /** @description Any failure. Field names vary, so read each pair of alternatives. */
        Error: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["CommsError"];
            };
        };
    };
    parameters: {
        /** @description Server-made conference id (UUID), not the alias. */
        ConferenceId: string;
    };
    requestBodies: {
        /** @description The clients send {} because the API refuses an empty body. */
        Empty: {
            content: {
                "application/json": Record<string, never>;
            };
        };
    };
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    "get-api-token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/x-www-form-urlencoded": components["schemas"]["ApiTokenRequest"];
            };
        };
        responses: {
            /** @description The token. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JwtToken"];
                };
            };
            default: components["responses"]["Error"];
        };
    };
    "start-rts": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Server-made conference id (UUID), not the alias. */
                conferenceId: components["parameters"]["ConferenceId"];
            };
            cookie?: never;
        };
        /** @description An empty object at least; an empty body is refused. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["MixOptions"];
            };
        };
        responses: {
            /** @description Where the broadcast can be watched. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RtsStream"];
                };
            };
            default: components["responses"]["Error"];
        };
    };
    "stop-rts": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Server-made conference id (UUID), not the alias. */
                conferenceId: components["parameters"]["ConferenceId"];
            };
            cookie?: never;
        };
        requestBody: components["requestBodies"]["Empty"];
        responses: {
            /** @description Stopped. The clients read no body. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Error"];
        };
    };
    "start-rts-v2": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Server-made conference id (UUID), not the alias. */
                conferenceId: components["parameters"]["ConferenceId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StartRtsV2Request"];
            };
        };
        responses: {
            /** @description Accepted. The clients read no body. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Error"];
        };
    };
    "stop-rts-v2": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Server-made conference id (UUID), not the alias. */
                conferenceId: components["parameters"]["ConferenceId"];
            };
            cookie?: never;
        };
        requestBody: components["requestBodies"]["Empty"];
        responses: {
            /** @description Stopped. The clients read no body. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Error"];
        };
    };
    "start-rtmp": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Server-made conference id (UUID), not the alias. */
                conferenceId: components["parameters"]["ConferenceId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StartRtmpRequest"];
            };
        };
        responses: {
            /** @description Accepted. The clients read no body. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Error"];
        };
    };
    "stop-rtmp": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Server-made conference id (UUID), not the alias. */
                conferenceId: components["parameters"]["ConferenceId"];
            };
            cookie?: never;
        };
        requestBody: components["requestBodies"]["Empty"];
        responses: {
            /** @description Stopped. The clients read no body. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Error"];
        };
    };
    "get-webhook-public-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Keys by id. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: string;
                    };
                };
            };
        };
    };
}
