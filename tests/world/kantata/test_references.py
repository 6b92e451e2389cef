import pytest

from tests.world.kantata.firm import Firm, fields, reference

PATH = "external_references/create_or_update"


async def _attach(firm: Firm, **given: object) -> dict[str, object]:
    answer = await firm.call("POST", PATH, {"external_reference": given})
    made: dict[str, object] = answer["external_references"][answer["results"][0]["id"]]
    return made


async def test_an_inline_reference_is_kept_with_its_subject(firm: Firm) -> None:
    given = reference("P-1", status="pending", external_link="https://erp.test/P-1")
    workspace = await firm.workspace(external_reference=given)

    answer = await firm.get(f"workspaces/{workspace}", include="external_references")

    (kept,) = answer["external_references"].values()
    assert answer["workspaces"][workspace]["external_reference_ids"] == [kept["id"]]
    assert (kept["subject_type"], kept["subject_id"]) == ("Workspace", workspace)
    assert {name: kept[name] for name in given} == given
    assert kept["locked"] is False


async def test_an_update_replaces_the_reference_of_the_same_service(firm: Firm) -> None:
    workspace = await firm.workspace(external_reference=reference("P-1"))

    await firm.put("workspaces", workspace, external_reference=reference("P-2"))
    other = {"service_name": "hr", "service_model": "x", "service_model_ref": "H-1"}
    await firm.put("workspaces", workspace, external_reference=other)

    answer = await firm.get(f"workspaces/{workspace}", include="external_references")
    refs = [kept["service_model_ref"] for kept in answer["external_references"].values()]
    assert sorted(refs) == ["H-1", "P-2"]


@pytest.mark.parametrize("name", ["service_name", "service_model", "service_model_ref"])
async def test_an_incomplete_inline_reference_spoils_the_create(firm: Firm, name: str) -> None:
    given = {"title": "Rollout", "creator_role": "maven"}
    broken = {**reference("P-1"), name: ""}

    errors = await firm.refused("POST", "workspaces", **given, external_reference=broken)

    assert fields(errors) == [name]
    assert await firm.ids("workspaces") == []


async def test_a_subject_has_one_reference_a_service(firm: Firm) -> None:
    person = await firm.person()
    subject = {"subject_type": "User", "subject_id": person}
    worker = {"service_name": "hr", "service_model": "Worker"}

    first = await _attach(firm, **subject, **worker, service_model_ref="E-1")
    await firm.clock("2026-01-16T12:00:00Z")
    second = await _attach(firm, **subject, **worker, service_model_ref="E-2", status="failed")
    other = await _attach(firm, **subject, **reference("U-1"))

    assert first["id"] == second["id"] != other["id"]
    assert (second["service_model_ref"], second["status"]) == ("E-2", "failed")
    assert second["created_at"] == first["created_at"] != second["last_synced_at"]
    named = {"subject_type": "User", "service_name": "hr", "service_model": "Worker"}
    assert await firm.ids("external_references", **named, service_model_ref="E-1") == []
    found = await firm.get(
        "external_references", **named, service_model_ref="E-2", include="subject"
    )
    assert [result["id"] for result in found["results"]] == [second["id"]]
    row = found["external_references"][second["id"]]
    assert row["subject_ref"] == {"key": "users", "id": person}
    assert found["users"][person]["full_name"] == "Person 1"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("subject_type", None),
        ("subject_type", "Moon"),
        ("subject_id", None),
        ("subject_id", "999999"),
        ("service_name", None),
        ("status", "maybe"),
    ],
)
async def test_a_reference_that_breaks_a_rule_is_refused(
    firm: Firm, field: str, value: object
) -> None:
    given = {"subject_type": "User", "subject_id": "1000", **reference("U-1"), field: value}

    answer = await firm.call("POST", PATH, {"external_reference": given}, status=422)

    assert fields(answer["errors"]) == [field]


async def test_references_are_found_by_subject_and_by_service(firm: Firm) -> None:
    first = await _attach(firm, subject_type="User", subject_id="1000", **reference("U-1"))
    person = await firm.person()
    second = await _attach(firm, subject_type="User", subject_id=person, **reference("U-2"))
    await firm.workspace(external_reference=reference("U-1"))
    users = {"subject_type": "User", "order": "created_at:asc"}

    everybody = await firm.ids("external_references", **users, service_name="tiebeam")
    assert everybody == [first["id"], second["id"]]
    assert await firm.ids("external_references", **users, subject_id=person) == [second["id"]]
    assert await firm.ids("external_references", **users, service_model_ref="U-1") == [first["id"]]
    assert await firm.ids("external_references", **users, service_name="hr") == []


async def test_a_subject_type_is_required_unless_the_switch_lets_it(firm: Firm) -> None:
    kept = await _attach(firm, subject_type="User", subject_id="1000", **reference("U-1"))

    await firm.call("GET", "external_references", status=400, service_model_ref="U-1")
    await firm.set(external_references_need_subject_type=False)

    for asked in (
        {"service_model_ref": "U-1"},
        {"service_name": "tiebeam"},
        {"subject_id": "1000"},
    ):
        assert await firm.ids("external_references", **asked) == [kept["id"]]


async def test_subject_ids_are_numbers_if_the_switch_says_so(firm: Firm) -> None:
    given = {"subject_type": "User", "subject_id": 1000, **reference("U-1")}

    text = await _attach(firm, **given)
    await firm.set(subject_ids_are_numbers=True)
    number = await _attach(firm, **given)

    assert (text["subject_id"], number["subject_id"]) == ("1000", 1000)


async def test_a_reference_can_go(firm: Firm) -> None:
    kept = await _attach(firm, subject_type="User", subject_id="1000", **reference("U-1"))

    await firm.call("DELETE", f"external_references/{kept['id']}", status=204)

    assert await firm.ids("external_references", subject_type="User") == []


async def test_records_are_found_by_one_reference_that_fits_all(firm: Firm) -> None:
    workspace = await firm.workspace(external_reference=reference("P-1"))
    await firm.put(
        "workspaces",
        workspace,
        external_reference={
            "service_name": "hr",
            "service_model": "y",
            "service_model_ref": "P-2",
        },
    )
    named = "external_reference_service_name"
    refs = "external_reference_service_model_refs"

    assert await firm.ids("workspaces", **{named: "tiebeam", refs: "P-0,P-1"}) == [workspace]
    assert await firm.ids("workspaces", **{named: "tiebeam", refs: "P-2"}) == []
    assert await firm.ids("workspaces", **{named: "hr"}) == [workspace]
    assert await firm.ids("workspaces", external_reference_service_model="x") == [workspace]
    assert await firm.ids("workspaces", external_reference_service_model_ref="P-2") == [workspace]
    assert await firm.ids("stories", **{named: "tiebeam", refs: "P-1"}) == []
    assert await firm.ids("workspaces", without_external_reference_service_name="hr") == []
    assert await firm.ids("workspaces", without_external_reference_service_name="other") == [
        workspace
    ]


async def test_default_filters_hold_for_what_a_reference_finds(firm: Firm) -> None:
    workspace = await firm.workspace(external_reference=reference("P-1"))
    await firm.put("workspaces", workspace, archived=True)
    asked = {"external_reference_service_model_refs": "P-1"}

    assert await firm.ids("workspaces", **asked) == []
    assert await firm.ids("workspaces", **asked, include_archived="true") == [workspace]


async def test_at_most_200_references_are_asked_for(firm: Firm) -> None:
    refs = [f"P-{number}" for number in range(201)]

    await firm.get("workspaces", external_reference_service_model_refs=",".join(refs[:200]))
    await firm.call(
        "GET", "workspaces", status=400, external_reference_service_model_refs=",".join(refs)
    )
