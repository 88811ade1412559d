"""Answers as a CSV table, which staff can write in a spreadsheet: what a file would change, and the file of all answers.

The columns are title, questions (one a line in the cell), text, language and active. The last may be missing, and so may
language if one is given for the whole file. The words are written and read unchanged.
"""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext, ngettext

from chat import conf
from chat.models import Answer, new_stamp
from integrations.languages import match

COLUMNS = ("title", "questions", "text")
EXPORTED = (*COLUMNS, "language", "active")
DELIMITERS = ",;\t"
FORMULA_SIGNS = ("=", "+", "-", "@")
YES, NO = ("", "yes", "true", "1"), ("no", "false", "0")
MAX_PROBLEMS = 20


class BadTable(Exception):
    """The file can't be imported. problems: sentences that say what to change."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """What an import would do. Each answer is in one of the three."""

    new: list[Answer]
    changed: list[Answer]
    same: list[Answer]

    def carry_out(self) -> None:
        """Store all of it or nothing."""
        for answer in self.changed:
            answer.stamp = new_stamp()
            answer.version += 1
        with transaction.atomic():
            Answer.objects.bulk_create(self.new)
            Answer.objects.bulk_update(self.changed, ["questions", "text", "active", "stamp", "version"], batch_size=200)


def plan(content: bytes, language: str = "") -> Plan:
    """What the file would change. `language`: of all rows, if there is no column for it. Raises BadTable."""
    wanted = _answers(content, language)
    stored = {(answer.language, answer.title): answer for answer in Answer.objects.all()}
    found = Plan(new=[], changed=[], same=[])
    for key, answer in wanted.items():
        known = stored.get(key)
        if known is None:
            found.new.append(answer)
        elif all(getattr(known, name) == getattr(answer, name) for name in ("questions", "text", "active")):
            found.same.append(known)
        else:
            known.questions, known.text, known.active = answer.questions, answer.text, answer.active
            found.changed.append(known)
    return found


def export(answers: Iterable[Answer]) -> bytes:
    """The file. It begins with a mark by which spreadsheets know its encoding."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(EXPORTED)
    for answer in answers:
        writer.writerow([answer.title, answer.questions, answer.text, answer.language, "yes" if answer.active else "no"])
    return file.getvalue().encode("utf-8-sig")


def like_formulas(answers: Iterable[Answer]) -> list[Answer]:
    """Those with a cell that a spreadsheet takes for a formula."""
    return [
        answer
        for answer in answers
        if any(cell.startswith(FORMULA_SIGNS) for cell in (answer.title, answer.questions, answer.text))
    ]


def _answers(content: bytes, language: str) -> dict[tuple[str, str], Answer]:
    """By language and title. If a title comes again, the last row counts."""
    rows = _rows(content, language)
    found: dict[tuple[str, str], Answer] = {}
    problems: list[str] = []
    for line, row in rows:
        try:
            answer = _answer(row, language)
        except ValidationError as error:
            # The last message on a field is ours, and says more than Django's.
            fields = error.message_dict.values() if hasattr(error, "error_dict") else [error.messages]
            problems += [gettext("Line {line}: {problem}").format(line=line, problem=messages[-1]) for messages in fields]
            continue
        found[answer.language, answer.title] = answer
    if problems:
        left = len(problems) - MAX_PROBLEMS
        more = ngettext("{n} more problem is like these.", "{n} more problems are like these.", left).format(n=left)
        raise BadTable(*problems[:MAX_PROBLEMS], *([more] if left > 0 else []))
    if not found:
        raise BadTable(gettext("The file has no answers. Write one in each line below the names of the columns."))
    return found


def _answer(row: dict[str, str], language: str) -> Answer:
    tag = row.get("language", "").strip() or language
    spoken = conf.options().languages
    exact = next((known for known in spoken if known.lower() == tag.lower()), None)
    if exact is None:
        near = match(tag, spoken)
        problem = gettext("The chat doesn't speak the language “{language}”. It speaks {languages}.")
        hint = gettext("Write {language} instead.").format(language=near) if near else ""
        raise ValidationError(f"{problem.format(language=tag, languages=', '.join(spoken))} {hint}".strip())
    active = row.get("active", "").strip().lower()
    if active not in (*YES, *NO):
        raise ValidationError(gettext("The column active must be yes or no."))
    answer = Answer(language=exact, title=row["title"], questions=row["questions"], text=row["text"], active=active in YES)
    answer.full_clean(validate_unique=False, validate_constraints=False)
    return answer


def _rows(content: bytes, language: str) -> list[tuple[int, dict[str, str]]]:
    """Each row with the number of its last line."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadTable(
            gettext("The file isn't UTF-8. Save it as “CSV UTF-8” in your spreadsheet program, and try again.")
        ) from None
    if "\0" in text:
        raise BadTable(gettext("The file is no CSV. Save it as “CSV UTF-8” in your spreadsheet program, and try again."))
    wanted = COLUMNS if language else (*COLUMNS, "language")
    readings: list[list[str]] = []
    for delimiter in DELIMITERS:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        try:
            names = [name.strip().lower() for name in next(reader, [])]
            if set(wanted) <= set(names):
                return _read(reader, names)
        except csv.Error as error:
            problem = gettext("Line {line}: The CSV can't be read ({reason}). Is a quotation mark missing?")
            raise BadTable(problem.format(line=reader.line_num, reason=error)) from None
        readings.append(names)
    missing = min(([name for name in wanted if name not in names] for names in readings), key=len)
    problem = gettext("The first line must name the columns {columns}, with commas between them. It lacks {missing}.")
    hint = gettext("Or choose one language for the whole file.") if missing == ["language"] else ""
    raise BadTable(f"{problem.format(columns=', '.join(wanted), missing=', '.join(missing))} {hint}".strip())


def _read(reader: object, names: list[str]) -> list[tuple[int, dict[str, str]]]:
    rows = []
    for cells in reader:  # type: ignore[attr-defined]
        if any(cell.strip() for cell in cells):
            padded = [*cells, *[""] * (len(names) - len(cells))]
            rows.append((reader.line_num, dict(zip(names, padded, strict=False))))  # type: ignore[attr-defined]
    return rows
