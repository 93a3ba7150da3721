"""Metrics over OTLP, decoded with the official definitions, and compared with what the Prometheus client reads."""

import http.server
import json
import threading
import types
import urllib.request

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality
from prometheus_client.parser import text_string_to_metric_families

from conftest import app_server, free_ports

EXPORTS_WITHIN_SECONDS = 30
CUMULATIVE = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
DELTA = AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA


class Collector(http.server.ThreadingHTTPServer):
    """Keeps what it is sent; answers 503 while `away`."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), CollectorHandler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.changed = threading.Condition()
        self.requests = []
        self.refused = 0
        self.away = False
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def wait(self, condition):
        with self.changed:
            assert self.changed.wait_for(condition, EXPORTS_WITHIN_SECONDS), "nothing was exported"


class CollectorHandler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        with self.server.changed:
            if self.server.away:
                self.server.refused += 1
            else:
                self.server.requests.append((self.path, dict(self.headers.items()), ExportMetricsServiceRequest.FromString(body)))
            self.server.changed.notify_all()
            self.send_response(503 if self.server.away else 200)
        answer = ExportMetricsServiceResponse().SerializeToString()
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def call(url, kind, path, **args):
    body = json.dumps({"path": path, "args": args}).encode()
    request = urllib.request.Request(f"{url}/api/{kind}", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def work(url):
    for _ in range(3):
        assert call(url, "mutation", "counters:bump", name="otlp")["status"] == "success"
        assert call(url, "query", "counters:read", name="otlp")["status"] == "success"
    # The same once more is handed out of the cache.
    call(url, "query", "counters:read", name="otlp")
    assert call(url, "query", "failures:boom")["status"] == "error"
    assert call(url, "action", "actions:copy", list="otlp", text="t")["status"] == "success"


def attributes(point):
    return tuple(sorted((pair.key, pair.value.string_value) for pair in point.attributes))


def metrics_of(request):
    (resource,) = request.resource_metrics
    (scope,) = resource.scope_metrics
    assert scope.scope.name == "concave"
    names = [metric.name for metric in scope.metrics]
    assert len(names) == len(set(names))
    return {metric.name: metric for metric in scope.metrics}


def number(point):
    return getattr(point, point.WhichOneof("value"))


@pytest.fixture(scope="module")
def export():
    """What a server exported during its life, and its last word over Prometheus."""
    collector = Collector()
    (metrics_port,) = free_ports(1)
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_EXPORTER_OTLP_HEADERS": "x-tenant=a%20b",
        "OTEL_METRIC_EXPORT_INTERVAL": "100",
        "OTEL_SERVICE_NAME": "chat",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=test",
    }
    with app_server("--metrics-port", str(metrics_port), environment=environment) as (url, process):
        work(url)
        seen = len(collector.requests)
        collector.wait(lambda: len(collector.requests) > seen)
        with urllib.request.urlopen(f"http://127.0.0.1:{metrics_port}/metrics") as response:
            families = {family.name: family for family in text_string_to_metric_families(response.read().decode())}
        process.terminate()
        assert process.wait(EXPORTS_WITHIN_SECONDS) == 0
    collector.shutdown()
    path, headers, request = collector.requests[-1]
    return types.SimpleNamespace(path=path, headers=headers, request=request, families=families, all=collector.requests)


def test_requests_are_what_the_protocol_asks_for(export):
    assert export.path == "/v1/metrics"
    headers = {name.lower(): value for name, value in export.headers.items()}
    assert headers["content-type"] == "application/x-protobuf"
    assert headers["x-tenant"] == "a b"
    resource = dict(attributes(export.request.resource_metrics[0].resource))
    assert (resource["service.name"], resource["deployment.environment"]) == ("chat", "test")
    assert resource["service.instance.id"] and resource["service.version"]


def test_both_exports_have_the_same_metrics(export):
    over_otlp = {name.replace(".", "_", 1) for name in metrics_of(export.request)}
    assert over_otlp == set(export.families)
    assert {"concave_function_calls", "concave_commit_seconds", "concave_queued_calls", "concave_sockets"} <= over_otlp


def test_kinds_units_and_help_agree(export):
    for name, metric in metrics_of(export.request).items():
        family = export.families[name.replace(".", "_", 1)]
        kind = {"sum": "counter", "gauge": "gauge", "histogram": "histogram"}[metric.WhichOneof("data")]
        assert family.type == kind, name
        # Prometheus wants help to end in a full stop.
        assert family.documentation.rstrip(".") == metric.description, name
        unit = "s" if name.endswith("_seconds") else "By" if name.endswith("_bytes") else ""
        assert metric.unit == unit, name


def test_counters_count_from_the_start_and_only_grow(export):
    starts = set()
    last = {}
    for _, _, request in export.all:
        for name, metric in metrics_of(request).items():
            if metric.WhichOneof("data") != "sum":
                continue
            assert metric.sum.is_monotonic and metric.sum.aggregation_temporality == CUMULATIVE, name
            for point in metric.sum.data_points:
                starts.add(point.start_time_unix_nano)
                assert point.time_unix_nano >= point.start_time_unix_nano > 0
                key = (name, attributes(point))
                assert number(point) >= last.get(key, 0), key
                last[key] = number(point)
    assert len(starts) == 1 and len(last) > 10


def test_numbers_of_functions_agree(export):
    """Nothing was called between the scrape and the last export."""
    compared = 0
    for name, metric in metrics_of(export.request).items():
        if not name.startswith(("concave.function_", "concave.commit_seconds")):
            continue
        samples = {(s.name, tuple(sorted(s.labels.items()))): s.value for s in export.families[name.replace(".", "_", 1)].samples}
        prometheus = name.replace(".", "_", 1)
        if metric.WhichOneof("data") == "sum":
            for point in metric.sum.data_points:
                assert number(point) == samples.pop((f"{prometheus}_total", attributes(point)))
                compared += 1
            assert not samples
            continue
        for point in metric.histogram.data_points:
            labels = attributes(point)
            assert metric.histogram.aggregation_temporality == CUMULATIVE
            assert point.count == samples[f"{prometheus}_count", labels] == sum(point.bucket_counts)
            assert point.sum == pytest.approx(samples[f"{prometheus}_sum", labels])
            assert len(point.bucket_counts) == len(point.explicit_bounds) + 1
            reached = 0
            for bound, count in zip([*point.explicit_bounds, float("inf")], point.bucket_counts):
                reached += count
                buckets = [
                    value for (kind, found), value in samples.items()
                    if kind.endswith("_bucket") and float(dict(found)["le"]) == bound
                    and tuple(pair for pair in found if pair[0] != "le") == labels
                ]
                assert buckets == [reached]
            compared += 1
    assert compared > 20


def test_calls_are_told_by_function_and_outcome(export):
    calls = {attributes(point): number(point) for point in metrics_of(export.request)["concave.function_calls"].sum.data_points}

    def count(kind, function, outcome):
        return calls[("component", ""), ("function", function), ("kind", kind), ("outcome", outcome)]

    assert count("Mutation", "counters:bump", "success") == 3
    assert count("Query", "counters:read", "success") == 3
    assert count("Query", "counters:read", "cached") == 1
    assert count("Query", "failures:boom", "error") == 1
    assert count("Action", "actions:copy", "success") == 1


def test_deltas_add_up_and_survive_a_collector_that_was_away():
    collector = Collector()
    environment = {
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": f"{collector.url}/push",
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta",
        "OTEL_METRIC_EXPORT_INTERVAL": "100",
    }
    with app_server(environment=environment) as (url, process):
        for away in (False, True, False):
            with collector.changed:
                collector.away = away
            refused, seen = collector.refused, len(collector.requests)
            work(url)
            collector.wait(lambda: collector.refused > refused if away else len(collector.requests) > seen)
        process.terminate()
        assert process.wait(EXPORTS_WITHIN_SECONDS) == 0
    collector.shutdown()
    counted = 0
    end = None
    for path, _, request in collector.requests:
        assert path == "/push"
        sums = metrics_of(request)["concave.function_calls"].sum
        assert sums.aggregation_temporality == DELTA
        for point in sums.data_points:
            assert end is None or point.start_time_unix_nano == end, "periods follow one another"
            labels = dict(attributes(point))
            if (labels["function"], labels["outcome"]) == ("counters:bump", "success"):
                counted += number(point)
        end = sums.data_points[0].time_unix_nano if sums.data_points else end
    assert counted == 9
