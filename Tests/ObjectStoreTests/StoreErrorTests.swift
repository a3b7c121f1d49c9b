import Glibc
import ObjectStore
import Platform
import Testing

struct StoreErrorTests {
    @Test(
        arguments: [
            (ENOENT, .notFound, .missingInput), (ENOTDIR, .notFound, .missingInput),
            (EACCES, .denied, .denied), (EROFS, .denied, .denied), (ENOSPC, .noSpace, .noSpace),
            (EDQUOT, .noSpace, .noSpace), (EINVAL, .invalid, .badConfiguration),
            (EFBIG, .tooLarge, .inputOutput), (EIO, .inputOutput, .inputOutput),
            (ECANCELED, .cancelled, .temporary),
        ] as [(Int32, StoreError.Code, Platform.ExitStatus)])
    func saysWhatTheSystemSaid(errno: Int32, code: StoreError.Code, status: Platform.ExitStatus) {
        let error = StoreError(SystemError(code: errno), "cannot read a")
        #expect(error.code == code)
        #expect(error.errno == errno)
        #expect(error.code.exitStatus == status)
        #expect(error.message.hasPrefix("cannot read a: "))
        #expect(!error.isRetryable)
    }

    /// What passes by itself is worth another attempt, whoever says it.
    @Test func retryable() {
        #expect(StoreError(SystemError(code: EMFILE), "cannot read a").isRetryable)
        #expect(StoreError(.throttled, "slow down").isRetryable)
        #expect(!StoreError(.changed, "is another").isRetryable)
        #expect(StoreError(.denied, "for now", isRetryable: true).isRetryable)
    }

    /// A failed transfer never ends as if all were well.
    @Test(arguments: StoreError.Code.allCases)
    func noFailureIsSuccess(code: StoreError.Code) {
        #expect(code.exitStatus != .done && code.exitStatus != .bug)
    }

    @Test func rangesAreCutShort() {
        #expect(ReadRange.whole.clipped(to: 0) == 0..<0)
        #expect(ReadRange(from: 3).clipped(to: 10) == 3..<10)
        #expect(ReadRange(from: 3, count: .max).clipped(to: 10) == 3..<10)
        #expect(ReadRange(from: 10).clipped(to: 10) == nil)
        #expect(ReadRange(from: 1, count: 0).clipped(to: 10) == 1..<1)
    }

    @Test func keysAreOrderedAsBytes() {
        let ordered: [ObjectKey] = ["", "a", "a\0", "a.b", "a/b", "a0", "é", ObjectKey([0xFF])]
        #expect(ordered.shuffled().sorted() == ordered)
        #expect(ObjectKey("a\n").shown == "a\\n")
        #expect(ObjectKey("ab").hasPrefix("") && ObjectKey("ab").hasPrefix("ab") && !ObjectKey("ab").hasPrefix("abc"))
    }
}
