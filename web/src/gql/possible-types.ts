/** The concrete types behind each union and interface of the contract. */
export const possibleTypes: Record<string, string[]> = {
  "CancelGenerationResult": [
    "CancelGenerationSuccess",
    "InvalidInput"
  ],
  "CancelOrderResult": [
    "CancelOrderSuccess",
    "InvalidInput"
  ],
  "CreateApiKeyResult": [
    "CreateApiKeySuccess",
    "InvalidInput"
  ],
  "CreateEditResult": [
    "CreateEditSuccess",
    "EditInProgress",
    "InsufficientCredits",
    "InvalidInput",
    "RateLimited"
  ],
  "CreateGenerationResult": [
    "CreateGenerationSuccess",
    "GenerationInProgress",
    "InsufficientCredits",
    "InvalidInput",
    "RateLimited"
  ],
  "CreateOrderResult": [
    "CreateOrderSuccess",
    "InvalidInput",
    "PaymentChannelUnavailable",
    "RateLimited"
  ],
  "DeleteGenerationResult": [
    "DeleteGenerationSuccess",
    "GenerationInProgress",
    "InvalidInput"
  ],
  "ExportCheckResult": [
    "ExportCheckSuccess",
    "GenerationInProgress",
    "InvalidInput"
  ],
  "GenerationEvent": [
    "EditRefunded",
    "EditStarted",
    "EditSucceeded",
    "GenerationCompleted",
    "GenerationQueued",
    "PosterCanceled",
    "PosterProgressed",
    "PosterRefunded",
    "PosterStarted",
    "PosterSucceeded",
    "ProductNamed",
    "RevisionAdded"
  ],
  "Node": [
    "ApiKey",
    "Edit",
    "Generation",
    "LedgerEntry",
    "Order",
    "Poster",
    "Revision",
    "User"
  ],
  "RenameGenerationResult": [
    "InvalidInput",
    "RenameGenerationSuccess"
  ],
  "RestoreRevisionResult": [
    "InvalidInput",
    "RestoreRevisionSuccess"
  ],
  "RevokeApiKeyResult": [
    "InvalidInput",
    "RevokeApiKeySuccess"
  ],
  "SendLoginCodeResult": [
    "InvalidInput",
    "MailUnavailable",
    "RateLimited",
    "SendLoginCodeSuccess"
  ],
  "SetCoverResult": [
    "InvalidInput",
    "SetCoverSuccess"
  ],
  "SignInResult": [
    "InvalidInput",
    "LoginCodeRejected",
    "RateLimited",
    "SignInSuccess"
  ],
  "UpdatePosterCopyResult": [
    "InvalidInput",
    "RateLimited",
    "UpdatePosterCopySuccess"
  ],
  "UserError": [
    "EditInProgress",
    "GenerationInProgress",
    "InsufficientCredits",
    "InvalidInput",
    "LoginCodeRejected",
    "MailUnavailable",
    "PaymentChannelUnavailable",
    "RateLimited"
  ]
};
