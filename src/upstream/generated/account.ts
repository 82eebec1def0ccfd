// Made by codegen.ts from schema/upstream/account.yaml.

export interface paths {
    "/api/v3/account/media/expiration": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read media expiration rules
         * @description Account-level expiry rules per media asset type.
         */
        get: operations["Account_GetExpirationRules"];
        /**
         * Update media expiration rules
         * @description Set account-level expiry rules per media asset type.
         */
        put: operations["Account_UpdateExpirationRules"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v3/account/media/storage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List storage profiles
         * @description Storage profiles of the account. Plain array, no totals.
         */
        get: operations["Account_ListStorageProfiles"];
        put?: never;
        /**
         * Create storage profile
         * @description Save a cloud-storage target that receives finished media assets. Only one profile is the account default; otherwise name one by storageProfileId on each clip request.
         */
        post: operations["Account_CreateStorageProfile"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v3/account/media/storage/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read storage profile
         * @description Details of one saved storage profile.
         */
        get: operations["Account_GetStorageProfile"];
        /**
         * Update storage profile
         * @description Change a saved storage profile.
         */
        put: operations["Account_UpdateStorageProfile"];
        post?: never;
        /**
         * Delete storage profile
         * @description Delete one storage profile. `data` is a boolean.
         */
        delete: operations["Account_DeleteStorageProfile"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v3/account/media/storage/validate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Validate third-party storage
         * @description Starts an asynchronous upload check. Keep the returned id and look it up with Read Media Asset: an entry with that id and success means write access works. A second run checks overwriting. Results last 1 hour.
         */
        post: operations["Account_ValidateThirdPartyStorage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v3/account/distribution": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read distribution settings
         * @description Account-wide defaults for how streams are distributed, used for newly created publish tokens. Holds geoCascade (regional clusters).
         */
        get: operations["Account_GetAccountDistribution"];
        /**
         * Update distribution settings
         * @description Switch the default cascade or replace its cluster list. ["all"] means all current and future clusters; null or missing becomes ["all"]; an empty list is refused when enabling; ignored when disabled.
         */
        put: operations["Account_UpdateAccountDistribution"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v3/account/security": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read security settings
         * @description Account-wide country rules. They apply to any publish or subscribe token that defines none.
         */
        get: operations["Account_GetAccountSecurity"];
        /**
         * Update security settings
         * @description Change account-wide country rules. An empty array removes all rules of that kind.
         */
        put: operations["Account_UpdateAccountSecurity"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v3/account/info": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read account info
         * @description Basic facts of the calling account, including accountId, the public first part of stream ids (accountId/streamName).
         */
        get: operations["Account_GetAccountInfo"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/account/geo_cascade": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read account geo cascade (deprecated)
         * @deprecated
         * @description Replaced by GET /api/v3/account/distribution. Account-wide cascade, used by publish tokens that define none.
         */
        get: operations["Account_GetGeoCascade"];
        /**
         * Update account geo cascade (deprecated)
         * @deprecated
         * @description Replaced by PUT /api/v3/account/distribution. Same rules: ["all"] means all current and future clusters; null or missing becomes ["all"]; an empty list is refused when enabling; ignored when disabled.
         */
        put: operations["Account_UpdateGeoCascade"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/geo/account": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read account geo restrictions (deprecated)
         * @deprecated
         * @description Replaced by GET /api/v3/account/security. Rules apply to any publish or subscribe token that defines none.
         */
        get: operations["Geo_Geo"];
        put?: never;
        /**
         * Update account geo restrictions (deprecated)
         * @deprecated
         * @description Replaced by PUT /api/v3/account/security; note POST here. An empty array removes all rules of that kind.
         */
        post: operations["Geo_UpdateGeo"];
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
            /** @description Untyped; for the cascade updates seen as {message: "Geo cascade Clusters list cannot be empty"}. */
            data: unknown;
        };
        SuccessResponseOfBoolean: {
            /** @default success */
            status: string;
            data: boolean;
        };
        SuccessResponseOfMediaAssetExpirationResponseModel: {
            /** @default success */
            status: string;
            data: components["schemas"]["MediaAssetExpirationResponseModel"];
        };
        SuccessResponseOfListOfStorageProfileResponseModel: {
            /** @default success */
            status: string;
            data: components["schemas"]["StorageProfileResponseModel"][];
        };
        SuccessResponseOfStorageProfileResponseModel: {
            /** @default success */
            status: string;
            data: components["schemas"]["StorageProfileResponseModel"];
        };
        SuccessResponseOfSuccessValidateRecordStorageResponse: {
            /** @default success */
            status: string;
            data: components["schemas"]["SuccessValidateRecordStorageResponse"];
        };
        SuccessResponseOfAccountDistributionModel: {
            /** @default success */
            status: string;
            data: components["schemas"]["AccountDistributionModel"];
        };
        SuccessResponseOfAccountInfoResponseModel: {
            /** @default success */
            status: string;
            data: components["schemas"]["AccountInfoResponseModel"];
        };
        SuccessAccountGeoRestrictions: {
            /** @default success */
            status: string;
            data: components["schemas"]["AccountGeoModel"];
        };
        SuccessAccountGeoCascade: {
            /** @default success */
            status: string;
            data: components["schemas"]["GeoCascadeModel2"];
        };
        TimeSpanModel: {
            /** Format: int32 */
            days?: number | null;
        };
        /** @description Each rule must be non-zero; an empty object {} clears that rule. */
        UpdateMediaAssetExpirationModel: {
            /** @description Takes effect at once and removes older timelines; bounds the earliest clip startTime. Default is 1 day. */
            timelines?: components["schemas"]["TimeSpanModel"] | null;
            /** @description Applies to new recordings only. Default is never. */
            recordings?: components["schemas"]["TimeSpanModel"] | null;
            /** @description Applies to new clips only; a clip's own expiration at creation overrides it. Default is never. */
            clips?: components["schemas"]["TimeSpanModel"] | null;
        };
        MediaAssetExpirationResponseModel: {
            /** @description Timeline rule. Without a custom rule timelines expire after 1 day. */
            timelines?: components["schemas"]["TimeSpanModel"] | null;
            /** @description Recording rule, counted from when the recording stops. Empty means never. */
            recordings?: components["schemas"]["TimeSpanModel"] | null;
            /** @description Clip rule, counted from the Create Media Asset call, whose own expiration overrides it. Empty means never. */
            clips?: components["schemas"]["TimeSpanModel"] | null;
        };
        /** @enum {string} */
        ListStorageProfilesSortBy: "name";
        /**
         * @description Wire values are camelCase although prose calls them Gcs, AwsS3 and DolbyStorage.
         * @enum {string}
         */
        MediaAssetStorageType: "gcs" | "awsS3" | "dolbyStorage";
        StorageProfileResponseModel: {
            /** @description Unique profile id (string). */
            id?: string | null;
            /** @description Profile name. */
            name?: string | null;
            /** @description Whether this is the account default. */
            default?: boolean | null;
            /** @description Storage provider. */
            type?: components["schemas"]["MediaAssetStorageType"];
            /** @description Storage options. */
            options?: components["schemas"]["StorageOptionsModel"] | null;
        };
        CreateStorageProfileModel: {
            /** @description Label. */
            name?: string | null;
            /**
             * @description True makes it the account default and replaces the former one.
             * @default false
             */
            default?: boolean | null;
            /** @description Storage provider: awsS3 (Amazon S3) or gcs (Google Cloud Storage). */
            type: components["schemas"]["MediaAssetStorageType"];
            /** @description Storage options. */
            options: components["schemas"]["StorageOptionsModel"];
        };
        UpdateStorageProfileModel: {
            /** @description New label. */
            name?: string | null;
            /** @description True makes it the account default and replaces the former one. */
            default?: boolean | null;
            /** @description Storage provider: awsS3 (Amazon S3) or gcs (Google Cloud Storage). */
            type?: components["schemas"]["MediaAssetStorageType"] | null;
            /** @description Storage options. */
            options?: components["schemas"]["UpdateStorageOptionsModel"] | null;
        };
        StorageOptionsModel: {
            /** @description Object path prefix: protocol://bucketName/objectPrefix/objectName.ext; objectName is a system GUID or the clipName. */
            objectPrefix?: string | null;
            /** @description Bucket for clips; Dolby.io's service account needs access. */
            bucketName: string;
            /** @description Bucket region. Required for awsS3. */
            bucketRegion?: string | null;
        };
        UpdateStorageOptionsModel: {
            /** @description Object path prefix: protocol://bucketName/objectPrefix/objectName.ext; objectName is a system GUID or the clipName. Ignored for Dolby.io buckets. */
            objectPrefix?: string | null;
            /** @description Bucket for clips; Dolby.io's service account needs access. */
            bucketName?: string | null;
            /** @description Bucket region when the provider is awsS3. */
            bucketRegion?: string | null;
        };
        MediaAssetStorageModel: {
            /** @description Storage profile id. Excludes type. */
            profileId?: string | null;
            /** @description Provider of a one-off setup. Excludes profileId. awsS3 (Amazon S3), gcs (Google Cloud Storage) or dolbyStorage (Dolby.io buckets; fetch the clip through Read Media Asset). */
            type?: components["schemas"]["MediaAssetStorageType"] | null;
            /** @description With profileId: optional overrides of that profile. With type: required settings. With neither: optional overrides of the default profile. */
            options?: components["schemas"]["UpdateStorageOptionsModel"] | null;
        };
        MediaAssetStorageResponseModel: {
            /** @description Storage provider. */
            type?: components["schemas"]["MediaAssetStorageType"];
            /** @description Path of the stored clip; only for external storage. */
            path?: string | null;
        };
        SuccessValidateRecordStorageResponse: {
            /** @description Media asset id to look the result up with. */
            id?: string | null;
            storage?: components["schemas"]["MediaAssetStorageResponseModel"] | null;
        };
        AccountDistributionModel: {
            /** @description Whether and to which clusters streams are cascaded for regional delivery. */
            geoCascade: components["schemas"]["GeoCascadeModel"];
        };
        GeoCascadeModel: {
            /** @description Turns geo cascade on or off. */
            isEnabled: boolean;
            /** @description Cluster ids to cascade to. Must not be empty when enabled; ignored when disabled; unset means ["all"]. */
            clusters?: string[] | null;
        };
        GeoCascadeModel2: {
            /** @description Turns geo cascade on or off. Unset means the account setting. */
            isEnabled?: boolean | null;
            /** @description Cluster ids to cascade to. Must not be empty when enabled; ignored when disabled; unset means ["all"]. */
            clusters?: string[] | null;
        };
        AccountGeoModel: {
            allowedCountries?: string[];
            deniedCountries?: string[];
        };
        /** @description The published request examples use allowedCountries/deniedCountries, contradicting these names; unverified which the service takes. */
        UpdateAccountGeoModel: {
            /** @description Allowed countries used as default for new tokens. List must stay under 768 characters. */
            updateAllowedCountries?: string[] | null;
            /** @description Denied countries used as default for new tokens. List must stay under 768 characters. */
            updateDeniedCountries?: string[] | null;
        };
        AccountInfoResponseModel: {
            /** @description Public account id (a string such as abc123). */
            accountId?: string | null;
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
    Account_GetExpirationRules: {
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
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "timelines": {
                     *           "days": 2
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessResponseOfMediaAssetExpirationResponseModel"];
                };
            };
            default: components["responses"]["ServerError"];
        };
    };
    Account_UpdateExpirationRules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateMediaAssetExpirationModel"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseOfMediaAssetExpirationResponseModel"];
                };
            };
            default: components["responses"]["ServerError"];
        };
    };
    Account_ListStorageProfiles: {
        parameters: {
            query?: {
                sort?: components["schemas"]["ListStorageProfilesSortBy"] | null;
                /** @description True returns the account's default profile. */
                default?: boolean | null;
                page?: number;
                limit?: number;
                desc?: boolean;
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
                    "application/json": components["schemas"]["SuccessResponseOfListOfStorageProfileResponseModel"];
                };
            };
            default: components["responses"]["ServerError"];
        };
    };
    Account_CreateStorageProfile: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateStorageProfileModel"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseOfStorageProfileResponseModel"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    Account_GetStorageProfile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
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
                    "application/json": components["schemas"]["SuccessResponseOfStorageProfileResponseModel"];
                };
            };
            default: components["responses"]["ServerError"];
        };
    };
    Account_UpdateStorageProfile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateStorageProfileModel"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseOfStorageProfileResponseModel"];
                };
            };
            default: components["responses"]["ServerError"];
        };
    };
    Account_DeleteStorageProfile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
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
                    "application/json": components["schemas"]["SuccessResponseOfBoolean"];
                };
            };
            default: components["responses"]["ServerError"];
        };
    };
    Account_ValidateThirdPartyStorage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MediaAssetStorageModel"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseOfSuccessValidateRecordStorageResponse"];
                };
            };
            default: components["responses"]["ServerError"];
        };
    };
    Account_GetAccountDistribution: {
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
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "geoCascade": {
                     *           "isEnabled": true,
                     *           "clusters": [
                     *             "phx-1",
                     *             "ams-1"
                     *           ]
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessResponseOfAccountDistributionModel"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    Account_UpdateAccountDistribution: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccountDistributionModel"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseOfAccountDistributionModel"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    Account_GetAccountSecurity: {
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
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "allowedCountries": [
                     *           "US"
                     *         ],
                     *         "deniedCountries": []
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessAccountGeoRestrictions"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    Account_UpdateAccountSecurity: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateAccountGeoModel"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessAccountGeoRestrictions"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    Account_GetAccountInfo: {
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
                    "application/json": components["schemas"]["SuccessResponseOfAccountInfoResponseModel"];
                };
            };
            default: components["responses"]["ServerError"];
        };
    };
    Account_GetGeoCascade: {
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
                    "application/json": components["schemas"]["SuccessAccountGeoCascade"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    Account_UpdateGeoCascade: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GeoCascadeModel"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessAccountGeoCascade"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    Geo_Geo: {
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
                    "application/json": components["schemas"]["SuccessAccountGeoRestrictions"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    Geo_UpdateGeo: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateAccountGeoModel"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessAccountGeoRestrictions"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
}
