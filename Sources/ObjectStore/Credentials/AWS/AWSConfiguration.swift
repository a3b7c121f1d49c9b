public import Platform

/// AWS's shared configuration: the config file and the credentials file, as the environment names them.
public struct AWSConfiguration: Sendable {
    let config: LoadedFile
    let credentials: LoadedFile
    private let environment: Environment
    private let home: String

    /// A file with the fate of its reading. One that is not there is empty.
    struct LoadedFile: Sendable {
        var path: String
        /// As people know it: with `~`.
        var shown: String
        var content = AWSConfigurationFile()
        /// Why it could not be read, when it is there.
        var error: SystemError?
        var isThere = false
    }

    /// Reads both, which blocks.
    public init(_ environment: Environment, home: String) {
        self.init(environment, home: home, credentialsFile: nil)
    }

    /// With another credentials file than the environment's.
    init(_ environment: Environment, home: String, credentialsFile: String?) {
        func load(_ variable: String, _ name: String) -> LoadedFile {
            Self.load(
                environment.nonEmpty(variable).map { Paths.fromHome($0, home) } ?? home + "/.aws/" + name, home: home)
        }
        self.environment = environment
        self.home = home
        config = load("AWS_CONFIG_FILE", "config")
        credentials =
            credentialsFile.map { Self.load($0, home: home) } ?? load("AWS_SHARED_CREDENTIALS_FILE", "credentials")
    }

    /// Reads both where waiting is allowed.
    static func read(on machine: CredentialMachine, credentialsFile: String? = nil) async -> AWSConfiguration {
        let file = credentialsFile.map { machine.path($0) }
        return await BlockingPool.files.run { _ in
            AWSConfiguration(machine.environment, home: machine.home, credentialsFile: file)
        }
    }

    private static func load(_ path: String, home: String) -> LoadedFile {
        let shown = (path.hasPrefix(home + "/") ? "~" + path.dropFirst(home.count) : path).printable
        var file = LoadedFile(path: path, shown: shown)
        do throws(SystemError) {
            // A pipe or device in its place is nothing that can be read again.
            file.content = AWSConfigurationFile(try FileReading.bytes(ofPlainFile: path, limit: 1 << 20))
            file.isThere = true
        } catch {
            file.error = error.isAbsence ? nil : error
        }
        return file
    }

    // MARK: Profiles

    /// The profile that is meant when nobody names one, and the variable that says so.
    var currentProfile: (name: String, variable: String?) {
        for variable in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"] {
            if let name = environment.nonEmpty(variable) { return (name, variable) }
        }
        return ("default", nil)
    }

    /// Nothing when neither file has it.
    func profile(_ name: String) -> AWSProfile? {
        let fromConfig = config.content.sections["profile \(name)"] ?? (name == "default" ? section(name) : nil)
        let fromCredentials = credentials.content.sections[name]
        guard fromConfig != nil || fromCredentials != nil else { return nil }
        return AWSProfile(
            name: name, config: fromConfig ?? .init(), credentials: fromCredentials ?? .init(),
            configFile: config.shown, credentialsFile: credentials.shown)
    }

    private func section(_ name: String) -> AWSConfigurationFile.Section? { config.content.sections[name] }

    func session(_ name: String) -> AWSConfigurationFile.Section? { section("sso-session \(name)") }

    var profileNames: [String] {
        let fromConfig = config.content.sections.keys.compactMap { name -> String? in
            name == "default" ? name : name.hasPrefix("profile ") ? String(name.dropFirst("profile ".count)) : nil
        }
        return Set(fromConfig + credentials.content.sections.keys).sorted()
    }

    // MARK: Endpoints and regions

    /// The endpoint that a profile names for a service (`s3`, `sts`): `endpoint_url` of its `services` section, else of the
    /// profile itself. The profile in force when none is named.
    public func endpoint(of service: String, profile name: String? = nil) -> String? {
        guard let profile = profile(name ?? currentProfile.name),
            profile["ignore_configured_endpoint_urls"]?.lowercased() != "true"
        else { return nil }
        let services = profile["services"].flatMap { section("services \($0)") }
        return services?.nested[service]?["endpoint_url"] ?? profile["endpoint_url"]
    }

    public struct NamedRegion: Sendable, Equatable {
        public var name: String
        /// Where it stands, for people.
        public var by: String
    }

    /// The region that the environment or the profile names.
    public func namedRegion(profile name: String? = nil) -> NamedRegion? {
        for variable in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            if let region = environment.nonEmpty(variable) { return NamedRegion(name: region, by: variable) }
        }
        guard let profile = profile(name ?? currentProfile.name), let region = profile["region"] else { return nil }
        return NamedRegion(name: region, by: profile.origin(of: "region"))
    }

    /// Which hosts of a service are asked for, where no endpoint is named.
    public func variant(of service: String, profile name: String? = nil) -> AWSVariant {
        let profile = profile(name ?? currentProfile.name)
        func isOn(_ key: String) -> Bool {
            (environment.nonEmpty("AWS_" + key.uppercased()) ?? profile?[key])?.lowercased() == "true"
        }
        let isOnForS3 =
            service == "s3" && profile?.config.nested["s3"]?["use_dualstack_endpoint"]?.lowercased() == "true"
        return AWSVariant(
            isFIPS: isOn("use_fips_endpoint"), isDualStack: isOn("use_dualstack_endpoint") || isOnForS3)
    }

    /// The file of the authorities that are believed in the place of the system's, where the environment or the profile names one.
    public func authorities(profile name: String? = nil) -> String? {
        let file = environment.nonEmpty("AWS_CA_BUNDLE") ?? profile(name ?? currentProfile.name)?["ca_bundle"]
        return file.map { Paths.fromHome($0, home) }
    }

    // MARK: What is wrong

    /// What cannot be read, with file and line, as far as it may matter to a profile: problems of its own sections and
    /// those that stand in none. Empty when all is well.
    func problems(of profile: AWSProfile?) -> [String] {
        [(config, profile?.config), (credentials, profile?.credentials)].flatMap { file, section -> [String] in
            let unreadable = file.error.map { ["\(file.shown) cannot be read: \($0.description)"] } ?? []
            let problems = file.content.problems + (section?.problems ?? [])
            return unreadable + problems.prefix(3).map { "\(file.shown):\($0.line): \($0.message)" }
        }
    }
}

/// A profile of the shared configuration, from both files.
struct AWSProfile: Sendable {
    let name: String
    let config: AWSConfigurationFile.Section
    let credentials: AWSConfigurationFile.Section
    let configFile: String
    let credentialsFile: String

    /// The credentials file is the stronger one. An empty value is none.
    subscript(key: String) -> String? {
        for section in [credentials, config] {
            if let value = section.values[key], !value.isEmpty { return value }
        }
        return nil
    }

    /// "profile dev in ~/.aws/config", by the file that has the key.
    func origin(of key: String) -> String {
        let isInCredentials = credentials.values[key].map { !$0.isEmpty } ?? false
        return "profile \(name.printable) in \(isInCredentials ? credentialsFile : configFile)"
    }
}
