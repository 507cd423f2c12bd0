"""What an evaluation of searches tells besides rates, against a reading of every comparison."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from harness import InputError
from harness.evaluation import Evaluation, answer, conclude, evaluate, from_json, to_json
from harness.study import load_policy, load_study
from tests.evaluation.searched_world import GROUPS, STUDY, columns, counted, evaluated, world

CROWD = {"operating": [0.5], "crowd": {"group": {"A": 0.7, "B": 0.3}}, "prevalence": 0.01}


@pytest.fixture(scope="module")
def found() -> Evaluation:
    return evaluated(CROWD)


class TestMatedSearches:
    def test_misses_are_split_by_their_cause_at_every_threshold(self, found: Evaluation) -> None:
        of_axis = found.axes["group"].searches
        assert of_axis is not None
        mated = [search for search in world() if search.own is not None]
        for row, group in enumerate(GROUPS):
            own = [search for search in mated if search.group == group]
            tried = [search for search in own if search.scores is not None]
            assert of_axis.failed[row] == len(own) - len(tried)
            for index, threshold in enumerate(found.thresholds):
                reaches = [search for search in tried if search.scores[search.own] >= threshold]
                outranked = [search for search in reaches if search.returned != search.own]
                wrong = [
                    search for search in tried if np.delete(search.scores, search.own).max() >= threshold
                ]
                assert of_axis.below[row, index] == len(tried) - len(reaches)
                assert of_axis.outranked[row, index] == len(outranked)
                assert of_axis.wrong.errors[row, index] == len(wrong)

    def test_causes_add_up_to_all_misses(self, found: Evaluation) -> None:
        axis = found.axes["group"]
        assert axis.searches is not None
        summed = axis.searches.failed[:, None] + axis.searches.below + axis.searches.outranked
        assert (summed == axis.false_non_matches.errors).all()
        assert axis.searches.outranked.any()

    def test_wrong_persons_have_the_interval_of_their_rate(self, found: Evaluation) -> None:
        of_axis = found.axes["group"].searches
        assert of_axis is not None
        wrong = of_axis.wrong
        assert (wrong.lower <= wrong.estimate).all()
        assert (wrong.estimate <= wrong.upper).all()

    def test_are_a_table(self, found: Evaluation) -> None:
        table = found.mated_searches
        assert table is not None
        rows = table.to_pylist()
        assert all(
            row["mated"] == row["hits"] + row["below_threshold"] + row["outranked"] + row["failed"]
            for row in rows
        )


class TestPopulation:
    def test_of_lists_alike_widens_intervals_and_leaves_rates(self) -> None:
        alike, this = evaluated(), evaluated(population="this list")
        assert alike.searches is not None and this.searches is not None  # noqa: PT018
        assert (alike.searches.population, this.searches.population) == ("lists like this", "this list")
        one, other = alike.axes["group"].false_matches, this.axes["group"].false_matches
        assert (one.errors == other.errors).all()
        assert (one.design_effect >= other.design_effect).all()
        assert one.design_effect.max() > 2 * other.design_effect.max()
        misses = [axis.axes["group"].false_non_matches.design_effect for axis in (alike, this)]
        assert (misses[0] == misses[1]).all()

    def test_is_told(self) -> None:
        assert dict(answer(evaluated()))["Intervals are for"].startswith("watchlists like this one")
        assert dict(answer(evaluated(population="this list")))["Intervals are for"].startswith(
            "this very watchlist"
        )

    def test_by_top_candidates_alone_is_told_to_lack_something(self) -> None:
        table = columns(world())
        table["returned"] = [f"s{search.returned}" for search in world()]
        found = evaluate(table, study={**STUDY, "subjects": ["person", "returned"], "identities": "separate"})
        assert not any(line.startswith("intervals hold") for line in found.warnings)
        assert dict(answer(found))["Intervals are for"].endswith("give candidate lists")

    @pytest.mark.parametrize(
        ("study", "warned"),
        [({}, True), ({"population": "this list"}, False), ({"subjects": []}, False)],
    )
    def test_probes_alone_are_warned_of_unless_this_list_is_meant(
        self, study: dict[str, object], warned: bool
    ) -> None:
        told = evaluate(columns(world()), study={**STUDY, **study}).warnings
        assert any(line.startswith("intervals hold for this very watchlist only") for line in told) == warned

    def test_searches_of_one_person_each_still_share_the_list(self) -> None:
        without = evaluated(subjects=[])
        assert without.axes["group"].false_matches.design_effect.max() > 2

    def test_of_this_list_goes_by_probes_only(self) -> None:
        terms = {**STUDY, "subjects": ["person", "returned"], "population": "this list"}
        with pytest.raises(InputError, match=r"rates of this very list go by probes only"):
            load_study(terms)

    def test_is_no_matter_of_verification(self) -> None:
        terms = {"groups": {"group": "group"}, "population": "this list"}
        with pytest.raises(InputError, match=r"population: verification searches nothing"):
            load_study(terms)


class TestTheList:
    def test_alerts_are_those_of_the_rates(self, found: Evaluation) -> None:
        assert found.searches is not None
        listed = found.searches.listed
        assert listed is not None
        errors = found.axes["group"].false_matches.errors.sum(axis=0)[listed.first :]
        assert (listed.alerts == errors).all()

    def test_is_told_in_numbers(self, found: Evaluation) -> None:
        assert "of 60 subjects" in dict(answer(found))["On the list"]


class TestPassersBy:
    def test_are_told_of_the_crowd_and_of_each_group(self, found: Evaluation) -> None:
        (met,) = found.passers_by
        axis, index = found.axes["group"], found.index_of(0.5)
        assert axis.searches is not None
        fpir, wrong = axis.false_matches.estimate[:, index], axis.searches.wrong.estimate[:, index]
        expected = 10_000 * np.array([0.7, 0.3]) @ (0.99 * fpir + 0.01 * wrong)
        assert met.crowd is not None
        assert float(met.crowd.false.estimate) == pytest.approx(expected)
        assert float(met.groups["A"].false.estimate) == pytest.approx(
            10_000 * (0.99 * fpir[0] + 0.01 * wrong[0])
        )
        assert "people on the list are missed" in dict(answer(found))["Passers-by"]

    def test_without_a_prevalence_only_false_alerts_are_told(self) -> None:
        policy = {key: value for key, value in CROWD.items() if key != "prevalence"}
        without = evaluated(policy)
        told = json.loads(to_json(without))["passers_by"]
        assert [sorted(part["crowd"]) for part in told] == [["false"]]
        assert "missed" not in dict(answer(without))["Passers-by"]
        assert without.passers_by_table is not None
        assert without.passers_by_table["true"].null_count == 3

    def test_a_prevalence_alone_is_told_by_group(self) -> None:
        told = evaluated({"operating": [0.5], "prevalence": {"group": {"A": 0.1, "B": 0.0}}}).passers_by
        assert [met.crowd for met in told] == [None]
        assert float(told[0].groups["B"].share_false.estimate) == 1.0

    @pytest.mark.parametrize(
        ("policy", "problem"),
        [
            ({"crowd": {"sex": {"F": 1.0}}}, "crowd: axis 'sex' is not one of the study's: group"),
            (
                {"crowd": {"group": {"A": 0.5, "C": 0.5}}},
                "crowd.group: C: no such group was evaluated; there are A",
            ),
            ({"crowd": {"group": {"A": 1.0}}}, "crowd.group: nothing is said of B"),
            ({"prevalence": {"group": {"A": 0.1}}}, "prevalence.group: nothing is said of B"),
        ],
    )
    def test_a_crowd_of_other_groups_is_refused(self, policy: dict[str, object], problem: str) -> None:
        with pytest.raises(InputError, match=problem):
            evaluated(policy)

    def test_comparisons_have_none(self) -> None:
        scores = {"score": [0.2, 0.9, 0.3, 0.8], "mated": [False, True] * 2, "sex": ["f", "f", "m", "m"]}
        with pytest.raises(InputError, match="1:1 have no passers-by"):
            evaluate(scores, study={"groups": {"sex": "sex"}}, policy={"prevalence": 0.1})


class TestTheFile:
    def test_is_read_back_exactly(self, found: Evaluation) -> None:
        text = to_json(replace(found, list_matches=None))  # which are read from the file beside it
        assert to_json(from_json(text)) == text
        assert {"searches", "passers_by"} <= set(json.loads(text))

    def test_of_searches_of_which_nothing_more_is_known_has_no_parts_of_them(self) -> None:
        known = counted(world(), {})
        bare = replace(known, searches=None, list_matches=None, returned_known=False)
        document = json.loads(to_json(conclude(bare, load_policy({}))))
        assert not {"searches", "passers_by"} & set(document)
        assert all("searches" not in axis for axis in document["axes"].values())
        assert "population" not in document["study"]
        assert not {"crowd", "prevalence"} & set(document["policy"])
        assert any(line.startswith("FNIR is a lower bound") for line in document["warnings"])

    def test_misses_that_do_not_add_up_are_refused(self, found: Evaluation) -> None:
        document = json.loads(to_json(found))
        document["axes"]["group"]["searches"]["misses"][0]["failed"] += 1
        with pytest.raises(InputError, match="do not add up to all misses"):
            from_json(json.dumps(document))

    def test_a_list_of_other_thresholds_is_refused(self, found: Evaluation) -> None:
        document = json.loads(to_json(found))
        document["searches"]["listed"]["most"].pop()
        with pytest.raises(InputError, match=r"searches\.listed\.most: has"):
            from_json(json.dumps(document))

    def test_searches_in_an_evaluation_of_comparisons_are_refused(self) -> None:
        scores = {"score": [0.2, 0.9, 0.3, 0.8], "mated": [False, True] * 2, "sex": ["f", "f", "m", "m"]}
        document = json.loads(to_json(evaluate(scores, study={"groups": {"sex": "sex"}})))
        document["searches"] = {"returned_known": True, "population": "this list"}
        with pytest.raises(InputError, match="not those of a study of comparisons"):
            from_json(json.dumps(document))
