from tests.scenarios.test_tryton import *  # noqa
for n in list(globals()):
    if n.startswith("test_"): del globals()[n]
async def test_dump(on_tryton):
    for s in ("eur-contract","reverse-charge"):
        r = await stage.first(on_tryton, s)
        print(r.model_dump_json(include={"clients","deals","verdicts"}))
    assert 0
