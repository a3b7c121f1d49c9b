"""Preconditions of requests."""

from google_storage.refusals import Refusal


def require(query, found, is_read=False, prefix="if"):
    """What must hold of what is there, or of nothing."""
    generation = found.generation if found else 0
    metageneration = found.metageneration if found else 0
    for name, value in (("Generation", generation), ("Metageneration", metageneration)):
        match, not_match = query.get(f"{prefix}{name}Match"), query.get(f"{prefix}{name}NotMatch")
        if match is not None and int(match) != value:
            raise Refusal(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.")
        if not_match is not None and int(not_match) == value:
            if is_read:
                raise Refusal(304, "notModified", "")
            raise Refusal(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.")
