import TestSupport

extension AmazonStandIn {
    /// The region that the bucket is in. Who asks elsewhere, or with a signature for elsewhere, is turned away.
    struct Home: Sendable {
        var region: String
        /// What is said of the region, right or wrong.
        var told: String
        var telling: Telling

        /// Where it is said. Refusals of HEAD have no document.
        enum Telling: String, CaseIterable, Sendable {
            /// In a header of what somebody is told who may not do what he asks for.
            case headerOfDenial
            /// In a header of a redirect, whose document names only another host.
            case headerOfRedirect
            /// In a document alone.
            case document
            /// To who asks for the bucket without a signature, and to nobody else.
            case anonymousHead
        }

        init(_ region: String, telling: Telling, _ told: String? = nil) {
            self.region = region
            self.telling = telling
            self.told = told ?? region
        }

        /// True when the request has been answered, because here is not where the bucket is.
        func turnsAway(_ request: ReceivedRequest, _ connection: ScriptedConnection) throws -> Bool {
            guard let signature = request["Authorization"] else {
                let headers = telling == .anonymousHead ? ["x-amz-bucket-region": told] : [:]
                try connection.answer(403, headers)
                return true
            }
            let isAtHome = request["Host"]?.hasSuffix(".s3.\(region).amazonaws.com") == true
            if isAtHome, signature.contains("/\(region)/s3/aws4_request") { return false }
            switch telling {
            case .headerOfDenial:
                try refuse(403, "AccessDenied", "", ["x-amz-bucket-region": told], request, connection)
            case .headerOfRedirect:
                let host = "data.s3-\(told).elsewhere.example"
                try refuse(
                    301, "PermanentRedirect", "<Endpoint>\(host)</Endpoint>",
                    ["x-amz-bucket-region": told, "Location": "https://\(host)/"], request, connection)
            case .document:
                let region = "<Region>\(told)</Region>"
                try refuse(400, "AuthorizationHeaderMalformed", region, [:], request, connection)
            case .anonymousHead:
                try refuse(403, "AccessDenied", "", [:], request, connection)
            }
            return true
        }

        private func refuse(
            _ status: Int, _ code: String, _ members: String, _ headers: [String: String], _ request: ReceivedRequest,
            _ connection: ScriptedConnection
        ) throws {
            let document = "<Error><Code>\(code)</Code><Message>No.</Message>\(members)</Error>"
            try connection.answer(status, headers, request.method == "HEAD" ? "" : document)
        }
    }
}
