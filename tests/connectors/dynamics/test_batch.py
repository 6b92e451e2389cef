import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.dynamics import _batch
from tests.connectors.dynamics.fake_environment import batch_answer, infolog

_JSON = st.binary().map(lambda body: b'{"a":"%b"}' % body.replace(b"\r", b"").replace(b"\n", b""))
_BODIES = st.lists(_JSON, min_size=1, max_size=5)


def _read(response: httpx.Response) -> list[_batch.Answer]:
    return list(_batch.answers(response.headers["Content-Type"], response.content))


def test_a_change_set_is_written_as_the_vendor_documents_it() -> None:
    content = _batch.change_set([("https://env.test/data/Rows", b'{"a":1}')])

    assert content.decode().split("\r\n") == [
        "--batch",
        "Content-Type: multipart/mixed; boundary=changeset",
        "",
        "--changeset",
        "Content-Type: application/http",
        "Content-Transfer-Encoding: binary",
        "Content-ID: 1",
        "",
        "POST https://env.test/data/Rows HTTP/1.1",
        "Content-Type: application/json; odata.metadata=minimal",
        "",
        '{"a":1}',
        "--changeset--",
        "--batch--",
        "",
    ]


@given(_BODIES)
def test_every_answer_of_a_change_set_is_read(bodies: list[bytes]) -> None:
    response = batch_answer(*[httpx.Response(201, content=body) for body in bodies])

    answers = _read(response)
    assert [answer.body for answer in answers] == bodies
    assert all(answer.is_success for answer in answers)
    assert answers[0].headers == {"content-type": "application/json"}


@given(_BODIES, st.data())
def test_an_answer_cut_off_anywhere_is_torn(bodies: list[bytes], data: st.DataObject) -> None:
    whole = batch_answer(*[httpx.Response(201, content=body) for body in bodies])
    end = whole.content.rindex(b"--answers--") + len(b"--answers--")
    cut = data.draw(st.integers(min_value=0, max_value=end - 1))

    with pytest.raises(_batch.TornBatchError):
        list(_batch.answers(whole.headers["Content-Type"], whole.content[:cut]))


def test_a_refused_change_set_has_one_answer_with_its_status() -> None:
    refusal = infolog("Fiscal period 03-2026 is not open.", 500)

    (answer,) = _read(batch_answer(refusal, change_set=False))
    assert (answer.status, answer.is_success) == (500, False)
    assert answer.body == refusal.content


@pytest.mark.parametrize("media_type", ["", "text/html", "multipart/mixed", "application/json"])
def test_what_is_no_batch_answer_is_torn(media_type: str) -> None:
    with pytest.raises(_batch.TornBatchError):
        list(_batch.answers(media_type, b"<html>Please sign in</html>"))


def test_a_boundary_that_starts_like_another_is_not_taken_for_it() -> None:
    content = (
        b"--a\r\nContent-Type: multipart/mixed; boundary=ab\r\n\r\n"
        b"--ab\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n\r\n"
        b"--ab--\r\n--a--"
    )

    (answer,) = _batch.answers("multipart/mixed; boundary=a", content)
    assert answer == _batch.Answer(204, {}, b"")


def test_an_answer_without_headers_keeps_its_body() -> None:
    content = (
        b"--a\r\nContent-Type: application/http\r\n\r\n"
        b'HTTP/1.1 201 Created\r\n\r\n{"a":\r\n\r\n1}\r\n--a--'
    )

    (answer,) = _batch.answers("multipart/mixed; boundary=a", content)
    assert answer == _batch.Answer(201, {}, b'{"a":\r\n\r\n1}')


def test_an_answer_that_goes_on_after_its_end_is_torn() -> None:
    part = b"Content-Type: application/http\r\n\r\nHTTP/1.1 201 Created\r\n\r\n{}\r\n"
    content = b"--a\r\n" + part + b"--a--\r\n--a\r\n" + part + b"--a--"

    with pytest.raises(_batch.TornBatchError):
        list(_batch.answers("multipart/mixed; boundary=a", content))


def test_a_part_without_a_status_is_torn() -> None:
    content = b"--a\r\nContent-Type: application/http\r\n\r\n<html>\r\n--a--\r\n"

    with pytest.raises(_batch.TornBatchError):
        list(_batch.answers("multipart/mixed; boundary=a", content))
