"""An F&O environment behind a MockTransport, as far as its vendor facts say; it remembers."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from itertools import count
from typing import Any
from urllib.parse import unquote

import httpx

Row = dict[str, Any]
_KEYS = {
    "CustomersV3": ("dataAreaId", "CustomerAccount"),
    "ProjectContracts": ("dataAreaId", "ProjectContractID"),
    "ProjectFundingSources": ("dataAreaId", "ProjectContractID", "FundingSourceId"),
    "ProjectsV2": ("dataAreaId", "ProjectId"),
    "JournalTables": ("dataAreaId", "JournalBatchNumber"),
    "JournalTrans": ("dataAreaId", "LineNumber", "JournalId"),
    "FreeTextInvoiceHeaders": ("dataAreaId", "InvoiceIdentifier"),
    "FreeTextInvoiceLines": ("dataAreaId", "LineNumber", "ParentRecId"),
    "CustTransactions": ("dataAreaId", "SysRecId"),
}
_PART = re.compile(rb"Content-ID: \d+\r\n\r\nPOST (\S+) HTTP/1\.1\r\n[^{]*({.*})\r\n")
_EQUALS = re.compile(r"(\w+) (?:eq )?=? ?('(?:[^']|'')*'|\d+)")
_KEY = re.compile(r"(\w+)=('(?:[^']|'')*'|\d+)")


def exact(value: object) -> str:
    """Return JSON with Decimals as numbers, digit for digit."""
    text = json.dumps(value, default=lambda number: f"\x1a{number:f}")
    return re.sub(r'"\\u001a([^"]+)"', r"\1", text)


def infolog(text: str, status: int = 400) -> httpx.Response:
    inner = {"message": text, "type": "AxODataWriteException", "stacktrace": "   at …"}
    body = {"code": "", "message": "An error has occurred.", "innererror": inner}
    return httpx.Response(status, json={"error": body})


def batch_answer(*answers: httpx.Response, change_set: bool = True) -> httpx.Response:
    parts = b"".join(
        b"--%b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        b"HTTP/1.1 %d Status\r\nContent-Type: application/json\r\n\r\n%b\r\n"
        % (b"changes" if change_set else b"answers", answer.status_code, answer.content)
        for answer in answers
    )
    if change_set:
        head = b"--answers\r\nContent-Type: multipart/mixed; boundary=changes\r\n\r\n"
        parts = head + parts + b"--changes--\r\n"
    media_type = 'multipart/mixed; boundary="answers"'
    body = parts + b"--answers--\r\n"
    return httpx.Response(200, headers={"Content-Type": media_type}, content=body)


class FakeEnvironment:
    """Accepts what has its key, counts what it numbers itself, posts once."""

    def __init__(self, *, page_size: int = 10_000) -> None:
        self.sets: dict[str, list[Row]] = {name: [] for name in _KEYS}
        self.requests: list[httpx.Request] = []
        self.batch_bodies: list[bytes] = []
        self.undeletable: set[str] = set()
        self.tax = Decimal("0.10")
        self._page_size = page_size
        self._numbers = count(5637144576)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            return httpx.Response(200, json={"access_token": "token", "expires_in": 3599})
        self.requests.append(request)
        if request.url.path.startswith("/api/services/"):
            return self._service(request)
        return self._data(request)

    @property
    def calls(self) -> list[str]:
        return [f"{r.method} {r.url.path.removeprefix('/data/')}" for r in self.requests]

    def _data(self, request: httpx.Request) -> httpx.Response:
        name, _, key = request.url.path.removeprefix("/data/").partition("(")
        if name == "$batch":
            return self._batch(request)
        if name not in self.sets:
            text = "No HTTP resource was found that matches the request URI '…'."
            return httpx.Response(404, json={"Message": text})
        if request.url.params["cross-company"] != "true":
            return infolog("No resources were found when selecting for update.")
        if request.method == "POST":
            return self._create(name, json.loads(request.content, parse_float=Decimal))
        return self._row(request, name, key) if key else self._list(name, request.url)

    def _row(self, request: httpx.Request, name: str, key: str) -> httpx.Response:
        rows = self._find(name, key)
        if request.method == "DELETE":
            return self._delete(name, rows)
        if request.method == "PATCH":
            return self._update(rows, json.loads(request.content))
        return self._get(rows)

    def _get(self, rows: list[Row]) -> httpx.Response:
        return _ok(rows[0]) if rows else httpx.Response(404, json={"error": {}})

    def _find(self, name: str, key: str) -> list[Row]:
        wanted = [(field, _value(text)) for field, text in _KEY.findall(unquote(key))]
        return [r for r in self.sets[name] if all(r[field] == value for field, value in wanted)]

    def _list(self, name: str, url: httpx.URL) -> httpx.Response:
        tests = [_test(*pair) for pair in _EQUALS.findall(url.params["$filter"])]
        rows = [row for row in self.sets[name] if all(test(row) for test in tests)]
        rows.sort(key=lambda row: row[url.params["$orderby"]])
        first = int(url.params.get("$skip", 0))
        most = int(url.params.get("$top", self._page_size))
        columns = url.params["$select"].split(",")
        page = [{column: row[column] for column in columns} for row in rows[first : first + most]]
        body: Row = {"value": page}
        if first + most < len(rows) and "$top" not in url.params:
            body["@odata.nextLink"] = str(url.copy_set_param("$skip", first + most))
        return _ok(body)

    def _batch(self, request: httpx.Request) -> httpx.Response:
        self.batch_bodies.append(request.content)
        before = {name: list(rows) for name, rows in self.sets.items()}
        answers = []
        for url, body in _PART.findall(request.content):
            name = httpx.URL(url.decode()).path.removeprefix("/data/")
            answer = self._create(name, json.loads(body, parse_float=Decimal))
            if not answer.is_success:
                self.sets = before
                refusal = httpx.Response(500, content=answer.content)
                return batch_answer(refusal, change_set=False)
            answers.append(answer)
        return batch_answer(*answers)

    def _create(self, name: str, given: Row) -> httpx.Response:
        row = given | self._assigned(name, given)
        key = [row[field] for field in _KEYS[name]]
        if any(key == [other[field] for field in _KEYS[name]] for other in self.sets[name]):
            return infolog(f"Cannot create a record in {name}. The record already exists.")
        self.sets[name].append(row)
        return _ok(row, 201)

    def _assigned(self, name: str, given: Row) -> Row:
        match name:
            case "JournalTables":
                number = f"USMF-{len(self.sets[name]) + 1:06}"
                return {"JournalBatchNumber": number, "Posted": "No"}
            case "FreeTextInvoiceHeaders":
                draft = {"FreeTextNumber": "Not posted", "IsPosted": "No"}
                return draft | {"InvoiceIdentifier": next(self._numbers)}
            case "JournalTrans":
                return {"Voucher": ""}
            case "FreeTextInvoiceLines":
                return {"SalesTaxAmount": given["TransactionCurrencyAmount"] * self.tax}
            case _:
                return {}

    def _update(self, rows: list[Row], given: Row) -> httpx.Response:
        if not rows:
            return infolog("No resources were found when selecting for update.")
        rows[0].update(given)
        return httpx.Response(204)

    def _delete(self, name: str, rows: list[Row]) -> httpx.Response:
        if not rows:
            return infolog("No resources were found when selecting for update.")
        if name in self.undeletable:
            return infolog("Warning: it has transactions and cannot be deleted.")
        if "Yes" in (rows[0].get("Posted"), rows[0].get("IsPosted")):
            return infolog("The document is posted and cannot be deleted.")
        self.sets[name].remove(rows[0])
        return httpx.Response(204)

    def _service(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)["_request"]
        if request.url.path.endswith("postHourJournal"):
            found = self._posting("JournalTables", "JournalBatchNumber", asked["journalId"])
            flag, voucher = "Posted", "PRJ-1"
        else:
            found = self._posting("FreeTextInvoiceHeaders", "InvoiceIdentifier", asked["invoiceId"])
            flag, voucher = "IsPosted", "FTV-1"
        if found is None or found[flag] == "Yes":
            text = f"{asked} is already posted" if found else f"{asked} does not exist"
            return _ok({"Success": False, "Voucher": "", "Message": text})
        found[flag] = "Yes"
        for line in self.sets["JournalTrans"]:
            line["Voucher"] = voucher
        if "FreeTextNumber" in found:
            self._owe(found, voucher)
        return _ok({"Success": True, "Voucher": voucher, "Message": ""})

    def _posting(self, name: str, field: str, value: object) -> Row | None:
        return next((row for row in self.sets[name] if row[field] == value), None)

    def _owe(self, header: Row, voucher: str) -> None:
        header["FreeTextNumber"] = "FTI-00000001"
        lines = self.sets["FreeTextInvoiceLines"]
        gross = sum(line["TransactionCurrencyAmount"] + line["SalesTaxAmount"] for line in lines)
        row = {"SysRecId": next(self._numbers), "Invoice": "FTI-00000001", "Voucher": voucher}
        amounts = {"AmountCur": gross, "SettleAmountCur": Decimal(0)}
        self.sets["CustTransactions"].append(row | amounts | {"dataAreaId": header["dataAreaId"]})


def _ok(body: Row, status: int = 200) -> httpx.Response:
    headers = {"Content-Type": "application/json; odata.metadata=minimal"}
    return httpx.Response(status, headers=headers, content=exact(body))


def _value(literal: str) -> str | int:
    return literal[1:-1].replace("''", "'") if literal.startswith("'") else int(literal)


def _test(field: str, literal: str) -> Callable[[Row], bool]:
    value = _value(literal)
    if isinstance(value, int):
        return lambda row: bool(row[field] == value)
    pattern = re.compile(re.escape(value).replace(r"\*", ".*"), re.IGNORECASE)
    return lambda row: pattern.fullmatch(row[field]) is not None
