/// Combinations of access keys that mean nothing, in entries and providers alike.
struct AccessCheck {
    let diagnostics: Diagnostics

    func check(_ fields: Fields, store: Store?) {
        if fields.boolean("anonymous") == true, let anonymous = fields["anonymous"] {
            let others = ["profile", "role_arn", "web_identity_token_file", "access_key", "secret_key", "iam_role"]
                .filter { fields.present[$0] != nil }
            if !others.isEmpty {
                diagnostics.error(
                    .keyConflict, "`anonymous: true` sends no credentials, but \(list(others)) names some",
                    hint: "remove one of them", at: anonymous.key, anonymous.path)
            }
        }
        if fields.string("sse") == "AES256", let key = fields["kms_key_id"] {
            diagnostics.error(
                .keyConflict, "`kms_key_id` does not go with `sse: AES256`", hint: "write sse: aws:kms", at: key.key,
                key.path)
        }
        checkHostPart("region", fields)
        checkHostPart("account", fields)
        if store == .azure, let account = fields["account"], case .text(let name) = account.value,
            !AzureAccount.isName(name.value), Authority.isHostPart(name.value)
        {
            diagnostics.error(
                .badValue, "`\(name.shown)` is no name of a storage account",
                hint: "3 to 24 lower-case letters and digits", at: account.position, account.path)
        }
        if let tls = fields["tls_verify"], case .text(let text) = tls.value,
            ["yes", "no", "on", "off", "true", "false"].contains(text.value.lowercased())
        {
            diagnostics.error(
                .badType, "expected true, false or the path of a CA file, found the string `\(text.shown)`",
                hint: "write true or false, without quotes (in YAML 1.2 yes and no are strings)", at: tls.position,
                tls.path)
        }
    }

    /// What becomes a part of a host name must not be able to end it: `region: "elsewhere.example/"` would name another.
    private func checkHostPart(_ key: String, _ fields: Fields) {
        guard let field = fields[key], case .text(let text) = field.value, !Authority.isHostPart(text.value) else {
            return
        }
        diagnostics.error(
            .badValue, "`\(text.shown)` is no \(key)", hint: "letters, digits, `-`, `_` and `.`", at: field.position,
            field.path)
    }

    private func list(_ names: [String]) -> String {
        names.map { "`\($0)`" }.joined(separator: ", ")
    }
}
