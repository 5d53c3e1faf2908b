"""The same matter reworded is found, a different matter is not: as offices write them."""

import itertools

import pytest

from rectification import resemblance

REWORDED = [
    (
        "落实河长制不到位，部分河段岸线管护责任没有压实",
        "河湖岸线管护责任压得不实，河长制在个别河段落实不够",
    ),
    (
        "三重一大决策制度执行不严格，个别重大事项未经党组会集体研究",
        "个别重要事项没有上党组会集体讨论决定，“三重一大”制度执行不到位",
    ),
    ("公务用车管理不规范，存在公车私用现象", "公车私用问题仍有发生，公务用车管理存在漏洞"),
    ("违规发放津贴补贴，超标准报销差旅费", "存在超标准报销差旅费、违规发放补贴的情况"),
    (
        "工程项目招投标监管不力，存在围标串标风险",
        "对工程建设项目招标投标监管缺位，围标串标风险较大",
    ),
    ("干部选拔任用程序不规范，档案审核把关不严", "选人用人程序执行不严，干部档案审核把关不到位"),
    ("对群众信访诉求回应不及时，积案化解缓慢", "信访积案化解进展慢，群众反映的诉求没有及时回应"),
    (
        "党建工作责任制落实不到位，“三会一课”流于形式",
        "基层支部“三会一课”走形式，党建责任落实不力",
    ),
    ("防汛物资储备不足，应急预案修订不及时", "应急预案长期未修订，防汛抢险物资储备不够"),
    (
        "固定资产账实不符，闲置资产长期未盘活",
        "资产管理薄弱，固定资产账目与实物不符，部分资产长期闲置",
    ),
]
# Different matters in the same phrases: what a scorer of characters takes for one.
DIFFERENT = [
    ("意识形态工作责任制落实不到位，存在薄弱环节。", "安全生产责任制落实不到位，存在薄弱环节。"),
    ("会议制度执行不严格，部分支部记录不规范。", "采购制度执行不严格，部分合同签订不规范。"),
    ("对下属单位监督管理不力，问题整改不及时。", "对举报线索处置不力，结果反馈不及时。"),
    ("存在落实不到位、管理不规范的问题", "存在执行不严格、工作不及时的问题"),
]


@pytest.mark.parametrize(("one", "other"), REWORDED, ids=lambda text: text[:8])
def test_the_same_matter_in_other_words_is_alike(one, other):
    assert resemblance.score(one, other) >= resemblance.THRESHOLD
    assert resemblance.score(one, other) == resemblance.score(other, one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT, ids=lambda text: text[:8])
def test_a_different_matter_in_the_same_phrases_is_not(one, other):
    assert resemblance.score(one, other) < resemblance.THRESHOLD


def test_no_two_of_the_different_matters_are_alike_with_room_to_spare():
    matters = [(one, other) for one, other in itertools.combinations(REWORDED, 2)]
    scores = [
        resemblance.score(first, second)
        for one, other in matters
        for first in one
        for second in other
    ]

    assert max(scores) <= resemblance.THRESHOLD - 5


def test_each_reworded_matter_is_proposed_first_among_all():
    earlier = {number: one for number, (one, _) in enumerate(REWORDED)}

    for number, (_, later) in enumerate(REWORDED):
        (best, score), *others = resemblance.likely(later, earlier)
        assert best == number
        assert score >= resemblance.THRESHOLD
        assert len(others) < resemblance.MOST


def test_five_at_most_are_proposed_the_best_first():
    wording = REWORDED[0][0]
    same = {number: wording + "一二三四五六七八九十"[:number] for number in range(9)}

    found = resemblance.likely(wording, same)

    assert [key for key, _ in found] == [0, 1, 2, 3, 4]
    assert found[0] == (0, 100)


@pytest.mark.parametrize("empty", ["", "……", "存在问题。", "　"])
def test_a_wording_without_content_resembles_nothing(empty):
    assert resemblance.likely(empty, {1: REWORDED[0][0], 2: "", 3: "。"}) == ()
    assert resemblance.likely(REWORDED[0][0], {1: empty}) == ()


def test_punctuation_and_width_of_letters_do_not_matter():
    assert resemblance.score("未按EPC合同验收。", "　未按ｅｐｃ合同验收") == 100
