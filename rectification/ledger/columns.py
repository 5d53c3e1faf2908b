"""The columns of the official ledger, in the order that staff expect (domain, section 4)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column: its heading, other headings seen for it, its width in characters, and whether it
    belongs to the problem (and is merged over the problem's measures)."""

    heading: str
    also: tuple[str, ...] = ()
    width: int = 12
    of_problem: bool = False


COLUMNS = (
    Column("序号", width=6, of_problem=True),
    Column("问题编号", ("编号", "问题序号"), 10, of_problem=True),
    Column("反馈方面", ("反馈类别", "方面"), 16, of_problem=True),
    Column("反馈问题", ("问题", "巡察反馈问题", "问题描述"), 36, of_problem=True),
    Column("具体表现", ("问题表现",), 20, of_problem=True),
    Column("问题类型", ("问题类别", "类型"), 12, of_problem=True),
    Column("整改目标", ("目标",), 24),
    Column("整改措施", ("措施", "具体措施"), 40),
    Column("牵头领导", ("分管领导",), 10, of_problem=True),
    Column("牵头单位", ("牵头部门", "牵头处室"), 16),
    Column("责任单位", ("责任部门", "责任处室"), 16),
    Column("配合单位", ("配合部门", "协同单位"), 20),
    Column("责任领导", (), 10),
    Column("责任人", ("具体责任人", "经办人"), 10),
    Column("整改时限", ("完成时限", "时限", "整改期限"), 16),
    Column("整改进展", ("进展情况", "整改情况"), 40),
    Column("完成情况", ("是否完成", "状态"), 10),
    Column("完成时间", (), 12),
    Column("存在困难", ("困难",), 20),
    Column("下一步打算", ("下一步", "下步打算"), 24),
    Column("佐证材料", (), 20),
    Column("制度成果", (), 24),
    Column("问责处理", (), 12),
    Column("资金(万元)", ("资金（万元）", "资金"), 10),
    Column("销号申请日期", (), 12),
    Column("审核意见", (), 20),
    Column("销号日期", (), 12),
    Column("回头看情况", (), 12),
    Column("是否公开", (), 8),
    Column("备注", (), 16),
    # Not an official column: it ties a row to its measure when the file comes back.
    Column("措施编号", ("措施序号",), 12),
    # Nor this: the first agreed time, beside the one that counts now.
    Column("原定时限", (), 24),
)
HEADINGS = tuple(column.heading for column in COLUMNS)
REQUIRED = ("问题编号", "反馈问题", "整改措施", "整改时限")
# What is written here by hand is not taken over: each comes about by its own verb.
NOT_TAKEN = (
    "具体表现",
    "整改进展",
    "完成情况",
    "完成时间",
    "存在困难",
    "佐证材料",
    "制度成果",
    "销号申请日期",
    "审核意见",
    "销号日期",
    "回头看情况",
    "原定时限",
)


def heading_of(text: str) -> str | None:
    """The official heading for a cell of a header row, or None for a column that is not known."""
    plain = "".join(text.split())
    for column in COLUMNS:
        if plain == column.heading or plain in column.also:
            return column.heading
    return None
