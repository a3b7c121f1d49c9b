import JSON
import ObjectStore
import Plan
import Platform
import TaskFile

/// `provision ls URL`: what is there, one level of it, or one object with all that is known of it.
enum List {
    static func perform(_ invocation: Invocation) throws(Failure) -> ExitStatus {
        let invocation = try invocation.configured()
        let input = SourceInput(invocation)
        let (machine, stores) = (try input.machine(), try input.stores())
        let mount: Mount
        switch try input.mount(of: invocation.operands[0]) {
        case .success(let found): mount = found
        case .failure(let problem): throw Failure(problem)
        }
        let output = ListOutput(invocation.settings.output, of: mount)
        let asking = Asking(invocation.settings.timeout)
        let failure: Failure?
        switch asking.run({ await list(mount, machine, stores, output) }) {
        case .done(let found): failure = found
        case .late, .signal: failure = Failure(.timeIsOver)
        }
        if failure == nil || failure?.message != nil { try output.finish(failure) }
        if let failure { throw failure }
        return .done
    }

    /// Why it ended early.
    private static func list(
        _ mount: Mount, _ machine: Machine, _ stores: any Stores, _ output: ListOutput
    ) async -> Failure? {
        let asked: AskedSource
        do throws(AskedSource.Failure) {
            asked = try await AskedSource.open(mount, on: machine, stores: stores)
        } catch {
            return Failure(AskingProblem(error))
        }
        let entries = SourceEntries(asked)
        var position = SourceEntries.Position()
        while true {
            let page: [SourceEntries.Entry]
            do throws(StoreError) {
                guard let next = try await entries.page(&position) else { return nil }
                page = next
            } catch {
                return Failure(AskingProblem(error))
            }
            do throws(Failure) {
                try output.show(page.map { ($0, entries.name(of: $0)) })
            } catch {
                return error
            }
        }
    }
}

extension Failure {
    init(_ problem: AskingProblem) {
        self.init(problem.exitStatus, "\(problem.code): \(problem.message)", hint: problem.hint)
    }
}
