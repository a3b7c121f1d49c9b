import Glibc
import Platform
import Signing

/// What the refusals of blob storage mean.
struct AzureFailure {
    let container: String
    /// What the request went with; nothing when it went as anybody's.
    let credential: AzureCredential?
    /// Whose that is.
    let owner: String
    let now: Int

    /// Signatures further off than this are refused.
    private static let tolerance = 900

    /// `task` says what was tried, as in "cannot read a/b"; `broken` what a condition is that failed, which only who made it
    /// knows.
    func error(_ answer: AzureErrorAnswer, _ task: String, broken: StoreError.Code = .conditionFailed) -> StoreError {
        if isExpired(answer), let expiry = credential?.link?.expiry {
            return StoreError(
                .expiredCredentials, "\(task): \(Self.expired(at: expiry, owner))", requestID: answer.requestID,
                status: answer.status)
        }
        let code = Self.code(answer, broken)
        var error = StoreError(
            code, "\(task): \(reason(answer))", requestID: answer.requestID, status: answer.status)
        if case .inputOutput = code { error.isRetryable = true }
        if answer.isOfFullFolder { error.errno = ENOTEMPTY }
        return error
    }

    /// What the time says against a signature, which need not be sent to be refused.
    static func ofTime(
        _ link: SharedAccessSignature, _ owner: @autoclosure () -> String, now: Int
    ) -> StoreError? {
        if let expiry = link.expiry, expiry <= now {
            return StoreError(.expiredCredentials, expired(at: expiry, owner()))
        }
        if let start = link.start, start > now {
            return StoreError(.denied, "the SAS of \(owner()) is not valid before \(text(start))")
        }
        return nil
    }

    private static func expired(at expiry: Int, _ owner: String) -> String {
        "the SAS of \(owner) expired at \(text(expiry)): a new one is needed"
    }

    private static func text(_ time: Int) -> String {
        String(Timestamp(seconds: time, milliseconds: 0).text.prefix(19)) + "Z"
    }

    /// By the server's clock, which is the one that counts.
    private func isExpired(_ answer: AzureErrorAnswer) -> Bool {
        guard answer.status == 403, let expiry = credential?.link?.expiry else { return false }
        return expiry <= answer.date.flatMap { HTTPDate.seconds($0) } ?? now
    }

    private static func code(_ answer: AzureErrorAnswer, _ broken: StoreError.Code) -> StoreError.Code {
        switch answer.code {
        case "BlobNotFound", "ContainerNotFound", "ResourceNotFound", "ContainerBeingDeleted", "FilesystemNotFound",
            "PathNotFound", "SourcePathNotFound", "RenameDestinationParentPathNotFound":
            .notFound
        // Its status is that of the source.
        case "CannotVerifyCopySource": answer.status == 412 ? .changed : code(status: answer.status, broken)
        case "AuthenticationFailed", "AuthorizationFailure", "AuthorizationPermissionMismatch",
            "AuthorizationProtocolMismatch", "AuthorizationServiceMismatch", "AuthorizationSourceIPMismatch",
            "AuthorizationResourceTypeMismatch", "InsufficientAccountPermissions", "AccountIsDisabled",
            "InvalidAuthenticationInfo", "NoAuthenticationInformation", "PublicAccessNotPermitted",
            "KeyBasedAuthenticationNotPermitted", "UnauthorizedBlobOverwrite", "BlobImmutableDueToPolicy",
            "LeaseIdMissing", "LeaseAlreadyPresent", "LeaseIdMismatchWithBlobOperation", "LeaseLost",
            "LeaseIsBreakingAndCannotBeAcquired", "AccountRequiresHttps":
            .denied
        case "BlobArchived", "BlobBeingRehydrated": .archived
        case "SourceConditionNotMet": .changed
        case "ConditionNotMet", "TargetConditionNotMet", "BlobAlreadyExists", "PathAlreadyExists": broken
        case "ServerBusy", "OperationTimedOut", "InternalError", "PendingCopyOperation",
            "DestinationPathIsBeingDeleted", "SourcePathIsBeingDeleted":
            .throttled
        case "InvalidBlockList", "InvalidBlockId", "InvalidBlobOrBlock", "InvalidRange", "SnapshotsPresent",
            "InvalidBlobType", "DirectoryIsNotEmpty", "DirectoryNotEmpty", "ResourceTypeMismatch", "PathConflict",
            "InvalidRenameSourcePath", "InvalidSourceOrDestinationResourceType", "InvalidDestinationPath":
            .invalid
        case "Md5Mismatch", "Crc64Mismatch": .inputOutput
        case "RequestBodyTooLarge", "BlockCountExceedsLimit", "MetadataTooLarge", "BlockListTooLong": .tooLarge
        default: code(status: answer.status, broken)
        }
    }

    private static func code(status: Int, _ broken: StoreError.Code) -> StoreError.Code {
        switch status {
        case 401, 403: .denied
        case 404, 410: .notFound
        case 409, 412: broken
        case 413: .tooLarge
        case 408, 429, 500, 502, 503, 504: .throttled
        case 501, 505: .unsupported
        case 507: .noSpace
        case 400..<500: .invalid
        default: .inputOutput
        }
    }

    private func reason(_ answer: AzureErrorAnswer) -> String {
        let right = credential?.shown(owner) ?? "anonymous access"
        switch answer.code ?? "" {
        case "BlobNotFound": return "there is no such object in container \(container.printable)"
        case "ContainerNotFound", "FilesystemNotFound": return "there is no container \(container.printable)"
        case "PathNotFound", "SourcePathNotFound": return "there is nothing of this name"
        case "RenameDestinationParentPathNotFound": return "there is no folder for it"
        case "DestinationPathIsBeingDeleted", "SourcePathIsBeingDeleted":
            return "somebody is just deleting it: again in a moment"
        case "PathAlreadyExists": return "there is something of this name already"
        case "DirectoryIsNotEmpty", "DirectoryNotEmpty": return "there is a folder of this name, which is not empty"
        case "ResourceTypeMismatch", "PathConflict", "InvalidSourceOrDestinationResourceType":
            return "a file and a folder cannot have one name here, and one of them has it"
        case "AuthenticationFailed", "InvalidAuthenticationInfo":
            return "\(right) is refused: \(authenticationProblem(answer))"
        case "AuthorizationPermissionMismatch":
            return "\(right) does not permit it\(rights)"
        case "NoAuthenticationInformation", "PublicAccessNotPermitted", "ResourceNotFound":
            guard credential == nil else { break }
            return
                "container \(container.printable) is not there, or not for everybody: name a key, a SAS or an identity"
        case "BlobArchived", "BlobBeingRehydrated":
            return "it is archived and has to be rehydrated before it can be read"
        case "LeaseIdMissing", "LeaseAlreadyPresent", "LeaseIdMismatchWithBlobOperation", "LeaseLost",
            "LeaseIsBreakingAndCannotBeAcquired":
            return "somebody holds a lease on it: until that ends or is broken, it cannot be changed"
        case "SnapshotsPresent": return "it has snapshots, which would be lost with it: delete them first"
        case "InvalidBlobOrBlock":
            return
                "another program's upload of it is unfinished, whose blocks have other names: finish that one, or wait"
                + " a week until the service has forgotten them"
        case "InvalidBlobType": return "it is no block blob, but one that is appended to, or a disk"
        default: break
        }
        if let code = answer.code {
            return "the server says \(code.printable)" + (answer.message.map { ": \($0.printable)" } ?? "")
        }
        return answer.status == 404
            ? "there is no such object or container"
            : "the server answers with status \(answer.status) and gives no reason"
    }

    /// What is known of what it may do.
    private var rights: String {
        switch credential {
        case .link(let link): link.permissions.map { ", which permits \($0.printable) and nothing else" } ?? ""
        case .token: ": it needs the role Storage Blob Data Reader, or Contributor to write"
        case .key, nil: ""
        }
    }

    private func authenticationProblem(_ answer: AzureErrorAnswer) -> String {
        if let date = answer.date.flatMap({ HTTPDate.seconds($0) }), abs(date - now) > Self.tolerance {
            return
                "this machine's clock is \(abs(date - now) / 60) minutes \(date > now ? "behind" : "ahead of") the server's"
        }
        return switch credential {
        case .key: "it does not belong to the account, or is no longer used"
        case .link: "its signature is wrong, its key is no longer used, or it is for something else"
        case .token, nil: "the server does not believe it"
        }
    }
}
