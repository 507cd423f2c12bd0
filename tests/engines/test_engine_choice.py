"""Which options go with which engine; what does not is refused in one line, before anything is read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.cli.app import run
from harness.comparisons import MemoryLimit, all_pairs
from harness.engines import Dask, Local, Spark, choose_engine
from harness.engines import engine as engine_module
from harness.errors import InputError
from tests.engines.parted_files import STUDY, comparisons, document, write


def test_each_engine_has_its_own_terms() -> None:
    assert choose_engine() == Local()
    assert choose_engine(memory_limit="1GB", checkpoints="kept") == Local(MemoryLimit(10**9), Path("kept"))
    assert choose_engine("dask") == Dask()
    assert choose_engine("dask", workers=2, checkpoints="kept") == Dask(None, 2, Path("kept"))
    assert choose_engine("dask", scheduler="tcp://host:8786") == Dask("tcp://host:8786")
    assert choose_engine("spark") == Spark("local[*]")
    assert choose_engine("spark", master="local[2]") == Spark("local[2]")


@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        ({"name": "ray"}, "engine 'ray': there are local, dask and spark"),
        ({"scheduler": "tcp://a:1"}, "scheduler 'tcp://a:1' is for the engine dask; say so"),
        ({"workers": 2}, "workers '2' is for the engine dask; say so"),
        ({"name": "spark", "workers": 2}, "workers '2' is for the engine dask"),
        ({"name": "dask", "master": "local"}, "master 'local' is for the engine spark; say so"),
        ({"name": "spark", "checkpoints": "kept"}, "checkpoints 'kept' is for the engines local and dask"),
        ({"name": "dask", "memory_limit": "1GB"}, "memory limit '1GB' is for this machine"),
        ({"name": "spark", "memory_limit": "1GB"}, "memory limit '1GB' is for this machine"),
        ({"name": "dask", "workers": 2, "scheduler": "tcp://a:1"}, "a scheduler has its workers already"),
        ({"name": "dask", "workers": 0}, "workers: 0 cannot count; give 1 or more"),
    ],
    ids=str,
)
def test_what_does_not_go_together_is_refused(options: dict[str, Any], refusal: str) -> None:
    with pytest.raises(InputError) as refused:
        choose_engine(**options)
    assert refusal in str(refused.value)


def test_the_command_refuses_it_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("scores.csv"), comparisons(10))
    flags = ["--matcher", "a", "--matcher-version", "1", "--group", "sex=probe_sex", "--out", "out"]
    assert run(["evaluate", "scores.csv", *flags, "--workers", "2"]) == 2
    said = capsys.readouterr().err
    assert said == "harness: workers '2' is for the engine dask; say so (engine dask)\n"
    assert not Path("out").exists()


@pytest.mark.parametrize(
    "options", [{"engine": "dask"}, {"engine": "spark"}, {"checkpoints": "kept"}], ids=str
)
def test_pairs_of_templates_are_counted_in_this_process(options: dict[str, Any]) -> None:
    pairs = all_pairs(2 * np.eye(4), list("aabb"), {"sex": list("ffmm")}, metric="cosine")
    with pytest.raises(InputError, match="pairs of templates are counted in this process"):
        document(pairs, of={"matcher": STUDY["matcher"]}, **options)


@pytest.mark.parametrize(("engine", "package"), [("dask", "distributed"), ("spark", "pyspark")])
def test_an_engine_that_is_not_installed_is_refused_with_what_installs_it(
    engine: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "scores.parquet", comparisons(10))
    find = engine_module.find_spec
    monkeypatch.setattr(engine_module, "find_spec", lambda name: None if name == package else find(name))
    with pytest.raises(InputError) as refused:
        document(path, engine=engine)
    assert str(refused.value) == (
        f"the engine {engine} needs {package}; pip install 'threshold-bias-harness[{engine}]'"
    )


@pytest.mark.slow
def test_one_machine_needs_no_package_of_another_engine(tmp_path: Path) -> None:
    path = write(tmp_path / "scores.parquet", comparisons(200))
    script = (
        "import sys, harness; "
        f"harness.evaluate({str(path)!r}, study={STUDY!r}, thresholds='0.5', checkpoints={str(tmp_path / 'kept')!r}); "
        "print({'dask', 'distributed', 'pyspark'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout == "set()\n"
