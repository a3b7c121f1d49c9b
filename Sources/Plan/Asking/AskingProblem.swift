public import ObjectStore
public import Platform
public import TaskFile

/// Why a source cannot be used, in the words and with the exit status that a task would end with.
public struct AskingProblem: Error, Sendable {
    public var code: String
    public var message: String
    public var hint: String?
    public var exitStatus: ExitStatus

    public init(code: String, message: String, hint: String? = nil, exitStatus: ExitStatus) {
        self.code = code
        self.message = message
        self.hint = hint
        self.exitStatus = exitStatus
    }

    public init(_ error: StoreError) {
        let code = DiagnosticCode(error.code)
        self.init(code: code.rawValue, message: error.told, hint: error.hint, exitStatus: code.exitStatus)
    }

    public init(_ diagnostic: Diagnostic) {
        self.init(
            code: diagnostic.code.rawValue, message: diagnostic.message, hint: diagnostic.hint,
            exitStatus: diagnostic.code.exitStatus)
    }

    public init(_ failure: AskedSource.Failure) {
        switch failure {
        case .notBuilt(let what):
            self.init(code: DiagnosticCode.notBuilt.rawValue, message: what, exitStatus: .usage)
        case .store(let error): self.init(error)
        }
    }

    public static var timeIsOver: AskingProblem {
        AskingProblem(code: "timeout", message: "the time limit has passed", exitStatus: .temporary)
    }
}
