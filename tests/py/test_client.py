"""The published Python client, over HTTP and over its WebSocket."""

import pytest
from convex import ConvexClient, ConvexError, ConvexInt64
from convex.http_client import ConvexHttpClient


@pytest.fixture(params=[ConvexClient, ConvexHttpClient], ids=["websocket", "http"])
def client(request, url):
    return request.param(url)


def test_a_mutation_is_seen_by_the_next_query(client, fresh_name):
    note = client.mutation("notes:add", {"list": fresh_name, "text": "from python", "rank": 2})
    found = client.query("notes:get", {"id": note})
    assert found["text"] == "from python"
    assert found["rank"] == 2.0
    assert client.query("notes:texts", {"list": fresh_name}) == ["from python"]


def test_values_of_every_type_come_back(client):
    value = {"int": ConvexInt64(2**62), "float": 1.5, "whole": 3.0, "text": "héllo 😀", "bytes": b"\x00\x10\x83",
             "list": [None, True, {"deep": []}]}
    assert client.query("checks:echo", {"value": value}) == value


def test_convex_errors_carry_their_data(client):
    with pytest.raises(ConvexError) as caught:
        client.mutation("failures:withData", {"data": {"code": 7.0, "why": ["a"]}})
    assert caught.value.data == {"code": 7.0, "why": ["a"]}


def test_other_errors_carry_their_message(client):
    with pytest.raises(Exception, match="boom"):
        client.query("failures:boom")
    with pytest.raises(Exception, match="Could not find public function"):
        client.query("missing:function")


def test_a_hot_counter_counts_every_call(client, fresh_name):
    for expected in range(1, 6):
        assert client.mutation("counters:bump", {"name": fresh_name}) == expected


def test_a_subscription_delivers_every_state(url, fresh_name):
    client, writer = ConvexClient(url), ConvexHttpClient(url)
    seen = []
    for texts in client.subscribe("notes:texts", {"list": fresh_name}):
        seen.append(texts)
        if len(texts) == 2:
            break
        # Waiting for the next state keeps every other thread of this process still, so the write comes from here.
        writer.mutation("notes:add", {"list": fresh_name, "text": f"note {len(texts)}", "rank": len(texts)})
    assert seen == [[], ["note 0"], ["note 0", "note 1"]]
