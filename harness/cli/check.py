"""``harness check``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from harness.cli.needs import day_given
from harness.cli.reporting import reporting_from
from harness.cli.streams import say
from harness.errors import InputError
from harness.gate import check as check_configs
from harness.gate.checking import configs_to_check, evidence_files
from harness.gate.formats import Form
from harness.gate.locating import evaluation_at

if TYPE_CHECKING:
    from securesystemslib.signer import SSlibKey

__all__ = ["check"]


def check(
    configs: tuple[str, ...] = (),
    *,
    evaluation: str | None = None,
    evidence_root: str | None = None,
    format: Form = "text",  # noqa: A002 - the flag's name
    output: tuple[str, ...] = (),
    today: str | None = None,
    key: tuple[str, ...] = (),
    envelope: str | None = None,
    waivers: tuple[str, ...] = (),
    waiver_key: tuple[str, ...] = (),
    schema: bool = False,
) -> int:
    """Check deployment configs against an evaluation; only exit code 0 lets them pass.

    0 every deployment passes; 1 one is below the safe threshold or breaks a bound; 2 usage, or an invalid config;
    3 the evidence cannot decide; 70 an error of the harness. With several, the first of 70, 2, 1, 3 that occurs.

    Parameters
    ----------
    configs
        YAML, JSON or TOML files of deployments; folders, for every such file in them and in their folders; or patterns
        in quotes, such as 'deployments/*.yaml', which take hidden files too, in any letter case.
    evaluation
        The evaluation.json to check against, or the folder that holds it; without it, the one that each config names.
    evidence_root
        Folder below which the configs in it may name evidence; without it, each config only in its own folder.
    format
        What is printed: text; json; junit; sarif; or github, which annotates a workflow's files and adds to its job's
        summary.
    output
        FORMAT=FILE, a file to write as well, whole or not at all; any number of times.
    today
        YYYY-MM-DD, what dates are compared with; the day it is by default.
    key
        PEM file of an ed25519 public key, any number of times: evidence then has to be signed by one of them.
    envelope
        The signature of the evaluation, from `harness sign`; by default evaluation.json.dsse.json, beside it.
    waivers
        Signed waivers, from `harness sign`, any number of times; all that they cover and who answers for it is printed.
    waiver_key
        PEM file of a public key, any number of times; one of them has to have signed the waivers.
    schema
        Print the JSON Schema of a config, for editors, and check nothing.
    """
    if schema:
        import json

        from harness.gate import json_schema

        print(json.dumps(json_schema(), indent=2))
        return 0
    if not configs:
        raise InputError("nothing to check: name one or more deployment configs")
    if envelope is not None and not key:
        raise InputError("--envelope: a signature says nothing without the key that made it; give --key")
    if bool(waivers) != bool(waiver_key):
        raise InputError(
            "--waivers and --waiver-key go together: waivers are trusted only when they are signed"
        )
    single = {"--evaluation": evaluation, "--evidence-root": evidence_root, "--envelope": envelope}
    _require_stated(single, {"--waivers": waivers})
    file = None if evaluation is None else str(evaluation_at(evaluation))
    evidence = evidence_files(file, envelope, waivers, signed=bool(key))
    read = [*configs_to_check(configs, file, evidence).files, *evidence, *key, *waiver_key]
    reporting = reporting_from(format, output, read=read)
    report = check_configs(
        configs,
        evaluation=evaluation,
        evidence_root=evidence_root,
        today=day_given(today, "--today"),
        keys=_public_keys(key, "--key"),
        envelope=envelope,
        waivers=waivers,
        waiver_keys=_public_keys(waiver_key, "--waiver-key"),
    )
    reporting.deliver(report)
    for name in report.not_checked:
        say(f"harness: not checked: {name}", error=True)
    return report.exit_code


def _require_stated(single: Mapping[str, str | None], several: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse a flag without a value: a variable that is not set must not ask for less than was meant."""
    given = {**{flag: (value,) for flag, value in single.items() if value is not None}, **several}
    for flag, values in given.items():
        if any(not value.strip() for value in values):
            raise InputError(f"{flag} is empty; is the variable set that should name the file?")


def _public_keys(paths: tuple[str, ...], flag: str) -> tuple[SSlibKey, ...]:
    if not paths:  # a check without keys does not wait for cryptography
        return ()
    from harness.gate.signing import public_keys

    return public_keys(paths, flag)
