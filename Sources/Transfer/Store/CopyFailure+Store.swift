import Checksums
import ObjectStore
import Plan
import Platform

/// Why an object was not copied.
extension CopyFailure {
    static func changed(_ item: SourceItem) -> CopyFailure {
        CopyFailure(
            .sourceChanged, "`\(item.sourcePath.text)` has changed since it was listed",
            hint: "run again: what is in place stays, and the new version is copied")
    }

    static func corrupt(_ item: SourceItem, _ stated: Checksum) -> CopyFailure {
        CopyFailure(
            .corrupt,
            "`\(item.sourcePath.text)` did not arrive as it is stored: its \(stated.algorithm.rawValue) is wrong",
            hint: "run again; if it stays so, the object or the way to it is damaged")
    }

    init(_ error: StoreError, _ item: SourceItem) {
        let name = "`\(item.sourcePath.text)`"
        switch error.code {
        case .cancelled: self.init(.cancelled, "the copy was stopped")
        case .changed, .conditionFailed, .notFound:
            self =
                error.code == .notFound
                ? CopyFailure(.sourceChanged, "\(name) has gone since it was listed") : .changed(item)
        case .noSpace:
            self.init(
                .noSpace, error.told,
                hint: "something else has filled the disk; free room and run again: what is in place stays")
        default:
            self.init(Code(error.code), "\(name): \(error.told)", hint: error.hint)
        }
    }
}

extension CopyFailure.Code {
    fileprivate init(_ code: StoreError.Code) {
        self =
            switch code {
            case .denied: .sourceDenied
            case .wrongRegion: .wrongRegion
            case .archived: .archived
            case .noCredentials: .noCredentials
            case .expiredCredentials: .expiredCredentials
            case .unreachable: .unreachable
            case .throttled: .throttled
            case .noSpace: .noSpace
            case .cancelled: .cancelled
            case .notFound, .changed, .conditionFailed: .sourceChanged
            case .invalid, .tooLarge, .inputOutput, .unsupported: .inputOutput
            }
    }
}
