"""Why the service says no."""


class Refusal(Exception):
    def __init__(self, status, reason, message, headers=()):
        self.status, self.reason, self.message, self.headers = status, reason, message, dict(headers)


def no_object(bucket, name):
    return Refusal(404, "notFound", f"No such object: {bucket}/{name}")


def no_route():
    return Refusal(404, "notFound", "Not Found")


def forbidden(permission):
    return Refusal(403, "forbidden", f"The caller does not have {permission} access to the Google Cloud Storage resource.")
