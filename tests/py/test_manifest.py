"""Manifests are read strictly: each fault is named with its file, its key and the nearest valid name."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit_fixture import EXTENSION, FILES, make_tree

from kit.manifest import load_tree
from kit.toml import ManifestError

RR = "components/sched/round_robin/part.toml"
SCHED = "components/sched/slot.toml"
SERVER = "components/placement/server/part.toml"
KERNEL = "kernels/mono/kernel.toml"
KERNEL_TEXT = 'title = "m"\nsummary = "s"\nslots = ["lib"]\nfiles = ["main.c"]\nlink = "kernel.ld"\n'


def test_the_tree_is_read_whole(tmp_path: Path) -> None:
    tree = load_tree(make_tree(tmp_path))
    assert sorted(tree.kernels) == ["micro", "mono"]
    assert [p.name for p in tree.slots["sched"].parts] == ["fixed", "round_robin"]
    part = tree.part("sched/round_robin")
    assert part.requires == ("lib",), "a part inherits what its slot's contract includes"
    assert part.options[0].symbol == "SCHED_ROUND_ROBIN_QUANTUM_MS"
    assert part.options[0].range == (1, 100)
    assert tree.part("placement/server").images[0].initrd == "sbin/server"
    assert tree.slots["services"].defaults == ("files", "pipes"), "an any slot starts with every part"
    assert tree.part("services/files").files_for("server") == ("files.c",)


@pytest.mark.parametrize(
    ("path", "old", "new", "words"),
    [
        (RR, "summary", "sumary", ["summary", "is missing"]),
        (RR, 'title = "Round robin"', 'title = "Round robin"\nrequire = ["lib"]', ["require: unknown key", '"requires"']),
        (RR, 'title = "Round robin"', "title = 3", ["title", "must be a string", "3"]),
        (RR, 'title = "Round robin"', 'title = "a \\"quoted\\" b"', ["title", "double quotes"]),
        (RR, 'kernel = ["rr.c"]', 'kernel = ["sched_impl.h"]', ["neither a .c nor a .S"]),
        (RR, 'kernel = ["rr.c"]', 'kernell = ["rr.c"]', ["files", "no image kernell", '"kernel"']),
        (RR, "default = 10", "default = 1000", ["option 1.default", "outside the range 1 to 100"]),
        (RR, "default = 10", "default = true", ["default", "int"]),
        (RR, 'type = "int"', 'type = "integer"', ["option 1.type", '"int"']),
        (RR, "range = [1, 100]", "range = [100, 1]", ["range", "lowest first"]),
        (RR, 'name = "QUANTUM_MS"', 'name = "quantum"', ["name", "capitals"]),
        (RR, "[files]", 'requires = ["lob"]\n[files]', ["requires", "no slot lob", '"lib"']),
        (RR, "[files]", 'requires = ["ipc/mack"]\n[files]', ["slot ipc has no part mack", '"mach"']),
        (RR, "[files]", 'requires = ["feature:right"]\n[files]', ["feature right", '"rights"']),
        (RR, "[files]", 'conflicts = ["ipcs/mach"]\n[files]', ["conflicts", '"ipc"']),
        (RR, "[files]", 'kernels = ["mini"]\n[files]', ["no kernel mini"]),
        (RR, "[files]", 'slot = "ipc"\n[files]', ["slot", '"sched"']),
        (RR, "[files]", 'requires = ["lib", "lib"]\n[files]', ["twice"]),
        (SCHED, 'choice = "one"', 'choice = "some"', ["choice", "one, optional"]),
        (SCHED, 'default = "round_robin"', 'default = "round_robbin"', ["default", "round_robbin", '"round_robin"']),
        (SCHED, 'default = "round_robin"\n', "", ["default", "is missing"]),
        (SERVER, 'slots = ["lib", "services"]', 'slots = ["lib", "service"]', ["image server", '"services"']),
        (SERVER, 'transport = "mach"', 'transport = "mac"', ["transport", '"mach"']),
        (RR, 'title = "Round robin"', "title = ", ["not valid TOML"]),
    ],
)
def test_a_fault_is_named(tmp_path: Path, path: str, old: str, new: str, words: list[str]) -> None:
    assert old in FILES[path]
    make_tree(tmp_path, {path: FILES[path].replace(old, new)})
    with pytest.raises(ManifestError) as caught:
        load_tree(tmp_path)
    message = str(caught.value)
    assert path in message
    for word in words:
        assert word in message


def test_a_missing_file_is_a_fault_of_who_names_it(tmp_path: Path) -> None:
    make_tree(tmp_path, {RR: FILES[RR].replace('kernel = ["rr.c"]', 'kernel = ["r.c"]')})
    (fault,) = load_tree(tmp_path).part("sched/round_robin").faults
    assert RR in fault and "files.kernel" in fault and "no file" in fault and '"rr.c"' in fault


def test_a_kernel_names_existing_slots(tmp_path: Path) -> None:
    make_tree(tmp_path, {KERNEL: KERNEL_TEXT.replace('"lib"', '"lib", "shed"')})
    with pytest.raises(ManifestError, match=r'no slot shed \(did you mean "sched"\?\)'):
        load_tree(tmp_path)


def test_a_part_without_a_slot_is_refused(tmp_path: Path) -> None:
    make_tree(tmp_path, {"components/shed/x/part.toml": 'title = "x"\nsummary = "x"\n'})
    with pytest.raises(ManifestError, match="there is no slot shed"):
        load_tree(tmp_path)


def test_two_things_never_share_a_symbol(tmp_path: Path) -> None:
    option = '[[option]]\nname = "ROUND_ROBIN"\ntype = "bool"\ndefault = true\ntitle = "x"\nhelp = "x"\n'
    make_tree(tmp_path, {SCHED: FILES[SCHED] + option})
    with pytest.raises(ManifestError, match="CONFIG_SCHED_ROUND_ROBIN belongs to"):
        load_tree(tmp_path)


def test_a_choice_option_names_its_choices(tmp_path: Path) -> None:
    option = '[[option]]\nname = "ORDER"\ntype = "choice"\nchoices = ["FIFO", "LIFO"]\ndefault = "FIFO"\ntitle = "x"\nhelp = "x"\n'
    tree = load_tree(make_tree(tmp_path / "good", {SCHED: FILES[SCHED] + option}))
    assert tree.slots["sched"].options[0].symbols == ("SCHED_ORDER_FIFO", "SCHED_ORDER_LIFO")
    make_tree(tmp_path / "bad", {SCHED: FILES[SCHED] + option.replace('default = "FIFO"', 'default = "FILO"')})
    with pytest.raises(ManifestError, match="among the choices"):
        load_tree(tmp_path / "bad")


def test_parts_outside_the_tree(tmp_path: Path) -> None:
    outside = tmp_path / "mine"
    (outside / "sched" / "lottery").mkdir(parents=True)
    (outside / "sched" / "lottery" / "part.toml").write_text('title = "Lottery"\nsummary = "Chance."\n')
    tree = load_tree(make_tree(tmp_path / "tree"), [outside])
    assert tree.part("sched/lottery").folder == outside / "sched" / "lottery"
    with pytest.raises(ManifestError, match="no folder"):
        load_tree(tmp_path / "tree", [tmp_path / "nowhere"])


def test_an_outside_part_cannot_hide_one_of_the_tree(tmp_path: Path) -> None:
    outside = tmp_path / "mine" / "sched" / "fixed"
    outside.mkdir(parents=True)
    (outside / "part.toml").write_text('title = "x"\nsummary = "x"\n')
    with pytest.raises(ManifestError, match="a part sched/fixed already"):
        load_tree(make_tree(tmp_path / "tree"), [tmp_path / "mine"])


MINE = "components/ipc/mine/part.toml"


def test_an_extension_is_all_of_its_base_that_it_does_not_replace(tmp_path: Path) -> None:
    tree = load_tree(make_tree(tmp_path, dict(EXTENSION)))
    part, base = tree.part("ipc/mine"), tree.part("ipc/two")
    assert part.files["kernel"] == ("send.c", "cost.c", "more.c"), "in the base's order, what is new behind it"
    assert [part.path(name).parent.name for name in part.files["kernel"]] == ["two", "mine", "mine"]
    assert part.folders == (part.folder, base.folder)
    assert (part.kernels, part.requires, part.provides) == (base.kernels, base.requires, base.provides)
    assert [o.symbol for o in part.options] == ["IPC_MINE_EXTRA"], "options keep their owner"
    assert tree.standing_for(base) == (base, part) and tree.standing_for(part) == (part,)
    assert tree.slots["services"].defaults == ("files", "pipes"), "the base is there by default, not what may stand for it"


def test_an_extension_states_what_differs(tmp_path: Path) -> None:
    stated = 'kernels = ["mono"]\nrequires = ["services"]\nprovides = ["speed"]\nconflicts = ["sched/fixed"]\n[files]\nhost = ["more.c"]\n'
    tree = load_tree(make_tree(tmp_path, {**EXTENSION, MINE: (EXTENSION[MINE] or "").replace("[files]\n", stated)}))
    part = tree.part("ipc/mine")
    assert part.kernels == ("mono",) and part.requires == ("lib", "sched", "services") and part.conflicts == ("sched/fixed",)
    assert part.provides == ("rights", "order", "speed")
    assert part.files_for("host") == ("send.c", "cost.c", "more.c"), "the base's files for a kernel are its files for the host"


def test_an_extension_of_an_extension(tmp_path: Path) -> None:
    changes = {
        **EXTENSION,
        "components/ipc/third/part.toml": 'title = "3"\nsummary = "3"\nextends = "ipc/mine"\n[files]\nkernel = ["send.c"]\n',
        "components/ipc/third/send.c": "#include <ipc/ipc.h>\nu64 ipc_send(void)\n{\n\treturn 3;\n}\n",
    }
    tree = load_tree(make_tree(tmp_path, changes))
    part = tree.part("ipc/third")
    assert [part.path(name).parent.name for name in part.files["kernel"]] == ["third", "mine", "mine"]
    assert [one.name for one in part.lineage] == ["third", "mine", "two"]
    assert [one.name for one in tree.standing_for(tree.part("ipc/two"))] == ["two", "mine", "third"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"ipc/two"', '"ipc/too"', ["extends", "the slot ipc has no part too", '"two"']),
        ('"ipc/two"', '"sched/fixed"', ["extends", '"sched/fixed"', "of its own slot"]),
        ('"ipc/two"', '"two"', ["extends", '"two"', "of its own slot"]),
        ('"ipc/two"', '"ipc/mine"', ["extends", "mine extends mine", "stand by itself"]),
        ('"ipc/two"', "true", ["extends", "must be a string"]),
        ('"ipc/two"', '"ipc/l4"', ["files", "replaces nothing of ipc/l4", "l4.c"]),
        ('"ipc/two"', '"ipc/two"\ntoolchain = "musl"', ["toolchain", "is that of ipc/two"]),
    ],
)
def test_a_fault_of_an_extension_is_named(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    make_tree(tmp_path, {**EXTENSION, MINE: (EXTENSION[MINE] or "").replace(old, new)})
    with pytest.raises(ManifestError) as caught:
        load_tree(tmp_path)
    for word in [MINE, *words]:
        assert word in str(caught.value)


def test_extensions_in_a_circle_are_refused(tmp_path: Path) -> None:
    two = "components/ipc/two/part.toml"
    make_tree(tmp_path, {**EXTENSION, two: (EXTENSION[two] or "").replace("[files]", 'extends = "ipc/mine"\n[files]')})
    with pytest.raises(ManifestError, match="mine extends two extends mine: one of them must stand by itself"):
        load_tree(tmp_path)


def test_an_extension_outside_the_tree(tmp_path: Path) -> None:
    outside = tmp_path / "mine" / "ipc" / "faster"
    outside.mkdir(parents=True)
    (outside / "part.toml").write_text('title = "F"\nsummary = "f"\nextends = "ipc/two"\n[files]\nkernel = ["cost.c"]\n')
    tree = load_tree(make_tree(tmp_path / "tree", dict(EXTENSION)), [tmp_path / "mine"])
    part = tree.part("ipc/faster")
    assert part.path("send.c") == tmp_path / "tree/components/ipc/two/send.c" and part.path("cost.c") == outside / "cost.c"
    (fault,) = part.faults
    assert "files.kernel" in fault and str(outside / "cost.c") in fault, "what it names must lie in its own folder"


def test_a_header_alone_may_be_what_is_replaced(tmp_path: Path) -> None:
    changes = {**EXTENSION, MINE: 'title = "m"\nsummary = "m"\nextends = "ipc/two"\n'}
    part = load_tree(make_tree(tmp_path, changes)).part("ipc/mine")
    assert part.files["kernel"] == ("send.c", "cost.c") and part.path("cost.c").parent.name == "two"
