import Cache
import Executor
import Glibc
import ObjectStore
import Plan
import Platform
import TaskFile

/// The task file of an invocation with everything it is read against: variables, providers, the machine.
struct TaskInput {
    private let settings: Settings
    private let environment: Environment
    private let operand: String
    private let hasCommand: Bool

    init(_ invocation: Invocation) {
        settings = invocation.settings
        hasCommand = invocation.command != nil
        environment = invocation.environment
        operand = invocation.operands.first ?? ""
    }

    /// Reads, checks and plans, and keeps every problem on the way.
    func planned() throws(Failure) -> DryRun {
        var problems: [Diagnostic] = []
        let machine = try machine()
        let context = try context(home: machine.home, &problems)
        guard let bytes = read(&problems) else {
            return DryRun(task: TaskFile.stem(of: name), plans: [], diagnostics: problems)
        }
        let file = TaskFile.read(bytes, file: name, context: context)
        let tasks = try selected(from: file)
        let plans = tasks.map { Plan($0, file: name, on: machine, only: settings.only) }
        try checkOnly(plans, tasks)
        let isWhole = tasks.count == file.tasks.count
        let found = isWhole ? file.diagnostics : file.fileDiagnostics + tasks.flatMap(\.diagnostics)
        return DryRun(
            task: isWhole ? file.name : tasks[0].name, plans: plans,
            diagnostics: problems + (found + plans.flatMap(\.diagnostics)).inOrder(of: name))
    }

    /// The names of the tasks that are meant, whatever else is wrong with the file.
    func names() throws(Failure) -> [String] {
        if let task = settings.task, Int(task) == nil { return [task] }
        var problems: [Diagnostic] = []
        let context = try context(home: try machine().home, &problems)
        guard let bytes = read(&problems) else {
            throw Failure(.missingInput, problems.last?.message, hint: problems.last?.hint)
        }
        let tasks = TaskFile.read(bytes, file: name, context: context).tasks
        if let number = settings.task.flatMap({ Int($0) }) {
            guard let task = tasks.first(where: { $0.number == number }) else {
                throw .usage("\(operand) has no task \(number)")
            }
            return [task.name]
        }
        guard !tasks.isEmpty else { throw Failure(.unreadableYAML, "\(operand.shown) has no task that can be read") }
        return tasks.map(\.name)
    }

    /// The file as messages name it.
    var name: String { operand == "-" ? "<stdin>" : operand }

    /// Stores as they are seen from this machine, with the credentials that are found on it.
    func stores() throws(Failure) -> CloudStores {
        CloudStores(environment, home: try machine().home)
    }

    func machine() throws(Failure) -> Machine {
        do throws(SystemError) {
            let workingFolder = try WorkingFolder.path()
            var machine = Machine(
                home: HomeFolder.path(environment) ?? "/", workingFolder: workingFolder, root: settings.root,
                caches: CachesFolder(
                    settings.cacheDir, environment: environment, workingFolder: workingFolder, isRoot: geteuid() == 0
                ).path,
                state: StateFolder(
                    settings.stateDir, environment: environment, workingFolder: workingFolder, isRoot: geteuid() == 0
                ).path)
            machine.mounting = { [hasCommand, isTried = settings.dryRun] in
                Mounting(hasCommand: hasCommand, isTried: isTried)
            }
            machine.fuseDescriptor = settings.fuseFD
            return machine
        } catch {
            throw Failure(.systemRefused, "the working folder cannot be found: \(error.description)")
        }
    }

    // MARK: Files

    private func read(_ problems: inout [Diagnostic]) -> [UInt8]? {
        do throws(SystemError) {
            let limit = TaskFile.sizeLimit
            return operand == "-"
                ? try FileReading.bytesOfStandardInput(limit: limit)
                : try FileReading.bytes(of: operand, limit: limit)
        } catch {
            problems.append(
                Diagnostic(
                    .error, .missingLocalSource, "the task file cannot be read: \(error.description)",
                    hint: nearbyFile.map { "did you mean \($0)?" }, file: name))
            return nil
        }
    }

    private var nearbyFile: String? {
        let name = Paths.lastComponent(of: operand)
        let folder = String(operand.dropLast(name.count))
        return nearestName(to: name, among: FileStatus.names(in: folder.isEmpty ? "." : folder)).map { folder + $0 }
    }

    func context(home: String, _ problems: inout [Diagnostic]) throws(Failure) -> TaskContext {
        let configuration = AWSConfiguration(environment, home: home)
        var context = TaskContext(
            environment: environment, home: home,
            readFile: { path throws(TaskContext.UnreadableFile) in
                do throws(SystemError) {
                    return try FileReading.bytes(ofPlainFile: path, limit: TaskFile.sizeLimit)
                } catch {
                    throw TaskContext.UnreadableFile(reason: error.description)
                }
            },
            profileEndpoint: { configuration.endpoint(of: "s3", profile: $0) })
        context.overrides = try VariableOverrides(settings, environment).values()
        if let path = settings.providers {
            context.operatorProviders = providers(path, &problems)
        }
        if let path = HomeFolder.configuration("providers.yaml", environment), (try? FileStatus.isThere(path)) == true {
            context.userProviders = providers(path, &problems)
        }
        return context
    }

    private func providers(_ path: String, _ problems: inout [Diagnostic]) -> TaskContext.NamedBytes? {
        do throws(SystemError) {
            return .init(name: path, bytes: try FileReading.bytes(of: path, limit: TaskFile.sizeLimit))
        } catch {
            problems.append(
                Diagnostic(
                    .error, .missingLocalSource, "the providers file cannot be read: \(error.description)", file: path))
            return nil
        }
    }

    // MARK: What is meant of it

    private func selected(from file: TaskFile) throws(Failure) -> [TaskDefinition] {
        guard let wanted = settings.task else {
            guard file.tasks.count > 1, !settings.dryRun else { return file.tasks }
            throw .usage("\(operand) has \(file.tasks.count) tasks", hint: "choose one: \(choices(file))")
        }
        let found = file.tasks.filter { $0.name == wanted || String($0.number) == wanted }
        guard let task = found.first(where: { $0.name == wanted }) ?? found.first else {
            throw .usage(
                "\(operand) has no task \(wanted.shown)",
                hint: file.tasks.isEmpty ? nil : "it has \(choices(file))")
        }
        return [task]
    }

    private func choices(_ file: TaskFile) -> String {
        file.tasks.map { "\(Option.task.flag) \($0.name)" }.joined(separator: ", ")
    }

    /// A destination that no entry has is a slip, and running nothing instead would look like success.
    private func checkOnly(_ plans: [Plan], _ tasks: [TaskDefinition]) throws(Failure) {
        let mounts = plans.flatMap(\.mounts)
        for wanted in settings.only where !mounts.contains(where: { $0.isMeant(by: wanted) }) {
            let known = tasks.flatMap(\.destinations).map(\.written)
            // An entry that could not be read is not among the mounts; its problems are reported.
            let isKnown = tasks.flatMap(\.destinations).contains { PlannedMount.isMeant($0, by: wanted) }
            if isKnown { continue }
            let near = nearestName(to: wanted, among: known).map { "did you mean \($0)? " } ?? ""
            throw .usage(
                "no mount has the destination \(wanted.shown)",
                hint: near + "there are \(known.joined(separator: ", "))")
        }
    }
}
