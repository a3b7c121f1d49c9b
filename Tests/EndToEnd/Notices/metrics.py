"""Reads Prometheus' text format with Prometheus' own library: prints a JSON object of the samples on standard input, by name and
labels as `name{a="b",…}` with the labels in order. Ends with an error where it is not the format, or says something twice."""

import json
import sys

from prometheus_client.parser import text_string_to_metric_families

samples = {}
families = set()
for family in text_string_to_metric_families(sys.stdin.read()):
    assert family.name not in families and family.documentation and family.type != "unknown", family.name
    families.add(family.name)
    for sample in family.samples:
        # The library takes the ending off the family's name, and puts it back.
        assert (family.type == "counter") == sample.name.endswith("_total"), sample.name
        labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
        name = f"{sample.name}{{{labels}}}"
        assert name not in samples, name
        samples[name] = sample.value
json.dump(samples, sys.stdout)
