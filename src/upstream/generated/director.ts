// Made by codegen.ts from schema/upstream/director.yaml.

export interface paths {
    "/api/director/publish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Publish
         * @description Exchanges a publish token (Bearer) and stream name for signalling URLs and a session JWT.
         */
        post: operations["Director_Publish"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/director/subscribe": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Subscribe
         * @description Returns viewing URLs and a session JWT. Secured stream needs a subscribe token as Bearer; unsecured stream needs streamAccountId instead.
         */
        post: operations["Director_Subscribe"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/whip/{streamName}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * WHIP
         * @description SDP offer in, answer out; errors are plain text, so any Accept header must allow application/sdp and text/plain.
         */
        post: operations["Whip_WhipPublish"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/whep/{streamAccountId}/{streamName}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * WHEP
         * @description SDP offer in, answer out; errors are plain text, so any Accept header must allow application/sdp and text/plain.
         */
        post: operations["Whep_WhepSubscribe"];
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
        PublishStreamModel: {
            streamName: string;
            streamAccountId?: string | null;
        };
        SubscribeStreamModel: {
            streamName: string;
            /** @description Needed only where the published stream has subscribeRequiresAuth=false. */
            streamAccountId?: string | null;
        };
        SuccessPublishDirectorResponseModel: {
            /** @default success */
            status: string;
            data: components["schemas"]["PublishDirectorResponseModel"];
        };
        PublishDirectorResponseModel: {
            /**
             * @deprecated
             * @description Superseded by urls.
             */
            wsUrl?: string;
            urls?: string[];
            jwt?: string;
            iceServers?: components["schemas"]["IceServerModel"][];
            streamAccountId?: string;
            drmObject?: components["schemas"]["DrmLicenseServers"] | null;
            subscribeRequiresAuth?: boolean;
        };
        SuccessSubscribeDirectorResponseModel: {
            /** @default success */
            status: string;
            data: components["schemas"]["DirectorResponseModel"];
        };
        DirectorResponseModel: {
            /**
             * @deprecated
             * @description Superseded by urls.
             */
            wsUrl?: string;
            urls?: string[];
            jwt?: string;
            iceServers?: components["schemas"]["IceServerModel"][];
            streamAccountId?: string;
            drmObject?: components["schemas"]["DrmLicenseServers"] | null;
        };
        IceServerModel: {
            urls?: string[];
            username?: string | null;
            credential?: string | null;
        };
        DrmLicenseServers: {
            widevineUrl?: string | null;
            fairPlayUrl?: string | null;
            fairPlayCertUrl?: string | null;
        };
        FailResponse: {
            /** @default fail */
            status: string;
            data: unknown;
        };
        ErrorResponse: {
            /** @default error */
            status: string;
            message: string;
            /** Format: int32 */
            code?: number | null;
            data?: unknown;
        };
    };
    responses: {
        /** @description Invalid body or stream state. JSend fail; data.message holds the text, offline subscribe included. */
        BadRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "status": "fail",
                 *       "data": {
                 *         "streamId": "abc123/my_stream",
                 *         "message": "stream not being published"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["FailResponse"];
            };
        };
        /** @description Token refused. JSend fail; data.message reads "Unauthorized: <reason>". */
        Unauthorized: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "status": "fail",
                 *       "data": {
                 *         "message": "Unauthorized: Invalid token"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["FailResponse"];
            };
        };
        /** @description Any other failure, in the JSend error form. */
        ServerError: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorResponse"];
            };
        };
        /** @description SDP answer. The Location header holds the session resource URL. */
        SdpAnswer: {
            headers: {
                /** @description URL of the remote WHIP or WHEP resource. */
                Location?: string;
                [name: string]: unknown;
            };
            content: {
                "application/sdp": string;
            };
        };
        /** @description Invalid request, as plain text. */
        PlainBadRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example Validation errors:
                 *     A non-empty request body is required.
                 */
                "text/plain": string;
            };
        };
        /** @description Token refused, as plain text with the reason after the colon. */
        PlainUnauthorized: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /** @example Unauthorized: authentication_error_reason */
                "text/plain": string;
            };
        };
        /** @description Server failure, as plain text. */
        PlainServerError: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "text/plain": string;
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    Director_Publish: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PublishStreamModel"];
            };
        };
        responses: {
            /** @description Connection details for one publisher. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessPublishDirectorResponseModel"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            default: components["responses"]["ServerError"];
        };
    };
    Director_Subscribe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SubscribeStreamModel"];
            };
        };
        responses: {
            /** @description Connection details for one viewer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "urls": [
                     *           "wss://domain.millicast.com/ws/sub/faux"
                     *         ],
                     *         "jwt": "header.payload.signature",
                     *         "iceServers": [
                     *           {
                     *             "urls": [
                     *               "turn:turn.example.com:443?transport=tcp"
                     *             ],
                     *             "username": "user",
                     *             "credential": "secret"
                     *           }
                     *         ],
                     *         "streamAccountId": "abc123"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessSubscribeDirectorResponseModel"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            default: components["responses"]["ServerError"];
        };
    };
    Whip_WhipPublish: {
        parameters: {
            query?: {
                codec?: string | null;
                sourceId?: string | null;
            };
            header?: never;
            path: {
                streamName: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/sdp": string;
            };
        };
        responses: {
            201: components["responses"]["SdpAnswer"];
            400: components["responses"]["PlainBadRequest"];
            401: components["responses"]["PlainUnauthorized"];
            500: components["responses"]["PlainServerError"];
        };
    };
    Whep_WhepSubscribe: {
        parameters: {
            query?: {
                sourceId?: string | null;
            };
            header?: never;
            path: {
                streamAccountId: string;
                streamName: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/sdp": string;
            };
        };
        responses: {
            201: components["responses"]["SdpAnswer"];
            400: components["responses"]["PlainBadRequest"];
            401: components["responses"]["PlainUnauthorized"];
            /** @description No such stream, or nothing being published on it. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /** @example Stream not found */
                    "text/plain": string;
                };
            };
            500: components["responses"]["PlainServerError"];
        };
    };
}
