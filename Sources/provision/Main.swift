import Executor
import Glibc
import Platform

@main
enum Main {
    static func main() {
        StandardStream.prepare()
        ProcessPrivacy.begin()
        OpenFileTable.prepare()
        let arguments = CommandLine.unsafeArguments.dropFirst()
        become(Array(arguments))
        leave(run(arguments: Array(arguments), environment: .ofThisProcess()).rawValue)
    }

    /// The processes behind mounts are this program as well, started by itself. Nobody types these words.
    private static func become(_ arguments: [RawArgument]) {
        switch arguments.first?.text {
        case TaskSession.word: TaskSession.run()
        case CommandProcess.word: CommandProcess.run()
        case SupervisorProcess.word:
            SupervisorProcess.run(arguments.dropFirst().map { $0.text ?? "" }, .ofThisProcess())
        case MountingTrial.word: MountingTrial.run(arguments.dropFirst().map { $0.text ?? "" })
        default: return
        }
    }

    /// At once, with nothing done by libraries: they would take apart what threads of ours are still using. Everything that
    /// was to be written has been.
    static func leave(_ status: Int32) -> Never { _exit(status) }

    static func run(arguments: [RawArgument], environment: Environment) -> ExitStatus {
        do {
            let invocation = try Parser.parse(arguments, environment: environment)
            let status = try invocation.perform()
            try Results.end()
            return status
        } catch {
            // When standard error does not take it either, nobody is left to tell; the exit status says the rest.
            try? StandardStream.error.write(error.text)
            return error.status
        }
    }
}

extension CommandLine {
    /// The arguments as the bytes they are: `CommandLine.arguments` silently repairs what is not UTF-8.
    fileprivate static var unsafeArguments: [RawArgument] {
        (0..<Int(argc)).compactMap { index in unsafeArgv[index].map { RawArgument(cString: $0) } }
    }
}
