import HTTP
import JSON
import Platform
import TestSupport
import Testing

@testable import ObjectStore

/// The hosts of Amazon's services, in all of its clouds, are those that botocore asks.
struct BotocoreEndpointTests {
    private struct Case {
        var service: String
        var region: String
        var environment: [String: String] = [:]
        var config = ""
    }

    private static let regions = [
        "us-east-1", "eu-west-1", "us-gov-west-1", "cn-north-1", "us-iso-east-1", "us-isob-east-1", "us-isof-south-1",
        "eu-isoe-west-1", "eusc-de-east-1",
    ]

    private static var cases: [Case] {
        var cases: [Case] = []
        for service in ["s3", "sts", "sso"] {
            for region in regions {
                for variables in [[], ["FIPS"], ["DUALSTACK"], ["FIPS", "DUALSTACK"]] {
                    let environment = variables.map { ("AWS_USE_\($0)_ENDPOINT", "true") }
                    cases.append(
                        Case(
                            service: service, region: region, environment: Dictionary(uniqueKeysWithValues: environment)
                        ))
                }
            }
            // The configuration file, the variables before it, and what is neither true nor false.
            for config in [
                "use_fips_endpoint = true", "use_dualstack_endpoint = True", "use_fips_endpoint = yes",
                "s3 =\n  use_dualstack_endpoint = true",
                "s3 =\n  use_dualstack_endpoint = false\nuse_dualstack_endpoint = true",
            ] {
                for environment in [[:], ["AWS_USE_FIPS_ENDPOINT": "false"], ["AWS_USE_DUALSTACK_ENDPOINT": "FALSE"]] {
                    cases.append(
                        Case(
                            service: service, region: "eu-west-1", environment: environment,
                            config: "[default]\n\(config)\n"))
                }
            }
        }
        return cases
    }

    @Test(.enabled(if: Python.isHere, Comment(rawValue: Python.absence)))
    func asksWhomBotocoreAsks() throws {
        let input = Self.cases.map { one in
            let environment = JSONValue.object(one.environment.map { .init($0.key, .string($0.value)) })
            let json: JSONValue = [
                "service": .string(one.service), "region": .string(one.region), "environment": environment,
                "config": .string(one.config),
            ]
            return json.compact + "\n"
        }
        let answers = try Python.run("Tests/ObjectStoreTests/Credentials/endpoints.py", input: input.joined())
            .split(separator: "\n").map(String.init)
        try #require(answers.count == Self.cases.count)
        let folder = try TemporaryFolder()
        for (one, theirs) in zip(Self.cases, answers) {
            try folder.write(one.config, to: "config")
            let environment = Environment(one.environment.merging(["AWS_CONFIG_FILE": folder.path("config")]) { $1 })
            let ours = try? host(one, environment)
            // Its name of long ago, for the same place.
            let expected = theirs.replacing("data.s3.amazonaws.com", with: "data.s3.us-east-1.amazonaws.com")
            #expect(ours == (theirs.hasPrefix("error:") ? nil : expected), "\(one): \(theirs)")
        }
    }

    private func host(_ one: Case, _ environment: Environment) throws -> String {
        let configuration = AWSConfiguration(environment, home: "/nowhere")
        guard one.service == "s3" else {
            let place = try AWSServicePlace(
                of: one.service, host: one.service == "sso" ? "portal.sso" : one.service,
                region: try #require(AWSRegion(one.region)), configuration: configuration, profile: nil, environment)
            return "https://" + place.address.host
        }
        var site = S3Site(.vendor(.amazon), bucket: "data")
        site.variant = configuration.variant(of: "s3")
        try site.variant.checkS3(in: one.region)
        return "https://" + site.address(nil, region: one.region).host
    }
}
