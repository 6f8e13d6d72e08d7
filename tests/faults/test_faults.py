"""The planted faults fit the tree, and every one is caught."""

import os
import subprocess
import sys

import pytest

from tests.faults.run import LEAST, LEAST_CAUGHT, README, ROOT, Fault, does_apply, faults, table

ALL = faults()


def test_there_are_enough_planted_faults_each_with_its_own_number() -> None:
    assert len(ALL) >= LEAST
    assert len({fault.number for fault in ALL}) == len({fault.wrong for fault in ALL}) == len(ALL)


@pytest.mark.parametrize("fault", ALL, ids=lambda fault: f"{fault.number}-{fault.name}")
def test_a_planted_fault_still_fits_the_tree(fault: Fault) -> None:
    assert does_apply(fault.patch)


def test_the_list_names_every_planted_fault_and_who_catches_it() -> None:
    assert table(ALL) in README.read_text()
    assert all("::test_" in fault.caught_by for fault in ALL)


@pytest.mark.long
def test_the_planted_faults_are_caught() -> None:
    command = [sys.executable, "-m", "tests.faults.run"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    told = subprocess.run(command, cwd=ROOT, env=env, check=False, capture_output=True, text=True).stdout
    assert told.endswith("planted faults were caught\n"), told
    assert told.count("NOBODY CAUGHT IT") <= (1 - LEAST_CAUGHT) * len(ALL), told
