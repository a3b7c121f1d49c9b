import Executor
import Plan
import Platform
import TaskFile

/// Where a run is to be seen from outside, as its options and the service manager say.
struct NoticesInput {
    private let settings: Settings
    let notices: Notices

    /// Files that could not be written are found before anything is done.
    init(_ invocation: Invocation, workingFolder: String) throws(Failure) {
        settings = invocation.settings
        func file(_ stated: String?) -> NoticeFile? { stated.map { NoticeFile($0, workingFolder: workingFolder) } }
        notices = Notices(
            readyFile: file(settings.readyFile), metricsFile: file(settings.metricsFile),
            serviceManager: ServiceManager(invocation.environment))
        for (option, file) in files {
            do throws(SystemError) { try file.check() } catch {
                throw Failure(
                    .badDestination,
                    "\(settings.place(of: option)): \(file.path) cannot be written: \(error.description)",
                    hint: error.isAbsence ? "its folder has to be there" : nil)
            }
        }
        if let ready = notices.readyFile, ready == notices.metricsFile {
            throw .usage("\(settings.place(of: .readyFile)) and \(settings.place(of: .metricsFile)) name the same file")
        }
    }

    private var files: [(option: Option, file: NoticeFile)] {
        let stated = [(Option.readyFile, notices.readyFile), (.metricsFile, notices.metricsFile)]
        return stated.compactMap { option, file in file.map { (option, $0) } }
    }

    /// What is in a mount comes with it, goes with it and lands in the bucket.
    func check(_ plan: Plan) throws(Failure) {
        for (option, file) in files {
            let path = file.realPath ?? file.path
            guard let mount = plan.mounts.first(where: { $0.mount.mode.isMount && path.hasPrefix($0.path + "/") })
            else { continue }
            throw .usage(
                "\(settings.place(of: option)): \(file.path) is inside of `\(mount.shownDestination)`, which is mounted",
                hint: "name a file outside of it")
        }
    }
}
