import Testing

@testable import TaskFile

@Suite struct StorageVariablesTests {
    @Test func variablesOfOtherPrograms() {
        let task = "file_mounts: {/d: s3://data-bucket/x}"
        for kind in ["http", "local", "aws"] {
            #expect(read(task, ["STORAGE_PROVIDER": kind]).problems == [])
        }
    }
}
