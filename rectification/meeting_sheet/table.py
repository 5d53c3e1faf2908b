"""What stands in which column, and around the table: the same on paper, in Word and in Excel."""

from collections.abc import Callable
from dataclasses import dataclass

from rectification.sheets import Line, Point, Sheet, UnitTotal

NOTHING = "—"


@dataclass(frozen=True)
class Column:
    """A heading, the width in characters of the workbook, what stands in a line, and how its cell
    looks on the page: classes of table.css and sheet.css."""

    heading: str
    width: int
    of: Callable[[Line], str]
    look: str = ""

    @property
    def has_label(self) -> bool:
        """Whether its heading stands beside the text on a phone: that of the card needs none."""
        return "card-" not in self.look


def _share(percent: int | None) -> str:
    return NOTHING if percent is None else f"{percent}%"


def _unit(line: Line) -> str:
    return line.unit if line.leads else f"{line.unit}（配合）"


def _said(line: Line) -> str:
    """As it was at the close, and below that what came after."""
    late = f"迟报：{line.late}" if line.late else ""
    return "\n".join(each for each in (line.said, late, line.since) if each)


COLUMNS = (
    Column("序号", 5, lambda line: str(line.number), "fit desk-only"),
    Column("问题编号", 10, lambda line: line.problem, "fit desk-only"),
    Column("措施编号", 11, lambda line: line.measure, "fit card-code"),
    Column("整改措施", 34, lambda line: line.text, "card-title"),
    Column("报送单位", 14, _unit),
    Column("整改时限", 13, lambda line: line.deadline),
    Column("状态", 8, lambda line: line.status, "fit"),
    Column("序时进度", 8, lambda line: _share(line.scheduled), "fit"),
    Column("实际进度", 8, lambda line: _share(line.reached), "fit"),
    Column("本次进展", 34, lambda line: line.progress),
    Column("存在困难", 20, lambda line: line.difficulty),
    Column("下一步", 20, lambda line: line.next_step),
    Column("报送情况", 9, _said),
    Column("预警及原因", 18, lambda line: line.reason),
    Column("议定事项", 24, lambda line: "\n".join(line.points)),
)
HEADINGS = tuple(column.heading for column in COLUMNS)
UNIT_HEADINGS = ("单位", "应报", "已报", "未报", "零报告", "待确认", "迟报", "困难")
POINT_HEADINGS = ("编号", "议定事项", "承办单位", "有关措施", "议定于", "状态", "答复")
LATE_HEADINGS = ("措施编号", "单位", "补报日期", "进展", "存在困难", "下一步")


def rows(sheet: Sheet) -> list[tuple[str, ...]]:
    return [tuple(column.of(line) for column in COLUMNS) for line in sheet.lines]


def unit_rows(sheet: Sheet) -> list[tuple[str, ...]]:
    """Each unit, and below them all together."""
    units = [_figures(each.unit, [each]) for each in sheet.units]
    return [*units, _figures("合计", list(sheet.units))] if units else []


def _figures(name: str, units: list[UnitTotal]) -> tuple[str, ...]:
    figures = ("asked", "reported", "missing", "nil", "to_confirm", "late", "difficulties")
    return (name, *(str(sum(getattr(each, figure) for each in units)) for figure in figures))


def point_rows(points: tuple[Point, ...]) -> list[tuple[str, ...]]:
    return [
        (
            str(point.number),
            point.text,
            point.unit,
            point.measure or NOTHING,
            f"{point.decided}{'（结转）' if point.carried else ''}",
            f"{point.says}：{point.ended}" if point.ended else point.says,
            "\n".join(_answers(point)) or NOTHING,
        )
        for point in points
    ]


def _answers(point: Point) -> list[str]:
    return [f"{each.on}{each.who}：{each.text}" for each in point.answers]


def late_rows(sheet: Sheet) -> list[tuple[str, ...]]:
    return [
        (
            each.measure,
            each.unit,
            each.on,
            f"零报告：{each.progress}" if each.nil else each.progress,
            each.difficulty,
            each.next_step,
        )
        for each in sheet.late
    ]


def subtitle(sheet: Sheet) -> str:
    """Of which inspection, on which day, and as of when."""
    return f"{sheet.inspection}　　会议日：{sheet.meeting}　　{as_of(sheet)}"


def as_of(sheet: Sheet) -> str:
    note = "（结束时存档）" if sheet.is_closed else ""
    if sheet.is_damaged:
        note = "（存档内容与结束时的校验码不一致，请联系系统管理员核对）"
    return f"截至{sheet.as_of}{note}"
