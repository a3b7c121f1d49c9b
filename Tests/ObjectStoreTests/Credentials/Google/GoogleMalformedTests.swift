import JSON
import TestSupport
import Testing

@testable import ObjectStore

/// Files that are none, or not whole: what is said names the file and the field, and nothing that stands there.
struct GoogleMalformedTests {
    private static let account: JSONValue = [
        "type": "service_account", "client_email": "a@x.iam.gserviceaccount.com", "private_key": "geheim",
        "private_key_id": "geheim", "token_uri": "https://oauth2.googleapis.com/token",
    ]
    private static let user: JSONValue = [
        "type": "authorized_user", "client_id": "geheim", "client_secret": "geheim", "refresh_token": "geheim",
    ]
    private static let workforceUser = user.replacing("type", "external_account_authorized_user")
    private static let impersonated: JSONValue = [
        "type": "impersonated_service_account", "source_credentials": user,
        "service_account_impersonation_url":
            "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/geheim:generateAccessToken",
    ]
    private static let external: JSONValue = [
        "type": "external_account", "audience": "geheim", "subject_token_type": "geheim",
        "credential_source": ["file": "/nowhere/geheim"],
    ]
    private static let amazon = external.replacing(
        "credential_source",
        [
            "environment_id": "aws1", "region_url": "http://169.254.169.254/zone",
            "regional_cred_verification_url": "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity",
        ])

    private static func source(_ source: JSONValue) -> JSONValue { external.replacing("credential_source", source) }

    private static func program(_ name: String, _ value: JSONValue) -> JSONValue {
        source(["executable": (["command": "/nowhere/geheim"] as JSONValue).replacing(name, value)])
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var file: String
        var says: String

        init(_ file: JSONValue, _ says: String) { self.init(text: file.compact, says) }

        init(text: String, _ says: String) { (file, self.says) = (text, says) }

        var testDescription: String { says }
    }

    private static let noDocuments = [
        Case(text: "", ": it is no JSON: it ends too early at byte 0"),
        Case(text: "geheim", ": it is no JSON: no value at byte 0"),
        Case(
            text: #"{"type": "service_account", "private_key": "geheim"#,
            ": it is no JSON: a string without end at byte 50"
        ),
        Case(text: #"{"geheim": 1} geheim"#, ": it is no JSON: something behind the end at byte 14"),
        Case("geheim", ": it is no JSON object"), Case([user], ": it is no JSON object"),
    ]
    private static let types = [
        Case([:], ": it has no type"), Case(["geheim": "geheim"], ": it has no type"),
        Case(user.replacing("type", ""), ": it has no type"), Case(user.replacing("type", nil), ": it has no type"),
        Case(user.replacing("type", 7), ": type is no text"), Case(user.replacing("type", [user]), ": type is no text"),
        Case(user.replacing("type", "geheim"), ": its type is none that is known"),
        Case(["installed": user], ": it is the secret of an OAuth client, which is nobody's credentials"),
        Case(["web": user], ": it is the secret of an OAuth client, which is nobody's credentials"),
        Case(
            user.replacing("type", "gdch_service_account"),
            ": a gdch_service_account is for Google Distributed Cloud, not for Google Cloud Storage"),
    ]
    private static let universes = [account, user, workforceUser, impersonated, external].flatMap { file in
        [
            Case(
                file.replacing("universe_domain", "geheim.example"),
                ": universe_domain: only accounts of googleapis.com can be used"),
            Case(file.replacing("universe_domain", 1), ": universe_domain is no text"),
        ]
    }
    private static let accounts = [
        Case(account.replacing("client_email", nil), ": client_email is missing"),
        Case(account.replacing("client_email", ["geheim"]), ": client_email is no text"),
        Case(account.replacing("private_key", nil), ": private_key is missing"),
        Case(account.replacing("private_key", ""), ": private_key is missing"),
        Case(account.replacing("private_key", 1), ": private_key is no text"),
        Case(account.replacing("private_key_id", 1), ": private_key_id is no text"),
        Case(account, ": private_key cannot be used: this is no private key in PEM"),
        Case(
            account.replacing("private_key", "-----BEGIN PRIVATE KEY-----\ngeheim\n-----END PRIVATE KEY-----\n"),
            ": private_key cannot be used: this is no private key in PEM"),
    ]
    private static let users = [user, workforceUser].flatMap { file in
        ["client_id", "client_secret", "refresh_token"].flatMap { field in
            [
                Case(file.replacing(field, nil), ": \(field) is missing"),
                Case(file.replacing(field, .null), ": \(field) is missing"),
                Case(file.replacing(field, ["geheim": "geheim"]), ": \(field) is no text"),
            ]
        }
    }
    private static let addresses = [
        Case(user.replacing("token_uri", 1), ": token_uri is no text"),
        Case(
            user.replacing("token_uri", "geheim"),
            ": token_uri cannot be used: a URL that does not begin with http:// or https://"),
        Case(
            user.replacing("token_uri", "https://geheim@x.googleapis.com/"),
            ": token_uri cannot be used: a URL with a user name or password in it"),
        Case(user.replacing("token_uri", "http://oauth2.googleapis.com/geheim"), ": token_uri is no https URL"),
        Case(workforceUser.replacing("token_url", "https:// geheim"), ": token_url cannot be used: a URL with a space"),
        Case(
            impersonated.replacing("service_account_impersonation_url", nil),
            ": service_account_impersonation_url is missing"),
        Case(
            impersonated.replacing(
                "service_account_impersonation_url", "https://iamcredentials.googleapis.com/v1/geheim"),
            ": service_account_impersonation_url does not end in /serviceAccounts/NAME:generateAccessToken"),
        Case(external.replacing("token_url", "geheim://x"), ": token_url cannot be used: "),
        Case(
            external.replacing("service_account_impersonation_url", ["geheim"]),
            ": service_account_impersonation_url is no text"),
    ]
    private static let impersonations = [
        Case(impersonated.replacing("source_credentials", nil), ": source_credentials is missing"),
        Case(impersonated.replacing("source_credentials", "geheim"), ": source_credentials is no object"),
        Case(impersonated.replacing("source_credentials", [:]), ": source_credentials: it has no type"),
        Case(
            impersonated.replacing("source_credentials", "refresh_token", nil),
            ": source_credentials.refresh_token is missing"),
        Case(
            impersonated.replacing("source_credentials", account),
            ": source_credentials.private_key cannot be used: this is no private key in PEM"),
        Case(
            impersonated.replacing("source_credentials", impersonated),
            ": source_credentials.type is that of an account which again somebody else acts for"),
        Case(impersonated.replacing("delegates", "geheim"), ": delegates is no list"),
        Case(impersonated.replacing("delegates", [1, "geheim"]), ": delegates is no list of texts"),
        Case(
            external.replacing("service_account_impersonation_url", impersonated["service_account_impersonation_url"])
                .replacing("service_account_impersonation", ["token_lifetime_seconds": 5]),
            ": service_account_impersonation.token_lifetime_seconds is no number from 600 to 43200"),
        Case(
            external.replacing("service_account_impersonation_url", impersonated["service_account_impersonation_url"])
                .replacing("service_account_impersonation", "geheim"), ": service_account_impersonation is no object"),
    ]
    private static let externals = [
        Case(external.replacing("audience", nil), ": audience is missing"),
        Case(external.replacing("subject_token_type", nil), ": subject_token_type is missing"),
        Case(external.replacing("credential_source", nil), ": credential_source is missing"),
        Case(source("geheim"), ": credential_source is no object"),
        Case(source([:]), ": credential_source: it has neither file, url, executable nor environment_id"),
        Case(source(["file": "a", "url": "geheim"]), ": credential_source: it has file and url"),
        Case(source(["certificate": [:]]), ": credential_source: certificates (X.509) are not supported"),
        Case(source(["file": 1]), ": credential_source.file is no text"),
        Case(source(["file": ""]), ": credential_source.file is missing"),
        Case(source(["url": "geheim"]), ": credential_source.url cannot be used: "),
        Case(
            source(["url": "http://geheim.example/"]), ": credential_source.url is neither an https URL nor one of this"
        ),
        Case(source(["url": "https://x.example", "headers": ["geheim"]]), ": credential_source.headers is no object"),
        Case(
            source(["url": "https://x.example", "headers": ["a": 1]]),
            ": credential_source.headers has something else than texts in it"),
        Case(source(["file": "a", "format": "geheim"]), ": credential_source.format is no object"),
        Case(
            source(["file": "a", "format": ["type": "geheim"]]),
            ": credential_source.format.type is neither text nor json"),
        Case(
            source(["file": "a", "format": ["type": "json"]]),
            ": credential_source.format.subject_token_field_name is missing"),
        Case(
            external.replacing("workforce_pool_user_project", "geheim"),
            ": workforce_pool_user_project is for an audience with workforcePools in it only"),
        Case(external.replacing("client_id", 1), ": client_id is no text"),
        Case(external, ": the subject token: /nowhere/geheim cannot be read: No such file or directory"),
    ]
    private static let programs = [
        Case(source(["executable": "geheim"]), ": credential_source.executable is no object"),
        Case(source(["executable": [:]]), ": credential_source.executable.command is missing"),
        Case(program("command", ["geheim"]), ": credential_source.executable.command is no text"),
        Case(
            program("timeout_millis", 4999),
            ": credential_source.executable.timeout_millis is no number from 5000 to 120000"),
        Case(
            program("timeout_millis", "geheim"),
            ": credential_source.executable.timeout_millis is no number from 5000 to 120000"),
        Case(program("output_file", 1), ": credential_source.executable.output_file is no text"),
        Case(program("command", "'geheim"), ": executable: the command has a quote without end, or is none"),
    ]
    private static let amazons = [
        Case(
            amazon.replacing("credential_source", "environment_id", "geheim"),
            ": credential_source.environment_id is not aws1, the only one there is"),
        Case(
            amazon.replacing("credential_source", "environment_id", 1), ": credential_source.environment_id is no text"),
        Case(
            amazon.replacing("credential_source", "regional_cred_verification_url", nil),
            ": credential_source.regional_cred_verification_url is missing"),
        Case(
            amazon.replacing("credential_source", "regional_cred_verification_url", "https://geheim/{region}/{"),
            ": credential_source.regional_cred_verification_url is no question to Amazon's token service who asks"),
        Case(
            amazon.replacing("credential_source", "region_url", "https://x.example/geheim"),
            ": credential_source.region_url leads to x.example, where no metadata service of a machine is"),
        Case(
            amazon.replacing("credential_source", "imdsv2_session_token_url", "http://x.example/geheim"),
            ": credential_source.imdsv2_session_token_url is neither an https URL nor one of this machine"),
        Case(
            amazon.replacing("credential_source", "url", "http://127.0.0.1/geheim"),
            ": credential_source: region_url, url and imdsv2_session_token_url are not on one host"),
    ]

    @Test(
        arguments: noDocuments + types + universes + accounts + users + addresses + impersonations + externals
            + programs
            + amazons)
    func files(wrong: Case) async throws {
        let lab = try TestMachine()
        try lab.write(wrong.file, to: "key.json")
        var request = GoogleCredentialRequest(owner: "provider lab")
        request.keyFile = "~/key.json"
        request.isOperators = true
        let machine = lab.machine(["GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES": "1"])
        let error = try await request.search(on: machine).failure()
        #expect(error.code == .noCredentials)
        #expect(error.message.hasPrefix("~/key.json" + wrong.says))
        // A path is no secret.
        #expect(!error.message.replacing("/nowhere/geheim", with: "").contains("geheim"))
    }

    // MARK: Subject tokens

    @Test(
        arguments: [
            ("", nil, "is empty"), ("\n", nil, "is empty"),
            ("geheim\ngeheim", nil, "has control characters or more than one line"),
            ("geheim", "value", "the answer is no JSON: no value at byte 0"),
            (#"{"geheim": "geheim"}"#, "value", "there is no text under subject_token_field_name in it"),
            (#"{"value": ["geheim"]}"#, "value", "there is no text under subject_token_field_name in it"),
            (#"["value", "geheim"]"#, "value", "there is no text under subject_token_field_name in it"),
        ] as [(String, String?, String)])
    func subjectTokens(content: String, field: String?, says: String) async throws {
        let lab = try TestMachine()
        try lab.write(content, to: "token")
        let format = field.map { ["type": "json", "subject_token_field_name": .string($0)] as JSONValue }
        let source = (["file": "~/token"] as JSONValue).replacing("format", format)
        try lab.write(Self.source(source).compact, to: "key.json")
        var request = GoogleCredentialRequest(owner: "provider lab")
        request.keyFile = "~/key.json"
        request.isOperators = true
        let error = try await request.search(on: lab.machine()).failure()
        #expect(error.code == .noCredentials)
        #expect(error.message.hasPrefix("~/key.json: the subject token in ~/token") && error.message.hasSuffix(says))
        #expect(!error.message.contains("geheim"))
    }
}
