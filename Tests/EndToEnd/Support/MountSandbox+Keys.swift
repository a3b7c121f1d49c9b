import TestSupport

extension MountSandbox {
    /// Programs are run without keys of their own, and with a program that gives them now these and now those of the same user.
    func useKeysOfAProgram(lasting time: String) throws {
        try files.folder.write(
            """
            #!/bin/sh
            cd \(files.folder.path)
            echo call >> calls
            name=TEST
            [ $(($(wc -l < calls) % 2)) = 0 ] || name=SECOND
            echo "{\\"Version\\": 1, \\"AccessKeyId\\": \\"AKID$name\\", \\"SecretAccessKey\\": \\"SECRET$name\\",
              \\"Expiration\\": \\"$(date -u -d '+\(time)' +%Y-%m-%dT%H:%M:%SZ)\\"}"
            """, to: "keys")
        try files.folder.write(
            "[default]\ncredential_process = sh \(path("keys"))\n", to: "config")
        environment["AWS_ACCESS_KEY_ID"] = nil
        environment["AWS_SECRET_ACCESS_KEY"] = nil
        environment["AWS_CONFIG_FILE"] = path("config")
    }
}
