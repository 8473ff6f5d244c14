"""Scopes and the tasks of asyncio."""
import asyncio
import contextvars
import functools
import warnings

import pytest

import rom


@pytest.fixture
def City(connection):
    class City(rom.Model):
        name = rom.Text(unique=True)
        population = rom.Integer(default=0)
        data = rom.Json()
    City(name=u'one', data={'a': 1}), City(name=u'two')
    rom.session.commit()
    rom.session.rollback()
    return City


async def to_thread(work, *args):
    """As Python 3.9 has it."""
    context = contextvars.copy_context()
    return await asyncio.get_event_loop().run_in_executor(None, functools.partial(context.run, work, *args))


def population(City, id):
    with rom.session.scope(commit=False):
        return City.get(id).population


def test_tasks_have_scopes_of_their_own(City):
    async def request(number):
        refused = number % 3 == 0
        try:
            with rom.session:
                first = City(name=u'%d' % number)
                await asyncio.sleep(.001 * (number % 7))
                if number % 2:
                    await to_thread(City, )
                City(name=u'%d second' % number).population = number
                if refused:
                    raise KeyError
                first.population = number
        except KeyError:
            pass

    async def main():
        await asyncio.gather(*[request(number) for number in range(60)])
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        asyncio.run(main())
    assert rom.session.commit() == 0
    stored = set(city.name for city in City.query.all() if city.name) - {u'one', u'two'}
    assert stored == set(name for n in range(60) if n % 3 for name in (u'%d' % n, u'%d second' % n))


def test_a_task_started_inside_shares_it(City):
    async def main():
        async def child():
            City.get(1).population = 5
            await asyncio.sleep(.01)
        with rom.session:
            city = City.get(1)
            await asyncio.gather(child(), asyncio.create_task(child()))
            assert city.population == 5
    asyncio.run(main())
    assert population(City, 1) == 5


def test_a_task_that_outlives_it_is_told(City):
    async def main():
        async def late():
            await asyncio.sleep(.01)
            City.get(1).population = 5
        with rom.session:
            task = asyncio.create_task(late())
        with pytest.raises(rom.InvalidOperation, match='this scope has ended: open one of your own'):
            await task
    asyncio.run(main())
    assert population(City, 1) == 0 and rom.session.commit() == 0


def test_a_cancelled_task_is_rolled_back(City):
    async def main():
        city = City.get(1)

        async def cancelled():
            with rom.session:
                city.population = 5
                await asyncio.sleep(10)
        task = asyncio.create_task(cancelled())
        await asyncio.sleep(.01)
        assert city.population == 5
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert city.population == 0 and not city._modified
    asyncio.run(main())
    assert population(City, 1) == 0


def test_committed_in_a_thread(City):
    async def main():
        scope = rom.session.scope(commit=False)
        with scope:
            City.get(1).population = 5
            await to_thread(scope.commit)
            City.get(1).population = 6
    asyncio.run(main())
    assert population(City, 1) == 5


def test_an_asynchronous_generator_closed_by_another_task(City):
    async def generated():
        with rom.session:
            City.get(1).population = 5
            yield

    async def main():
        generator = generated()
        await asyncio.create_task(generator.__anext__())  # in a context of its own
        with pytest.raises(rom.InvalidOperation, match='in another context'):
            await generator.aclose()
        generator = generated()
        await generator.__anext__()
        with pytest.raises(rom.InvalidOperation, match='in another context .*rom.contrib.asgi'):
            await asyncio.create_task(generator.aclose())
        with pytest.raises(rom.InvalidOperation, match='has ended'):
            City.get(1).population = 6
    asyncio.run(main())
    assert population(City, 1) == 0 and rom.session.commit() == 0


def test_a_generator_closed_by_another_task(City):
    def generated():
        with rom.session:
            yield

    async def main():
        generator = generated()
        next(generator)

        async def close():
            generator.close()
        with pytest.raises(rom.InvalidOperation, match='in another context'):
            await asyncio.create_task(close())
    asyncio.run(main())


# -- without scopes ----------------------------------------------------------------------------------------------------

def run_two(City, first, second):
    """What is warned of while the second task commits, and the first one still runs."""
    async def main():
        async def one():
            first()
            await asyncio.sleep(.05)

        async def two():
            await asyncio.sleep(.01)
            second()
            rom.session.commit()
            second()
            rom.session.commit()
        await asyncio.gather(one(), two())
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter('always')
        asyncio.run(main())
    return [str(each.message) for each in told if each.category is UserWarning and each.filename == __file__]


def nothing():
    pass


def set_population(City, id, n):
    City.get(id).population = n


@pytest.mark.parametrize('change', ['assigned', 'made', 'in place'])
def test_a_commit_of_what_another_task_has_changed(City, change):
    first = {'assigned': lambda: set_population(City, 1, 5), 'made': lambda: City(name=u'three'),
             'in place': lambda: City.get(1).data.update(b=2)}[change]
    told = run_two(City, first, nothing)
    assert len(told) == 1 and 'another asyncio task' in told[0] and 'with rom.session' in told[0] and 'City' in told[0]


def test_once_for_an_event_loop(City):
    for _ in range(2):
        assert len(run_two(City, lambda: set_population(City, 1, 5), lambda: set_population(City, 2, 5))) == 1
        rom.session.rollback()
        set_population(City, 1, 0)
        rom.session.commit()


def test_what_nobody_is_warned_of(City):
    def read():
        City.get(1).population, City.get(1).data
    assert run_two(City, nothing, lambda: set_population(City, 1, 5)) == []
    assert run_two(City, read, lambda: set_population(City, 1, 6)) == []
    assert run_two(City, read, lambda: City.get(1).data.update(c=1)) == []

    async def main():
        async def one():
            set_population(City, 1, 7)
        await asyncio.create_task(one())  # it is done
        rom.session.commit()
        set_population(City, 1, 8)
        with rom.session:
            set_population(City, 2, 8)
        rom.session.commit()
    set_population(City, 2, 9)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        asyncio.run(main())
    assert population(City, 1) == 8


def test_anyio(City):
    anyio = pytest.importorskip('anyio')

    async def main():
        with rom.session:
            city = await anyio.to_thread.run_sync(City.get, 1)
            await anyio.to_thread.run_sync(setattr, city, 'population', 5)
            assert City.get(1) is city
    anyio.run(main)
    assert population(City, 1) == 5
