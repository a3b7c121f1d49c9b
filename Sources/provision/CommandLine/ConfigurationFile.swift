import Platform
import TaskFile

extension Invocation {
    /// With what the user's configuration file says where neither command line nor environment has spoken. It is
    /// `$XDG_CONFIG_HOME/provision/config.yaml`: long names of options with their values.
    func configured() throws(Failure) -> Invocation {
        guard let path = HomeFolder.configuration("config.yaml", environment) else { return self }
        let bytes: [UInt8]
        do throws(SystemError) {
            guard try FileStatus.isThere(path) else { return self }
            bytes = try FileReading.bytes(of: path, limit: TaskFile.sizeLimit)
        } catch {
            throw Failure(.badConfiguration, "\(path): \(error.description)")
        }
        let (values, problems) = FlatMapping.read(bytes, file: path)
        if let problem = problems.first {
            let place = problem.position.map { ":\($0.line):\($0.column)" } ?? ""
            throw Failure(problem.code.exitStatus, "\(path)\(place): \(problem.message)", hint: problem.hint)
        }
        var configured = self
        try configured.settings.apply(config: values, from: path)
        return configured
    }
}
