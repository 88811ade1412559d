"""Answers as a CSV table: in and out again, and everything that a spreadsheet can get wrong."""

from __future__ import annotations

import html
import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from chat import seeds
from chat.answers.table import BadTable, export, plan
from chat.models import Answer
from tests.support.staff import signed_in

pytestmark = pytest.mark.django_db

IMPORT = "/admin/chat/answer/import/"
TABLE = 'title,questions,text,language\nHours,"When are you open?\nOpening hours?",From nine to five.,en\n'


def rows() -> list[tuple[Any, ...]]:
    return list(Answer.objects.values_list("language", "title", "questions", "text", "active"))


def problems(content: str | bytes, language: str = "") -> list[str]:
    with pytest.raises(BadTable) as caught:
        plan(content.encode() if isinstance(content, str) else content, language)
    assert not Answer.objects.exists()
    return list(caught.value.problems)


def test_an_export_imported_again_gives_the_same_rows() -> None:
    words = ["=1+1", "+49 30 1234", "-", "@home", ' "quoted", with; signs\tand\r\nlines ', "日本語", "a\n\nb", "'=x"]
    for number, text in enumerate(words):
        Answer.objects.create(
            language="de" if number % 2 else "en",
            title=f"={number}",
            questions=f"=a{number}\n+b",
            text=text,
            active=number > 2,
        )
    before, content = rows(), export(Answer.objects.all())

    assert (len(plan(content).new), len(plan(content).changed), len(plan(content).same)) == (0, 0, 8)
    Answer.objects.all().delete()
    plan(content).carry_out()

    assert rows() == before


def test_the_same_title_replaces_and_others_stay() -> None:
    Answer.objects.create(language="en", title="Hours", questions="Open?", text="Never.")
    Answer.objects.create(language="en", title="Parking", questions="Park?", text="Here.")
    stamps = dict(Answer.objects.values_list("title", "stamp"))

    found = plan(TABLE.encode())
    found.carry_out()

    assert [answer.title for answer in found.changed] == ["Hours"]
    assert rows() == [
        ("en", "Hours", "When are you open?\nOpening hours?", "From nine to five.", True),
        ("en", "Parking", "Park?", "Here.", True),
    ]
    after = dict(Answer.objects.values_list("title", "stamp"))
    assert after["Hours"] != stamps["Hours"]
    assert after["Parking"] == stamps["Parking"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("begin", ["", "\ufeff"])
def test_spreadsheets_write_commas_semicolons_or_tabs(delimiter: str, begin: str) -> None:
    table = f"{begin}Title,QUESTIONS , text\r\nHours,Open?,Always.\r\n,,\r\n".replace(",", delimiter)

    assert [answer.text for answer in plan(table.encode(), "de").new] == ["Always."]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "The first line must name the columns title, questions, text, language, with commas between them."),
        ("title,text\nHours,Always.\n", "It lacks questions, language."),
        ("title,questions,text\nHours,Open?,Always.\n", "It lacks language. Or choose one language for the whole file."),
        ("title,questions,text,language\n", "The file has no answers."),
        ("title,questions,text,language\nHours,,Always.,en\n", "Line 2: An answer needs at least one example question."),
        ("title,questions,text,language\nHours,?!,Always.,en\n", "Line 2: An answer needs at least one example question."),
        ("title,questions,text,language\nHours,Open?,Always.,xx\n", "Line 2: The chat doesn't speak the language “xx”."),
        ("title,questions,text,language\nHours,Open?,Always.,de-AT\n", "Write de instead."),
        ('title,questions,text,language\nHours,"Open?,Always.,en\n', "Is a quotation mark missing?"),
        ("title,questions,text,language,active\nHours,Open?,Always.,en,perhaps\n", "must be yes or no"),
        (TABLE.encode("utf-16"), "The file isn't UTF-8."),
        ("title,questions,text,language\nHours,Geöffnet?,Immer.,de\n".encode("latin-1"), "The file isn't UTF-8."),
        (b"PK\x03\x04\x00\x00", "The file is no CSV."),
    ],
)
def test_a_file_that_can_not_be_used_is_explained(content: str | bytes, said: str) -> None:
    assert said in "\n".join(problems(content))


def test_one_bad_line_keeps_the_good_ones_out() -> None:
    assert len(problems(TABLE + "Parking,Park?,,en\n" * 30)) == 21


def test_the_command_imports_and_says_what_it_did(tmp_path: Path) -> None:
    (tmp_path / "answers.csv").write_text(TABLE)
    out = io.StringIO()

    call_command("import_answers", tmp_path / "answers.csv", "--dry-run", stdout=out)
    assert not Answer.objects.exists()
    call_command("import_answers", tmp_path / "answers.csv", stdout=out)
    call_command("import_answers", tmp_path / "answers.csv", stdout=out)

    assert re.findall(r"^\d.*", out.getvalue(), re.MULTILINE) == [
        "1 would be added, 0 would be changed, 0 unchanged.",
        "1 added, 0 changed, 0 unchanged.",
        "0 added, 0 changed, 1 unchanged.",
    ]
    call_command("export_answers", tmp_path / "out.csv", stdout=out)
    assert (tmp_path / "out.csv").read_bytes() == export(Answer.objects.all())


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="can't be read"):
        call_command("import_answers", tmp_path / "none.csv")
    (tmp_path / "answers.csv").write_text("title\n")
    with pytest.raises(CommandError, match=r"Nothing was imported\.\nThe first line must name"):
        call_command("import_answers", tmp_path / "answers.csv")


def upload(client: Client, content: bytes, **fields: str) -> str:
    file = io.BytesIO(content)
    file.name = "answers.csv"
    return html.unescape(client.post(IMPORT, {"file": file, "language": "", **fields}).content.decode())


def test_staff_see_what_would_change_and_confirm_it() -> None:
    editor = signed_in(seeds.EDITORS)
    text = "Two\r\nlines "
    page = upload(editor, f'title,questions,text\nHours,Open?,"{text}"\n'.encode(), language="en")
    assert "To add: 1. To change: 0. The same already: 0." in page
    assert not Answer.objects.exists()

    content = re.search(r'name="content" value="([^"]*)"', page)
    assert content
    response = editor.post(IMPORT, {"content": content[1], "language": "en"}, follow=True)

    assert "Added: 1. Changed: 0. The same already: 0." in response.content.decode()
    assert rows() == [("en", "Hours", "Open?", text, True)]


def test_staff_read_what_is_wrong_with_a_file() -> None:
    editor = signed_in(seeds.EDITORS)

    assert "It lacks questions, text, language." in upload(editor, b"title\nHours\n")
    assert "The file is larger than 1.5 MB." in upload(editor, b"x" * 1_500_001)
    changed = editor.post(IMPORT, {"content": "%%%", "language": ""}).content.decode()
    assert "Choose the file again." in changed
    assert not Answer.objects.exists()


def test_the_page_warns_of_cells_like_formulas() -> None:
    editor = signed_in(seeds.EDITORS)
    assert "for a formula" not in editor.get(IMPORT).content.decode()
    Answer.objects.create(language="en", title="Phone", questions="Call?", text="+49 30 1234")

    assert "because these answers have such a cell: Phone." in editor.get(IMPORT).content.decode()
    exported = editor.get("/admin/chat/answer/export/")
    assert exported.content == export(Answer.objects.all())
    assert exported["Content-Disposition"] == 'attachment; filename="answers.csv"'


def test_only_editors_import_and_export() -> None:
    reader = signed_in(seeds.READERS)

    assert reader.get(IMPORT).status_code == 403
    assert reader.get("/admin/chat/answer/export/").status_code == 403
