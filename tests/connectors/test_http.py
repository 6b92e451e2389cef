import gzip
from datetime import date, timedelta
from decimal import Decimal

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from connectors import errors, http

SECRET = "hunter2"  # noqa: S105 - a canary, not a password
DIALECT = http.Dialect("acme", http.by_status, lambda response: response.text)


class Bill(BaseModel):
    total: Decimal


async def _send(answer: httpx.Response | Exception, *, write: bool) -> httpx.Response:
    def respond(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with httpx.AsyncClient(transport=httpx.MockTransport(respond)) as client:
        request = client.build_request("POST", f"https://acme.test/bills?q={SECRET}")
        return await http.send(client, request, DIALECT, write=write)


def _parsed(body: str) -> Bill:
    response = httpx.Response(200, text=body)
    return http.parsed(response, Bill, vendor="acme", otherwise=errors.Drifted)


@pytest.mark.parametrize(
    ("status", "on_read", "on_write"),
    [
        (302, errors.Rejected, errors.Rejected),
        (400, errors.Rejected, errors.Rejected),
        (401, errors.Unauthorized, errors.Unauthorized),
        (403, errors.Unauthorized, errors.Unauthorized),
        (404, errors.Missing, errors.Missing),
        (408, errors.Transient, errors.Uncertain),
        (422, errors.Rejected, errors.Rejected),
        (429, errors.Transient, errors.Transient),
        (500, errors.Transient, errors.Uncertain),
        (503, errors.Transient, errors.Uncertain),
    ],
)
async def test_a_status_says_what_to_do(
    status: int, on_read: http.Kind, on_write: http.Kind
) -> None:
    with pytest.raises(errors.ConnectorError) as read:
        await _send(httpx.Response(status, text=SECRET), write=False)
    with pytest.raises(errors.ConnectorError) as written:
        await _send(httpx.Response(status, text=SECRET), write=True)

    assert (read.type, written.type) == (on_read, on_write)
    assert str(written.value) == f"acme: POST /bills answered {status}"
    assert written.value.reason == SECRET


@pytest.mark.parametrize(
    ("failure", "on_write"),
    [
        (httpx.ConnectError, errors.Transient),
        (httpx.ConnectTimeout, errors.Transient),
        (httpx.PoolTimeout, errors.Transient),
        (httpx.ReadTimeout, errors.Uncertain),
        (httpx.WriteError, errors.Uncertain),
        (httpx.RemoteProtocolError, errors.Uncertain),
        (httpx.DecodingError, errors.Uncertain),
    ],
)
async def test_only_what_never_left_is_safe_to_send_again(
    failure: type[httpx.RequestError], on_write: http.Kind
) -> None:
    with pytest.raises(errors.Transient):
        await _send(failure(SECRET), write=False)
    with pytest.raises(on_write) as caught:
        await _send(failure(SECRET), write=True)

    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("7", timedelta(seconds=7)),
        ("9" * 5000, timedelta(hours=1)),
        ("Thu, 01 Jan 1970 00:00:00 GMT", timedelta(0)),
        ("Thu, 01 Jan 1970 00:00:00", None),
        ("soon", None),
    ],
    ids=["seconds", "absurd", "past-date", "no-zone", "garbage"],
)
async def test_a_throttle_says_how_long_to_wait(header: str, wait: timedelta | None) -> None:
    with pytest.raises(errors.Transient) as caught:
        await _send(httpx.Response(429, headers={"Retry-After": header}), write=True)

    assert caught.value.retry_after == wait


async def test_a_compressed_answer_is_read_once_and_whole() -> None:
    packed = httpx.Response(
        200, content=gzip.compress(b'{"total": 1.10}'), headers={"Content-Encoding": "gzip"}
    )

    response = await _send(packed, write=False)

    assert response.content == b'{"total": 1.10}'


@pytest.mark.parametrize(("write", "kind"), [(False, errors.Drifted), (True, errors.Uncertain)])
async def test_an_answer_that_does_not_end_is_not_read_to_its_end(
    *, write: bool, kind: http.Kind
) -> None:
    bomb = gzip.compress(b" " * (http.LARGEST_ANSWER_BYTES + 1))
    packed = httpx.Response(200, content=bomb, headers={"Content-Encoding": "gzip"})

    with pytest.raises(kind, match="more than we read"):
        await _send(packed, write=write)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20))
def test_a_number_in_json_stays_as_it_was_written(number: Decimal) -> None:
    read = http.read_json(http.write_json({"total": number}))

    assert read == {"total": number}


@pytest.mark.parametrize("text", ["1234.10", "12345678901234567.89", "0.10", "-0.000001", "7"])
def test_an_amount_keeps_every_digit_and_every_zero(text: str) -> None:
    assert str(_parsed(f'{{"total": {text}}}').total) == text


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>",
        '{"total": 1.5',
        '{"total": NaN}',
        '{"total": Infinity}',
        '{"total": 1E999999999}',
        '{"total": 1E99999999999999999999}',
        "[" * 100_000,
        f'{{"total": "{SECRET}"}}',
        "[]",
    ],
    ids=["empty", "html", "cut", "nan", "infinity", "huge", "overflow", "deep", "text", "array"],
)
def test_an_answer_that_does_not_fit_is_named_but_not_quoted(body: str) -> None:
    with pytest.raises(errors.Drifted, match="acme: Bill") as caught:
        _parsed(body)

    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("constant", [b"NaN", b"Infinity", b"-Infinity"])
def test_what_only_looks_like_a_number_is_no_json(constant: bytes) -> None:
    with pytest.raises(ValueError, match=constant.decode()):
        http.read_json(constant)


def test_the_field_that_does_not_fit_is_named() -> None:
    with pytest.raises(errors.Drifted, match="Bill: total do not fit"):
        _parsed('{"total": "much"}')


def test_what_we_write_is_plain_json() -> None:
    body: http.Json = {
        "a": None,
        "b": [True, 1, "x\"'é"],
        "c": Decimal("1E+3"),
        "d": date(2026, 1, 31),
        "e": ({"f": Decimal("-0.10")},),
    }

    assert http.write_json(body) == (
        b'{"a":null,"b":[true,1,"x\\"\'\\u00e9"],"c":1000,"d":"2026-01-31","e":[{"f":-0.10}]}'
    )


@pytest.mark.parametrize("inexact", [Decimal("NaN"), Decimal("Infinity"), 0.1, {1}])
def test_what_is_not_exact_is_not_written(inexact: http.Json) -> None:
    with pytest.raises(TypeError):
        http.write_json({"total": inexact})
