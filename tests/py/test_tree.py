"""The tree as it is: every part can be used, every preset loads, and what there is stands in the docs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from kit_fixture import REPO

from kit import manifest
from kit.catalog import catalog
from kit.constraints import chosen
from kit.kconfig import Configurator
from kit.manifest import load_tree

TREE = load_tree(REPO)
PRESETS = sorted(p.name for p in (REPO / "configs").glob("*_defconfig"))


@pytest.fixture(scope="module")
def owner() -> Configurator:
    """The repository's own configurator."""
    return Configurator(REPO)


@pytest.mark.parametrize("part", [p.id for p in TREE.parts()])
def test_every_part_is_in_some_assembly(owner: Configurator, part: str) -> None:
    assert owner.model.assemble([chosen(owner.tree, owner.tree.part(part))]) is not None


def test_every_file_that_a_manifest_names_is_there() -> None:
    owners = [*TREE.kernels.values(), *TREE.slots.values(), *TREE.parts()]
    assert [fault for owner in owners for fault in owner.faults] == []


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_loads_and_says_what_it_is(owner: Configurator, preset: str) -> None:
    path = REPO / "configs" / preset
    assert not owner.model.broken(owner.load(path).assembly)
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# ") and re.search(r"\b(19|20)\d\d\b", first), "the first line is a title that cites its source"


def test_every_kernel_has_a_preset(owner: Configurator) -> None:
    used = {owner.load(REPO / "configs" / p).assembly["kernel"] for p in PRESETS}
    assert used == set(owner.tree.kernels)


def test_a_hundred_random_assemblies_are_valid(owner: Configurator) -> None:
    hashes = set()
    for seed in range(100):
        config = owner.random(seed)
        assert not owner.model.broken(config.assembly)
        hashes.add(config.hash)
    assert len(hashes) > 50


@pytest.mark.parametrize("part", [p.id for p in TREE.parts()])
def test_every_part_helps_to_choose(part: str) -> None:
    assert TREE.part(part).help, "help says what a choice costs and when not to take it"


@pytest.mark.parametrize("slot", sorted(TREE.slots))
def test_every_slot_explains_itself(slot: str) -> None:
    folder = TREE.slots[slot].folder
    text = (folder / "README.md").read_text(encoding="utf-8")
    for part in TREE.slots[slot].parts:
        assert part.name in text or part.title in text, f"{folder}/README.md does not name {part.id} ({part.title})"


@pytest.mark.parametrize("slot", sorted(s for s, slot in TREE.slots.items() if slot.choice != "any"))
def test_every_slot_has_a_contract_test(slot: str) -> None:
    assert (TREE.slots[slot].folder / "contract_test.c").is_file()


def test_every_manifest_key_is_documented() -> None:
    text = (REPO / "docs/assembly.md").read_text(encoding="utf-8")
    source = Path(manifest.__file__).read_text(encoding="utf-8")
    keys = set(re.findall(r'(?:\.(?:text|line|texts|choice|table|lists|each|get)|_file|_sources)\((?:t, )?"(\w+)"', source))
    assert len(keys) > 20
    for key in keys:
        assert re.search(rf"\b{key}\b", text), f"docs/assembly.md does not tell of the key {key}"


def test_the_catalogue_of_parts_is_up_to_date() -> None:
    assert (REPO / "docs/parts.md").read_text(encoding="utf-8") == catalog(TREE), "write it anew with: make docs"


def test_every_global_option_is_documented() -> None:
    text = (REPO / "docs/assembly.md").read_text(encoding="utf-8")
    for name in re.findall(r"^config (\w+)", (REPO / "Kconfig").read_text(encoding="utf-8"), re.MULTILINE):
        assert f"CONFIG_{name}" in text


def test_every_module_of_kit_is_on_its_page() -> None:
    text = (REPO / "kit/README.md").read_text(encoding="utf-8")
    for path in sorted((REPO / "kit").glob("*.py")):
        assert path.name.startswith("__") or path.name in text, f"kit/README.md does not name {path.name}"
