"""Requested equals actual: strict loading, the smallest fix, random assemblies, short defconfigs."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit_fixture import EXTENSION, FILES, make_tree

from kit.constraints import KERNEL, Literal, Model, chosen
from kit.kconfig import ConfigError, Configurator


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Configurator:
    """The fixture tree's configurator, shared: loading leaves nothing behind."""
    return Configurator(make_tree(tmp_path_factory.mktemp("tree")))


def load(owner: Configurator, *lines: str) -> dict[str, str]:
    """The assembly that a file of these lines gives."""
    path = owner.root / "request"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return owner.load(path).assembly


def refusal(owner: Configurator, *lines: str) -> str:
    """The message with which a file of these lines is refused."""
    with pytest.raises(ConfigError) as caught:
        load(owner, *lines)
    return str(caught.value)


def advice(message: str) -> list[str]:
    """The lines of the first change that a refusal proposes."""
    lines = message.split("the smallest change that works:\n")[1].splitlines()
    return [line.strip() for line in itertools.takewhile(lambda text: text.startswith("      "), lines)]


def test_defaults_follow_the_kernel(owner: Configurator) -> None:
    mono = load(owner, "CONFIG_KERNEL_MONO=y")
    assert (mono["placement"], mono["ipc"], mono["sched"]) == ("inside", "", "round_robin")
    micro = load(owner, "CONFIG_KERNEL_MICRO=y")
    assert (micro["placement"], micro["ipc"]) == ("server", "mach")


def test_a_refusal_names_reason_and_fix(owner: Configurator) -> None:
    message = refusal(owner, "CONFIG_KERNEL_MONO=y", "CONFIG_IPC_L4=y")
    assert "CONFIG_IPC_L4=y cannot be had" in message
    assert "ipc/l4 fits the kernel micro only" in message
    assert advice(message) in (["remove CONFIG_IPC_L4=y"], ["remove CONFIG_KERNEL_MONO=y"])


def test_a_conflict_is_explained(owner: Configurator) -> None:
    lines = ("CONFIG_KERNEL_MICRO=y", "CONFIG_IPC_L4=y", "CONFIG_PLACEMENT_STUB=y", "CONFIG_SCHED_ROUND_ROBIN=y")
    message = refusal(owner, *lines)
    assert "ipc/l4 and sched/round_robin exclude each other" in message
    assert advice(message) == ["CONFIG_SCHED_ROUND_ROBIN=y  ->  CONFIG_SCHED_FIXED=y"]


def test_a_missing_feature_is_explained(owner: Configurator) -> None:
    message = refusal(owner, "CONFIG_KERNEL_MICRO=y", "CONFIG_PLACEMENT_SERVER=y", "CONFIG_IPC_NONE=y")
    assert "placement/server requires the feature rights, which ipc/mach provides" in message
    assert len(advice(message)) == 1


def test_a_required_member_is_named(owner: Configurator) -> None:
    message = refusal(owner, "CONFIG_KERNEL_MONO=y", "# CONFIG_SERVICES_FILES is not set", "CONFIG_SERVICES_PIPES=y")
    assert "services/pipes requires services/files" in message
    assert len(advice(message)) == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("CONFIG_SCHED_ROUND_ROBBIN=y", 'did you mean "CONFIG_SCHED_ROUND_ROBIN"?'),
        ("CONFIG_SCHED_ROUND_ROBIN_QUANTUM_MS=101", "a number from 1 to 100"),
        ("CONFIG_SCHED_ROUND_ROBIN_QUANTUM_MS=ten", "a number from 1 to 100"),
        ("CONFIG_SCHED_ROUND_ROBIN=maybe", "y or n"),
        ("CONFIG_KERNEL_MICRO=y", "only one of them can be"),
        ("CONFIG_KERNEL_MONO=n", "twice, differently"),
        ("choose wisely", "neither CONFIG_NAME=value nor a comment"),
    ],
)
def test_a_bad_line_is_refused(owner: Configurator, line: str, words: str) -> None:
    assert words in refusal(owner, "CONFIG_KERNEL_MONO=y", line)


def test_an_option_without_its_part_is_refused(owner: Configurator) -> None:
    message = refusal(owner, "CONFIG_KERNEL_MONO=y", "CONFIG_SCHED_FIXED=y", "CONFIG_SCHED_ROUND_ROBIN_QUANTUM_MS=5")
    assert "an option of sched/round_robin, which is not in the assembly" in message
    assert len(advice(message)) == 1


def test_every_advice_works(owner: Configurator) -> None:
    """What a refusal proposes is applied to the file, and the file then loads."""
    symbols = sorted(owner.literals)
    rng = random.Random(1)
    refused = 0
    for _ in range(60):
        lines = [f"CONFIG_{name}=y" for name in rng.sample(symbols, rng.randint(2, 6))]
        try:
            load(owner, *lines)
        except ConfigError as error:
            refused += 1
            for edit in advice(str(error)):
                if edit.startswith("remove "):
                    lines.remove(edit[len("remove ") :])
                elif edit.startswith("add "):
                    lines.append(edit[len("add ") :])
                else:
                    before, _, after = edit.partition("  ->  ")
                    lines[lines.index(before)] = after
            load(owner, *lines)
    assert refused > 20


def brute_force(model: Model, wishes: list[Literal]) -> int:
    """The least number of wishes that some valid assembly breaks, by looking at all of them."""
    best = len(wishes) + 1
    for values in itertools.product(*model.domains.values()):
        assembly = dict(zip(model.domains, values))
        lost = sum(not w.holds(assembly) for w in wishes)
        if lost < best and not model.broken(assembly):
            best = lost
    return best


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_smallest_fix_is_the_smallest(owner: Configurator, data: st.DataObject) -> None:
    model = owner.model
    literals = [Literal(var, value, positive) for var, values in model.domains.items() for value in values for positive in (True, False)]
    wishes = data.draw(st.lists(st.sampled_from(literals), min_size=1, max_size=5, unique=True))
    found = list(model.solve(wishes))
    assert {len(lost) for lost, _ in found} == {brute_force(model, wishes)}
    for lost, assembly in found:
        assert not model.broken(assembly)
        assert set(lost) == {w for w in wishes if not w.holds(assembly)}


def test_random_assemblies_are_valid_varied_and_repeatable(owner: Configurator) -> None:
    configs = [owner.random(seed) for seed in range(60)]
    assert all(not owner.model.broken(c.assembly) for c in configs)
    assert [owner.random(seed).hash for seed in range(5)] == [c.hash for c in configs[:5]]
    for var, values in owner.model.domains.items():
        if not var.startswith("workloads/"):
            met = {c.assembly[var] for c in configs}
            assert met >= {v for v in values if v}, f"chance never tried all of {var}"
    assert all(c.assembly["workloads/hello"] == "y" and not c.on("CONTRACT_TESTS") for c in configs)
    assert len({c.values.get("SCHED_ROUND_ROBIN_QUANTUM_MS") for c in configs}) > 3


def test_a_random_assembly_holds_the_part_that_is_asked_for(owner: Configurator) -> None:
    """Whatever part it is; under every kernel that can have it, with the rest left to chance; the same seed gives the same."""
    for part in owner.tree.parts():
        literal = chosen(owner.tree, part)
        able = {name for name in owner.tree.kernels if owner.model.assemble([Literal(KERNEL, name), literal])}
        if not able:
            with pytest.raises(ConfigError, match=part.id):
                owner.random(1, [part])
            continue
        configs = [owner.random(seed, [part]) for seed in range(12)]
        assert all(literal.holds(config.assembly) and not owner.model.broken(config.assembly) for config in configs), part.id
        assert {config.assembly[KERNEL] for config in configs} == able, part.id
        assert owner.random(3, [part]).hash == configs[3].hash


def test_what_is_saved_loads_again(owner: Configurator, tmp_path: Path) -> None:
    for seed in range(25):
        config = owner.random(seed)
        whole, short = tmp_path / "whole", tmp_path / "short"
        whole.write_text(config.text())
        short.write_text(owner.minimal(config))
        assert owner.load(whole).values == config.values
        assert owner.load(short).values == config.values
        assert len(short.read_text()) < len(whole.read_text())


def test_an_older_config_is_brought_up_to_date(owner: Configurator) -> None:
    path = owner.root / "old"
    path.write_text("CONFIG_KERNEL_MICRO=y\nCONFIG_SCHED_LOTTERY=y\nCONFIG_IPC_L4=y\nCONFIG_SCHED_ROUND_ROBIN=y\nCONFIG_PLACEMENT_STUB=y\n")
    config, dropped = owner.resolve_leniently(path)
    assert "CONFIG_SCHED_LOTTERY=y" in dropped
    assert not owner.model.broken(config.assembly)
    assert config.assembly["kernel"] == "micro"


def test_slots_that_switch_each_other_on_are_refused(tmp_path: Path) -> None:
    name = "components/services/files/part.toml"
    make_tree(tmp_path, {name: FILES[name] + '[adds]\nkernel = ["placement"]\n'})
    with pytest.raises(Exception, match="switch each other on in a circle"):
        Configurator(tmp_path)


def test_requirements_in_a_circle_are_no_circle_for_kconfig(tmp_path: Path) -> None:
    """Kconfig refuses circular dependencies; parts that require each other are ordinary all the same."""
    changes = {
        "components/sched/fixed/part.toml": 'title = "Fixed"\nsummary = "x"\nrequires = ["ipc/l4"]\n',
        "components/ipc/l4/part.toml": 'title = "L4"\nsummary = "x"\nkernels = ["micro"]\nrequires = ["sched/fixed"]\n',
    }
    owner = Configurator(make_tree(tmp_path, dict(changes)))
    assembly = load(owner, "CONFIG_KERNEL_MICRO=y", "CONFIG_SCHED_FIXED=y", "CONFIG_PLACEMENT_STUB=y")
    assert assembly["ipc"] == "l4"
    assert "sched/fixed requires ipc/l4" in refusal(owner, "CONFIG_KERNEL_MONO=y", "CONFIG_SCHED_FIXED=y")


def test_a_program_whose_service_cannot_be_had_is_not_offered(tmp_path: Path) -> None:
    name = "components/workloads/hello/part.toml"
    changes = {name: FILES[name].replace('toolchain = "musl"', 'toolchain = "musl"\nrequires = ["services/files"]')}
    owner = Configurator(make_tree(tmp_path, dict(changes)))
    bare = load(owner, "CONFIG_KERNEL_MICRO=y", "CONFIG_PLACEMENT_STUB=y")
    assert bare["workloads/hello"] == "" and bare["services/files"] == ""
    full = load(owner, "CONFIG_KERNEL_MONO=y")
    assert full["workloads/hello"] == "y" and full["services/files"] == "y"
    assert "workloads/hello requires services/files" in refusal(owner, "CONFIG_KERNEL_MONO=y", "# CONFIG_SERVICES_FILES is not set")


def test_help_reaches_the_menu(owner: Configurator) -> None:
    text = (owner.root / "build/Kconfig.parts").read_text()
    assert "How long." in text and "range 1 100" in text
    for part in owner.tree.parts():
        assert f"config {part.symbol}\n" in text


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Configurator:
    """The tree with parts that extend others."""
    return Configurator(make_tree(tmp_path_factory.mktemp("extended"), dict(EXTENSION)))


def test_an_extension_stands_for_its_base(extended: Configurator) -> None:
    micro = "CONFIG_KERNEL_MICRO=y"
    assert load(extended, micro, "CONFIG_PLACEMENT_ORDERED=y", "CONFIG_IPC_MINE=y")["ipc"] == "mine"
    assert load(extended, micro, "CONFIG_PLACEMENT_ORDERED=y")["ipc"] == "two", "what is required is the base, where nobody asks for another"
    assert load(extended, micro, "CONFIG_PLACEMENT_SERVER=y", "CONFIG_IPC_MINE=y")["ipc"] == "mine", "it provides what its base provides"
    message = refusal(extended, micro, "CONFIG_PLACEMENT_ORDERED=y", "CONFIG_IPC_MACH=y")
    assert "placement/ordered requires ipc/two" in message
    assert "placement/without and ipc/mine exclude each other" in refusal(extended, micro, "CONFIG_PLACEMENT_WITHOUT=y", "CONFIG_IPC_MINE=y")
    assert "ipc/mine fits the kernel micro only" in refusal(extended, "CONFIG_KERNEL_MONO=y", "CONFIG_IPC_MINE=y")


def test_the_options_of_the_base_are_the_extensions_too(extended: Configurator, tmp_path: Path) -> None:
    path = tmp_path / "request"
    path.write_text("CONFIG_KERNEL_MICRO=y\nCONFIG_IPC_MINE=y\nCONFIG_IPC_TWO_DEPTH=7\n# CONFIG_IPC_MINE_EXTRA is not set\n")
    values = extended.load(path).values
    assert (values["IPC_TWO_DEPTH"], values["IPC_MINE_EXTRA"], values["IPC_TWO"]) == ("7", "n", "n")
    message = refusal(extended, "CONFIG_KERNEL_MICRO=y", "CONFIG_IPC_L4=y", "CONFIG_SCHED_FIXED=y", "CONFIG_PLACEMENT_STUB=y", "CONFIG_IPC_TWO_DEPTH=7")
    assert "an option of ipc/two, which is not in the assembly" in message
    assert "number from 1 to 9" in refusal(extended, "CONFIG_KERNEL_MICRO=y", "CONFIG_IPC_MINE=y", "CONFIG_IPC_TWO_DEPTH=10")
    assert "CONFIG_IPC_MINE_EXTRA" in refusal(extended, "CONFIG_KERNEL_MICRO=y", "CONFIG_IPC_TWO=y", "CONFIG_IPC_MINE_EXTRA=y")


def test_of_a_member_and_what_extends_it_there_is_one(extended: Configurator) -> None:
    mono = "CONFIG_KERNEL_MONO=y"
    both = load(extended, mono)
    assert (both["services/files"], both["services/trees"], both["services/pipes"]) == ("y", "", "y")
    swapped = load(extended, mono, "# CONFIG_SERVICES_FILES is not set", "CONFIG_SERVICES_TREES=y")
    assert (swapped["services/files"], swapped["services/trees"], swapped["services/pipes"]) == ("", "y", "y")
    assert "both stand for services/files" in refusal(extended, mono, "CONFIG_SERVICES_FILES=y", "CONFIG_SERVICES_TREES=y")


def test_chance_tries_extensions(extended: Configurator, tmp_path: Path) -> None:
    configs = [extended.random(seed) for seed in range(60)]
    assert all(not extended.model.broken(c.assembly) for c in configs)
    mine = [c for c in configs if c.assembly["ipc"] == "mine"]
    assert mine and len({c.values["IPC_TWO_DEPTH"] for c in mine}) > 1
    assert any(c.assembly["placement"] == "ordered" for c in mine)
    assert {(c.assembly["services/files"], c.assembly["services/trees"]) for c in configs} >= {("y", ""), ("", "y")}
    for config in mine:
        path = tmp_path / "saved"
        path.write_text(extended.minimal(config))
        assert extended.load(path).values == config.values


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_smallest_fix_is_the_smallest_with_extensions(extended: Configurator, data: st.DataObject) -> None:
    model = extended.model
    literals = [Literal(var, value, positive) for var, values in model.domains.items() for value in values for positive in (True, False)]
    wishes = data.draw(st.lists(st.sampled_from(literals), min_size=1, max_size=5, unique=True))
    assert {len(lost) for lost, _ in model.solve(wishes)} == {brute_force(model, wishes)}


def test_the_menu_shows_an_extension_beside_its_base(extended: Configurator) -> None:
    text = (extended.root / "build/Kconfig.parts").read_text()
    choice = text[text.index("choice SLOT_IPC") : text.index("endchoice", text.index("choice SLOT_IPC"))]
    assert "config IPC_TWO\n" in choice and "config IPC_MINE\n" in choice and "Replaces files of ipc/two" in choice
    assert text.count("config IPC_TWO_DEPTH\n") == 1
