// Made by codegen.ts from schema/upstream/publish-tokens.yaml.

export interface paths {
    "/api/publish_token/{tokenId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read token
         * @description Fetch one publish token by numeric id. Unknown id gives 400 fail, not 404.
         */
        get: operations["PublishTokenV1_ReadToken"];
        /**
         * Update token (deprecated, use v2)
         * @deprecated
         * @description Change the token and its stream list. Partial update; an empty update gives 400 fail.
         */
        put: operations["PublishTokenV1_UpdateToken"];
        post?: never;
        /**
         * Delete token
         * @description Delete one token by numeric id (ids come from the create or list calls). `data` is a boolean.
         */
        delete: operations["PublishTokenV1_DeleteToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/publish_token/list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List tokens
         * @description Sorted, paged list of all tokens. An empty array marks the end; no totals are returned.
         */
        get: operations["PublishTokenV1_ListTokens"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/publish_token/list_by_name": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List tokens by name
         * @description Sorted, paged tokens matching a token or stream name. Tokens with wildcard stream names are left out. Empty array marks the end.
         */
        get: operations["PublishTokenV1_ListTokensByName"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/publish_token/list_by_cluster": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List tokens by cluster
         * @description Sorted, paged tokens for one cluster region. Empty array marks the end.
         */
        get: operations["PublishTokenV1_ListTokensByCluster"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/publish_token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create token
         * @description Create a token from a label and at least one stream. Stream names hold at most 128 characters.
         */
        post: operations["PublishTokenV1_CreateToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/publish_token/active": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Active token ids of one stream
         * @description Token ids publishing the given stream. Streams running since before 2022-10-01 are missing; stop those in the Dashboard or republish.
         */
        get: operations["PublishTokenV1_GetActiveTokenByStreamId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/publish_token/active/all": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Active token ids of the account
         * @description Token ids of all active streams on the account. Streams running since before 2022-10-01 are missing; stop those in the Dashboard or republish.
         */
        get: operations["PublishTokenV1_GetAllActiveTokensByAccount"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/publish_token/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Disable token(s)
         * @description Disable one or many tokens by id. Per-token failures are reported inside a 200 success body.
         */
        patch: operations["PublishTokenV1_DisableTokens"];
        trace?: never;
    };
    "/api/publish_token/{tokenId}/restream/sync": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sync restreams
         * @description Apply the token's changed restream settings to already running streams at once. No request body.
         */
        post: operations["PublishTokenV1_SyncRestream"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/publish_token/{tokenId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Update token
         * @description Change the token and its stream list. Partial update; an empty update gives 400 fail. The only v2 publish-token operation.
         */
        put: operations["PublishTokenV2_UpdateToken"];
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
        /** @description Body of every response other than the listed statuses. */
        ErrorResponse: {
            /** @default error */
            status: string;
            message: string;
            /**
             * Format: int32
             * @description Numeric code, e.g. 500.
             */
            code?: number | null;
            /** @description Free-form extra information of any type. */
            data?: unknown;
        };
        /** @description Body of a 400. */
        FailResponse: {
            /** @default fail */
            status: string;
            /** @description Untyped. Seen as a flat map of field to text ({tokenId: "No publish token with id: 99"}, {token: "No properties specified to update."}) and, for list and list_by_name, as {message: "Validation errors", errors: {field: [text]}}; list_by_cluster shows the flat map. */
            data: unknown;
        };
        SuccessResponseBoolean: {
            /** @default success */
            status: string;
            data: boolean;
        };
        SuccessResponsePublishTokenV1: {
            /** @default success */
            status: string;
            data: components["schemas"]["PublishTokenResponseV1"];
        };
        SuccessResponseListPublishTokenV1: {
            /** @default success */
            status: string;
            data: components["schemas"]["PublishTokenResponseV1"][];
        };
        SuccessResponseGetActiveTokenV1: {
            /** @default success */
            status: string;
            data: components["schemas"]["TokenIdWrapper"];
        };
        SuccessResponseDisableTokensV1: {
            /** @default success */
            status: string;
            data: components["schemas"]["DisableTokens"];
        };
        SuccessResponsePublishTokenV2: {
            /** @default success */
            status: string;
            data: components["schemas"]["PublishTokenResponseV2"];
        };
        TokenIdWrapper: {
            tokenIds?: number[] | null;
        };
        DisableActiveTokenModel: {
            /** @description Ids of the tokens to disable. */
            tokenIds: number[];
        };
        DisableTokens: {
            successfulTokens?: number[] | null;
            failedTokens?: components["schemas"]["FailedToken"][] | null;
        };
        FailedToken: {
            tokenId?: number;
            errorMessage?: string | null;
        };
        /** @enum {string} */
        ListSortBy2: "Name" | "AddedOn";
        /** @enum {string} */
        ListFilterBy: "None" | "TokenName" | "StreamName" | "TokenOrStreamName";
        /**
         * @description The string "None" means no integration.
         * @enum {string}
         */
        IntegrationIds: "None" | "Maestro" | "Passthru" | "Internal";
        CreateStreamNameModel: {
            /** @description Stream this token may access. */
            streamName: string;
            /**
             * @description True when streamName is a regular expression.
             * @default false
             */
            isRegex?: boolean;
        };
        /** @description Response form used by v1. */
        TokenStreamNameModel: {
            /** @description Name of the stream. */
            streamName?: string;
            /** @description Whether streamName is a regular expression. */
            isRegex?: boolean;
        };
        /** @description Request and response form used by v2. */
        TokenStreamNameViewModel: {
            /** @description Stream this token may access. */
            streamName: string;
            /**
             * @description True when streamName is a regular expression.
             * @default false
             */
            isRegex?: boolean;
        };
        GeoCascadeModel2: {
            /** @description Turns geo cascade on or off. Unset means the account setting. */
            isEnabled?: boolean | null;
            /** @description Cluster ids to cascade to. Must not be empty when enabled; ignored when disabled; unset means ["all"]. */
            clusters?: string[] | null;
        };
        GeoCascadeModel3: {
            /** @description Turns geo cascade on or off. Unset means the account setting. */
            isEnabled?: boolean | null;
            /** @description Cluster ids to cascade to. Must not be empty when enabled; ignored when disabled; unset means ["all"]. */
            clusters?: string[] | null;
        };
        /** @description v2 form; only key is required. */
        RestreamModel: {
            /** @description Restream destination, e.g. an RTMP URL. */
            url?: string | null;
            /** @description Secret stream key for the destination. */
            key: string;
            /** @description Label of this restream entry. */
            label?: string | null;
            /** @description Turns this destination on or off. */
            enabled?: boolean | null;
        };
        /** @description v1 form; url and key are required. */
        RestreamModel2: {
            /** @description Label of this restream entry. */
            label?: string | null;
            /** @description Restream destination, e.g. an RTMP URL. */
            url: string;
            /** @description Secret stream key for the destination. */
            key: string;
            /**
             * @description Turns this destination on or off.
             * @default true
             */
            enabled?: boolean | null;
        };
        /** @description Resolved values, each taken from the token or else from the account. */
        TokenEffectiveSettings: {
            /** @description "auto" is seen when nothing is pinned. */
            originCluster?: string | null;
            allowedCountries?: string[] | null;
            deniedCountries?: string[] | null;
            geoCascade?: components["schemas"]["GeoCascadeModel2"] | null;
            enableUTCInsertion?: boolean | null;
        };
        CreatePublishTokenV1: {
            /**
             * @description Viewers need a subscribe token for these streams.
             * @default false
             */
            subscribeRequiresAuth?: boolean | null;
            /**
             * @description Marks the streams as DRM.
             * @default false
             */
            drm?: boolean | null;
            /**
             * @description Lets this token record its streams.
             * @default false
             */
            record?: boolean | null;
            /**
             * @description Enables live clipping (Beta). Cannot be true while record is true.
             * @default false
             */
            clip?: boolean | null;
            /**
             * @description False turns off multi-source publishing.
             * @default true
             */
            multisource?: boolean | null;
            /**
             * @description Timed, looping thumbnail webhooks for these streams, not on-demand thumbnails. See https://optiview.dolby.com/docs/millicast/webhooks/thumbnail/.
             * @default false
             */
            enableThumbnails?: boolean | null;
            /**
             * @description Shows SRT passphrase settings in the dashboard and returns srtPassphrase from this API.
             * @default false
             */
            displaySrtPassphrase?: boolean | null;
            /**
             * @description Enables low-latency RTMP.
             * @default true
             */
            lowLatencyRtmp?: boolean | null;
            /** @description Inserts UTC timestamps into the stream. Unset means the account setting. */
            enableUTCInsertion?: boolean | null;
            /** @description Cascading to other clusters. Unset means the account setting. */
            geoCascade?: components["schemas"]["GeoCascadeModel3"] | null;
            /** @description Restream destinations. */
            restream?: components["schemas"]["RestreamModel2"][] | null;
            /**
             * Format: int32
             * @description Default priority.
             */
            priority?: number | null;
            /** @description Encoder profile to use for this token. */
            encoderProfileId?: string | null;
            /** @description Name shown in the dashboard. */
            label: string;
            /**
             * Format: int32
             * @description Lifetime in seconds from creation. Omitted means never expires.
             */
            expires?: number | null;
            /** @description Streams the token may publish. */
            streams: components["schemas"]["CreateStreamNameModel"][];
            /** @description Domains allowed to call the Director API with this token; wildcard subdomains (*.demo.com) work. Empty or unset means no limit. */
            allowedOrigins?: string[] | null;
            /** @description IPv4 addresses or CIDR blocks the token works from. Not supported with RTMP. Excludes bindIpsOnUsage. */
            allowedIpAddresses?: string[] | null;
            /** @description Binds the token to the first N IPs using it with the Director API. Excludes allowedIpAddresses. Not supported with RTMP. */
            bindIpsOnUsage?: number | null;
            /** @description Cluster to route the streams to. Default is the account's default cluster. */
            originCluster?: string | null;
            /** @description ISO 3166-1 alpha-2 codes viewers must be in; others are blocked. Combines with IP and domain rules. Overrides account-wide rules. Give only one of allowed/denied. A subscribe token can override it when auth is required. */
            allowedCountries?: string[] | null;
            /** @description ISO 3166-1 alpha-2 codes whose viewers are blocked. Combines with IP and domain rules. Overrides account-wide rules. Give only one of allowed/denied. A subscribe token can override it when auth is required. */
            deniedCountries?: string[] | null;
        };
        /** @description All optional, at least one must be present. Note the `update` prefix on eight fields. There is no expiry field. */
        UpdatePublishTokenV1: {
            /** @description Whether viewers need a subscribe token. */
            subscribeRequiresAuth?: boolean | null;
            /** @description Whether to record. */
            record?: boolean | null;
            /** @description Whether the stream can be clipped. */
            clip?: boolean | null;
            /** @description Whether multi-source is on. */
            multisource?: boolean | null;
            /** @description Whether low-latency RTMP is on. */
            lowLatencyRtmp?: boolean | null;
            /** @description UTC timestamp insertion. Null clears it back to the account setting. */
            enableUTCInsertion?: boolean | null;
            /** @description Timed thumbnail webhooks; default false. Does not govern on-demand thumbnails. */
            enableThumbnails?: boolean | null;
            /** @description Shows SRT passphrase settings in the dashboard and returns srtPassphrase; default false. */
            displaySrtPassphrase?: boolean | null;
            /** @description Geo cascade settings. */
            updateGeoCascade?: components["schemas"]["GeoCascadeModel3"] | null;
            /** @description Restream destinations. */
            updateRestream?: components["schemas"]["RestreamModel2"][] | null;
            /** @description Marks the streams as DRM. */
            drm?: boolean | null;
            /**
             * Format: int32
             * @description Default priority of streams. Null clears it.
             */
            priority?: number | null;
            /** @description Encoder profile id. Null clears it. */
            encoderProfileId?: string | null;
            /** @description Name shown in the dashboard. */
            label?: string | null;
            /** @description True issues a new token string and invalidates the old one. */
            refreshToken?: boolean | null;
            /** @description Enables or disables the token. */
            isActive?: boolean | null;
            /** @description Stream names to add. */
            addTokenStreams?: components["schemas"]["CreateStreamNameModel"][] | null;
            /** @description Stream names (or regex text) to remove. */
            removeTokenStreams?: string[] | null;
            /** @description Allowed origins. */
            updateAllowedOrigins?: string[] | null;
            /** @description Allowed IP addresses. */
            updateAllowedIpAddresses?: string[] | null;
            /** @description Binds the token to the first N IPs using it with the Director API. Excludes allowedIpAddresses. */
            updateBindIpsOnUsage?: number | null;
            /** @description New origin cluster. */
            updateOriginCluster?: string | null;
            updateAllowedCountries?: string[] | null;
            updateDeniedCountries?: string[] | null;
        };
        PublishTokenResponseV1: {
            /**
             * @deprecated
             * @description Old alias of label.
             */
            name?: string | null;
            /** @description Viewers need a subscribe token; default false. */
            subscribeRequiresAuth?: boolean;
            /** @description Token may record its streams; default false. */
            record?: boolean;
            /** @description Live clipping enabled; default false. Cannot be true while record is true. */
            clip?: boolean;
            /** @description Multi-source enabled; default true. */
            multisource?: boolean;
            /** @description Timed thumbnail webhooks; default false. Does not govern on-demand thumbnails. */
            enableThumbnails?: boolean;
            /** @description Low-latency RTMP; default true. */
            lowLatencyRtmp?: boolean;
            /** @description UTC timestamp insertion. Null means the account default applies. */
            enableUTCInsertion?: boolean | null;
            /** @description Integration identifier. */
            integrationId?: components["schemas"]["IntegrationIds"];
            /** @description Whether srtPassphrase is shown in dashboard and returned here; default false. */
            displaySrtPassphrase?: boolean;
            /** @description SRT passphrase (secret). */
            srtPassphrase?: string | null;
            drm?: boolean;
            /** @description Token-level geo cascade settings. */
            geoCascade?: components["schemas"]["GeoCascadeModel2"] | null;
            /** @description Restream destinations, keys included. */
            restream?: components["schemas"]["RestreamModel2"][] | null;
            /**
             * Format: int32
             * @description Default priority.
             */
            priority?: number | null;
            /** @description Encoder profile id. */
            encoderProfileId?: string | null;
            /** @description Token id used in paths. */
            id?: number;
            /** @description Friendly name. */
            label?: string;
            /** @description The token string itself (secret). */
            token?: string;
            /**
             * Format: date-time
             * @description Creation time, UTC. Examples show microseconds right after creation, whole seconds on later reads.
             */
            addedOn?: string;
            /**
             * Format: date-time
             * @description Expiry time; null or absent means never.
             */
            expiresOn?: string | null;
            /** @description Whether the token is active. */
            isActive?: boolean;
            /** @description Stream names bound to the token. */
            streams?: components["schemas"]["TokenStreamNameModel"][];
            /** @description Allowed origins. */
            allowedOrigins?: string[];
            /** @description Allowed IP addresses. */
            allowedIpAddresses?: string[];
            /** @description Number of IPs to bind on use. */
            bindIpsOnUsage?: number | null;
            /** @description Default cluster of the token; examples show an empty string or no field when not pinned. */
            originCluster?: string;
            /** @description Resolved values, each from the token or else from the account. */
            effectiveSettings?: components["schemas"]["TokenEffectiveSettings"];
            /** @description ISO 3166-1 alpha-2 codes viewers must be in; others are blocked. Combines with IP and domain rules. Overrides account-wide rules. Only one of allowed/denied. A subscribe token can override it when auth is required. */
            allowedCountries?: string[];
            /** @description ISO 3166-1 alpha-2 codes whose viewers are blocked. Combines with IP and domain rules. Overrides account-wide rules. Only one of allowed/denied. A subscribe token can override it when auth is required. */
            deniedCountries?: string[];
        };
        /** @description All optional, at least one must be present. Same as v1 update but without the `update` prefixes. There is no expiry field. */
        UpdatePublishTokenV2: {
            subscribeRequiresAuth?: boolean | null;
            record?: boolean | null;
            clip?: boolean | null;
            multisource?: boolean | null;
            lowLatencyRtmp?: boolean | null;
            /** @description Inserts UTC timestamps into the stream. Null clears it back to the account setting. */
            enableUTCInsertion?: boolean | null;
            enableThumbnails?: boolean | null;
            displaySrtPassphrase?: boolean | null;
            geoCascade?: components["schemas"]["GeoCascadeModel2"] | null;
            /** @description Restream destinations. */
            restream?: components["schemas"]["RestreamModel"][] | null;
            /** @description Marks the streams as DRM. */
            drm?: boolean | null;
            /**
             * Format: int32
             * @description Default priority of streams. Null clears it.
             */
            priority?: number | null;
            /** @description Encoder profile for the stream. Null clears it. */
            encoderProfileId?: string | null;
            label?: string | null;
            isActive?: boolean | null;
            addTokenStreams?: components["schemas"]["TokenStreamNameViewModel"][] | null;
            removeTokenStreams?: string[] | null;
            allowedOrigins?: string[] | null;
            allowedIpAddresses?: string[] | null;
            bindIpsOnUsage?: number | null;
            originCluster?: string | null;
            /** @description True issues a new token string and invalidates the old one. */
            refreshToken?: boolean | null;
            /** @description ISO 3166-1 alpha-2 codes viewers must be in; others are blocked. Combines with IP and domain rules. Overrides account-wide rules. Give only one of allowed/denied. */
            allowedCountries?: string[] | null;
            /** @description ISO 3166-1 alpha-2 codes whose viewers are blocked. Combines with IP and domain rules. Overrides account-wide rules. Give only one of allowed/denied. */
            deniedCountries?: string[] | null;
        };
        /** @description Like the v1 response without `name`; several fields become nullable. */
        PublishTokenResponseV2: {
            subscribeRequiresAuth?: boolean;
            record?: boolean;
            clip?: boolean;
            multisource?: boolean;
            enableThumbnails?: boolean;
            lowLatencyRtmp?: boolean;
            enableUTCInsertion?: boolean | null;
            integrationId?: components["schemas"]["IntegrationIds"];
            displaySrtPassphrase?: boolean;
            srtPassphrase?: string | null;
            geoCascade?: components["schemas"]["GeoCascadeModel2"] | null;
            restream?: components["schemas"]["RestreamModel"][] | null;
            drm?: boolean;
            /** Format: int32 */
            priority?: number | null;
            encoderProfileId?: string | null;
            id?: number;
            /** @description Friendly name. */
            label?: string | null;
            /** @description The token string itself (secret). */
            token?: string | null;
            /** Format: date-time */
            addedOn?: string;
            /** Format: date-time */
            expiresOn?: string | null;
            isActive?: boolean;
            streams?: components["schemas"]["TokenStreamNameViewModel"][] | null;
            allowedOrigins?: string[] | null;
            allowedIpAddresses?: string[] | null;
            bindIpsOnUsage?: number | null;
            originCluster?: string | null;
            /** @description Resolved values, each from the token or else from the account. */
            effectiveSettings?: components["schemas"]["TokenEffectiveSettings"] | null;
            /** @description ISO 3166-1 alpha-2 codes viewers must be in; others are blocked. Combines with IP and domain rules. Overrides account-wide rules. Only one of allowed/denied. */
            allowedCountries?: string[];
            /** @description ISO 3166-1 alpha-2 codes whose viewers are blocked. Combines with IP and domain rules. Overrides account-wide rules. Only one of allowed/denied. */
            deniedCountries?: string[];
        };
    };
    responses: {
        /** @description Bad Request */
        BadRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "status": "fail",
                 *       "data": {
                 *         "message": "Validation errors",
                 *         "errors": {
                 *           "page": [
                 *             "invented reason"
                 *           ]
                 *         }
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["FailResponse"];
            };
        };
        /** @description Server Error */
        ServerError: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorResponse"];
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
    PublishTokenV1_ReadToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tokenId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "id": 4711,
                     *         "label": "studio-a",
                     *         "name": "studio-a",
                     *         "token": "example-publish-token",
                     *         "addedOn": "2024-12-03T02:57:58Z",
                     *         "isActive": true,
                     *         "streams": [
                     *           {
                     *             "streamName": "news",
                     *             "isRegex": false
                     *           },
                     *           {
                     *             "streamName": "cam/.+",
                     *             "isRegex": true
                     *           }
                     *         ],
                     *         "subscribeRequiresAuth": false,
                     *         "record": false,
                     *         "clip": false,
                     *         "multisource": true,
                     *         "enableThumbnails": false,
                     *         "lowLatencyRtmp": true,
                     *         "integrationId": "None",
                     *         "displaySrtPassphrase": false,
                     *         "drm": false,
                     *         "allowedOrigins": [],
                     *         "allowedIpAddresses": [],
                     *         "allowedCountries": [],
                     *         "deniedCountries": [],
                     *         "originCluster": "",
                     *         "effectiveSettings": {
                     *           "originCluster": "auto",
                     *           "allowedCountries": [],
                     *           "deniedCountries": [],
                     *           "geoCascade": {
                     *             "isEnabled": true,
                     *             "clusters": [
                     *               "phx-1",
                     *               "ams-1"
                     *             ]
                     *           }
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessResponsePublishTokenV1"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    PublishTokenV1_UpdateToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tokenId: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdatePublishTokenV1"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponsePublishTokenV1"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    PublishTokenV1_DeleteToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tokenId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseBoolean"];
                };
            };
            default: components["responses"]["ServerError"];
        };
    };
    PublishTokenV1_ListTokens: {
        parameters: {
            query: {
                sortBy?: components["schemas"]["ListSortBy2"] | null;
                /** @description One-based page index. */
                page: number;
                /** @description Page size. */
                itemsOnPage: number;
                /** @description Reverses the default sort direction. */
                isDescending?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseListPublishTokenV1"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    PublishTokenV1_ListTokensByName: {
        parameters: {
            query: {
                name: string | null;
                filterBy?: components["schemas"]["ListFilterBy"] | null;
                sortBy?: components["schemas"]["ListSortBy2"] | null;
                /** @description One-based page index. */
                page: number;
                /** @description Page size. */
                itemsOnPage: number;
                /** @description Reverses the default sort direction. */
                isDescending?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseListPublishTokenV1"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    PublishTokenV1_ListTokensByCluster: {
        parameters: {
            query: {
                /** @description Cluster id, e.g. ams-1. */
                cluster: string | null;
                sortBy?: components["schemas"]["ListSortBy2"] | null;
                /** @description One-based page index. */
                page: number;
                /** @description Page size. */
                itemsOnPage: number;
                /** @description Reverses the default sort direction. */
                isDescending?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseListPublishTokenV1"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    PublishTokenV1_CreateToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreatePublishTokenV1"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponsePublishTokenV1"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    PublishTokenV1_GetActiveTokenByStreamId: {
        parameters: {
            query: {
                /** @description Full stream id, accountId/streamName. */
                streamId: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "tokenIds": [
                     *           4711
                     *         ]
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessResponseGetActiveTokenV1"];
                };
            };
            default: components["responses"]["ServerError"];
        };
    };
    PublishTokenV1_GetAllActiveTokensByAccount: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseGetActiveTokenV1"];
                };
            };
            default: components["responses"]["ServerError"];
        };
    };
    PublishTokenV1_DisableTokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DisableActiveTokenModel"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "successfulTokens": [
                     *           4711
                     *         ],
                     *         "failedTokens": [
                     *           {
                     *             "tokenId": 99,
                     *             "errorMessage": "invented reason"
                     *           }
                     *         ]
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessResponseDisableTokensV1"];
                };
            };
            default: components["responses"]["ServerError"];
        };
    };
    PublishTokenV1_SyncRestream: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tokenId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseBoolean"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    PublishTokenV2_UpdateToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tokenId: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdatePublishTokenV2"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponsePublishTokenV2"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
}
