from world.stage import loader
from world.stage.play import play
import pytest
from tests.world.stage import clerk


@pytest.mark.parametrize("name", loader.shipped())
async def test_x(stack, name):
    script = loader.load(loader.find(name))
    async with clerk.at_work(stack.urls, stack.keys, script.firm, stack.mail) as c:
        played = await play(script, stack.urls, stack.keys, c, print)
    print(played.report.model_dump_json(indent=1))
    assert played.report.holds
