// Made by codegen.ts from schema/upstream/subscribe-tokens.yaml.

export interface paths {
    "/api/subscribe_token/{tokenId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read token
         * @description Fetch one subscribe token by numeric id. Unknown id gives 400 fail, not 404.
         */
        get: operations["SubscribeTokenV1_ReadToken"];
        /**
         * Update token (deprecated, use v2)
         * @deprecated
         * @description Change the token and its stream list. Partial update; an empty update gives 400 fail.
         */
        put: operations["SubscribeTokenV1_UpdateToken"];
        post?: never;
        /**
         * Delete token
         * @description Delete one token by numeric id (ids come from the create or list calls). `data` is a boolean.
         */
        delete: operations["SubscribeTokenV1_DeleteToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/subscribe_token/list": {
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
        get: operations["SubscribeTokenV1_ListTokens"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/subscribe_token/list_by_name": {
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
        get: operations["SubscribeTokenV1_ListTokensByName"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/subscribe_token": {
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
        post: operations["SubscribeTokenV1_CreateToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v2/subscribe_token/{tokenId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Update token
         * @description Change the token and its stream list. Partial update; an empty update gives 400 fail. The only v2 subscribe-token operation.
         */
        put: operations["SubscribeTokenV2_UpdateToken"];
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
            /** @description Untyped. Seen as a flat map of field to text (for an unknown id the published example even reads {tokenId: "No publish token with id: 99"}; {token: "No properties specified to update."}) and, for lists, as {message: "Validation errors", errors: {field: [text]}}. */
            data: unknown;
        };
        SuccessResponseBoolean: {
            /** @default success */
            status: string;
            data: boolean;
        };
        SuccessResponseSubscribeTokenV1: {
            /** @default success */
            status: string;
            data: components["schemas"]["SubscribeTokenResponseV1"];
        };
        SuccessResponseListSubscribeTokenV1: {
            /** @default success */
            status: string;
            data: components["schemas"]["SubscribeTokenResponseV1"][];
        };
        SuccessResponseSubscribeTokenV2: {
            /** @default success */
            status: string;
            data: components["schemas"]["SubscribeTokenResponseV2"];
        };
        /** @enum {string} */
        ListSortBy2: "Name" | "AddedOn";
        /** @enum {string} */
        ListFilterBy: "None" | "TokenName" | "StreamName" | "TokenOrStreamName";
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
        TrackingInformation: {
            /** @description Tracking id for Stream Syndication. Optional. */
            trackingId?: string | null;
        };
        GeoCascadeModel2: {
            /** @description Turns geo cascade on or off. Unset means the account setting. */
            isEnabled?: boolean | null;
            /** @description Cluster ids to cascade to. Must not be empty when enabled; ignored when disabled; unset means ["all"]. */
            clusters?: string[] | null;
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
        CreateSubscribeTokenV1: {
            /** @description Tracking data for Stream Syndication; no update field exists. See https://optiview.dolby.com/docs/millicast/distribution/syndication/. */
            tracking?: components["schemas"]["TrackingInformation"] | null;
            /** @description Name shown in the dashboard. */
            label: string;
            /**
             * Format: int32
             * @description Lifetime in seconds from creation. Omitted means never expires.
             */
            expires?: number | null;
            /** @description Streams the token may view. */
            streams: components["schemas"]["CreateStreamNameModel"][];
            /** @description Domains allowed to call the Director API with this token; wildcard subdomains (*.demo.com) work. Empty or unset means no limit. */
            allowedOrigins?: string[] | null;
            /** @description IPv4 addresses or CIDR blocks the token works from. Not supported with RTMP. Excludes bindIpsOnUsage. */
            allowedIpAddresses?: string[] | null;
            /** @description Binds the token to the first N IPs using it with the Director API. Excludes allowedIpAddresses. Not supported with RTMP. */
            bindIpsOnUsage?: number | null;
            /** @description Cluster to route the streams to. Default is the account's default cluster. */
            originCluster?: string | null;
            /** @description ISO 3166-1 alpha-2 codes viewers must be in; others are blocked. Combines with IP and domain rules. Overrides publish-token and account-wide rules. Give only one of allowed/denied. */
            allowedCountries?: string[] | null;
            /** @description ISO 3166-1 alpha-2 codes whose viewers are blocked. Combines with IP and domain rules. Overrides publish-token and account-wide rules. Give only one of allowed/denied. */
            deniedCountries?: string[] | null;
        };
        /** @description All optional, at least one must be present. Note the `update` prefix on six fields. There is no expiry or tracking field. */
        UpdateSubscribeTokenV1: {
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
        SubscribeTokenResponseV1: {
            /**
             * @deprecated
             * @description Old alias of label.
             */
            name?: string | null;
            /** @description Tracking data. */
            tracking?: components["schemas"]["TrackingInformation"] | null;
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
            /** @description Allowed country codes. */
            allowedCountries?: string[];
            /** @description Denied country codes. */
            deniedCountries?: string[];
        };
        /** @description All optional, at least one must be present. Same as v1 update but without the `update` prefixes. There is no expiry or tracking field. */
        UpdateSubscribeTokenV2: {
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
            /** @description Allowed country codes. */
            allowedCountries?: string[] | null;
            /** @description Denied country codes. */
            deniedCountries?: string[] | null;
        };
        /** @description Like the v1 response without `name`; several fields become nullable. */
        SubscribeTokenResponseV2: {
            /** @description Tracking data. */
            tracking?: components["schemas"]["TrackingInformation"] | null;
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
            /** @description Allowed country codes. */
            allowedCountries?: string[];
            /** @description Denied country codes. */
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
    SubscribeTokenV1_ReadToken: {
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
                     *         "id": 812,
                     *         "label": "partner-feed",
                     *         "name": "partner-feed",
                     *         "token": "example-subscribe-token",
                     *         "addedOn": "2024-12-03T05:14:33Z",
                     *         "expiresOn": "2024-12-10T05:14:21Z",
                     *         "isActive": true,
                     *         "streams": [
                     *           {
                     *             "streamName": "news",
                     *             "isRegex": false
                     *           }
                     *         ],
                     *         "allowedOrigins": [],
                     *         "allowedIpAddresses": [],
                     *         "allowedCountries": [],
                     *         "deniedCountries": [],
                     *         "originCluster": "",
                     *         "effectiveSettings": {
                     *           "originCluster": "auto",
                     *           "allowedCountries": [],
                     *           "deniedCountries": []
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessResponseSubscribeTokenV1"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    SubscribeTokenV1_UpdateToken: {
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
                "application/json": components["schemas"]["UpdateSubscribeTokenV1"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseSubscribeTokenV1"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    SubscribeTokenV1_DeleteToken: {
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
    SubscribeTokenV1_ListTokens: {
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
                    "application/json": components["schemas"]["SuccessResponseListSubscribeTokenV1"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    SubscribeTokenV1_ListTokensByName: {
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
                    "application/json": components["schemas"]["SuccessResponseListSubscribeTokenV1"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    SubscribeTokenV1_CreateToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateSubscribeTokenV1"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseSubscribeTokenV1"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    SubscribeTokenV2_UpdateToken: {
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
                "application/json": components["schemas"]["UpdateSubscribeTokenV2"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseSubscribeTokenV2"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
}
