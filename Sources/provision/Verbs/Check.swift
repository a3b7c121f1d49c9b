import JSON
import ObjectStore
import Plan
import Platform
import TaskFile

/// `provision check URL…`: can each of these be listed and read, and as whom.
enum Check {
    static func perform(_ invocation: Invocation) throws(Failure) -> ExitStatus {
        let invocation = try invocation.configured()
        let input = SourceInput(invocation)
        let (machine, stores) = (try input.machine(), try input.stores())
        let output = CheckOutput(invocation.settings.output, style: invocation.style(for: .output))
        let asking = Asking(invocation.settings.timeout)
        var results: [CheckResult] = []
        for url in invocation.operands {
            var result = CheckResult(url: SourceText.shown(url))
            switch try input.mount(of: url) {
            case .failure(let problem): result.problem = problem
            case .success(let mount):
                let known = result.known(from: mount)
                switch asking.run({ await known.asked(mount, on: machine, stores) }) {
                case .done(let found): result = found
                case .late, .signal: result = known.failed(.timeIsOver)
                }
            }
            results.append(result)
            try output.show(result)
        }
        let status = ExitStatus.deciding(among: results.compactMap(\.problem?.exitStatus))
        try output.finish(results, status)
        return status
    }
}

/// What is known of one source.
struct CheckResult: Sendable {
    var url: String
    var store: Store?
    var endpoint: String?
    var region: String?
    var identity: String?
    var check: SourceCheck?
    var problem: AskingProblem?

    init(url: String) {
        self.url = url
    }

    func known(from mount: Mount) -> CheckResult {
        var result = self
        result.url = mount.sources.first?.shown ?? url
        result.store = mount.store
        result.endpoint = mount.access.endpoint?.url
        result.region = mount.access.region
        return result
    }

    func failed(_ problem: AskingProblem) -> CheckResult {
        var result = self
        result.problem = problem
        return result
    }

    func asked(_ mount: Mount, on machine: Machine, _ stores: any Stores) async -> CheckResult {
        var result = self
        do throws(AskedSource.Failure) {
            let asked = try await AskedSource.open(mount, on: machine, stores: stores)
            result.identity = asked.opened.identity
            let check = await SourceCheck(asked)
            result.endpoint = endpoint ?? asked.opened.endpoint
            result.region = asked.region
            result.check = check
            result.problem = check.failure.map { AskingProblem($0) }
        } catch {
            result.problem = AskingProblem(error)
        }
        return result
    }

    var json: JSONValue {
        [
            "url": .string(url), "store": .optional(store?.rawValue), "endpoint": .optional(endpoint),
            "region": .optional(region), "identity": .optional(identity), "listed": listed, "read": read,
            "error": problem?.json ?? .null,
        ]
    }

    private var listed: JSONValue {
        guard let listed = check?.listed else { return .null }
        return [
            "ok": .boolean(listed.error == nil), "objects": listed.error == nil ? .integer(listed.objects) : .null,
            "more": .boolean(listed.hasMore), "message": .optional(listed.error?.message),
        ]
    }

    private var read: JSONValue {
        guard let read = check?.read else { return .null }
        return [
            "ok": .boolean(read.error == nil), "key": .string(read.key.shown), "bytes": .integer(read.bytes),
            "message": .optional(read.error?.message),
        ]
    }
}

extension AskingProblem {
    var json: JSONValue {
        ["code": .string(code), "message": .string(message), "hint": .optional(hint)]
    }
}
