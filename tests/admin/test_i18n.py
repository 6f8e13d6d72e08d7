"""The service's words: complete in every language, and set as French is set."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from loyalty import i18n
from loyalty.i18n import choose_language, problems, with_french_spaces, words_in

NBSP = "\N{NO-BREAK SPACE}"


def test_catalogues_are_complete_and_not_stale_and_the_command_says_so() -> None:
    told = CliRunner().invoke(i18n.main, ["--check"])
    assert (told.exit_code, told.output) == (0, "")


def test_the_check_fails_when_a_message_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _some_catalogue(tmp_path, monkeypatch, 'msgid "Stale"\nmsgstr "Vieux"\n\nmsgid "Here"\nmsgstr "C\'est ici"\n')
    (tmp_path / "admin").mkdir()
    (tmp_path / "admin" / "page.py").write_text('gettext("Here"); gettext("Missing %(n)s")\n')
    assert problems("fr", tmp_path) == [
        "stale: 'Stale' is no longer in the source",
        "admin/page.py: has a straight apostrophe: 'Here'",
        "admin/page.py: missing: 'Missing %(n)s'",
    ]


def test_an_update_keeps_translations_and_drops_what_is_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _some_catalogue(tmp_path, monkeypatch, 'msgid "Stale"\nmsgstr "Vieux"\n\nmsgid "Here"\nmsgstr "Ici"\n')
    (tmp_path / "admin").mkdir()
    (tmp_path / "admin" / "page.py").write_text('gettext("Here"); pgettext("menu", "Here")\n')
    i18n.update("fr", tmp_path)
    once = (tmp_path / "fr" / "LC_MESSAGES" / "messages.po").read_text()
    assert 'msgid "Here"\nmsgstr "Ici"' in once
    assert 'msgctxt "menu"\nmsgid "Here"\nmsgstr ""' in once
    assert "Stale" not in once
    i18n.update("fr", tmp_path)
    assert (tmp_path / "fr" / "LC_MESSAGES" / "messages.po").read_text() == once


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Vraiment ?", f"Vraiment{NBSP}?"),
        ("Partiel : 12 jours", f"Partiel{NBSP}: 12 jours"),
        ("Statut ; date", f"Statut{NBSP}; date"),
        ("à 95 %%, bas", f"à 95{NBSP}%%, bas"),
        ("sur %(n)s", "sur %(n)s"),
        ("« ici »", f"«{NBSP}ici{NBSP}»"),
        ("http://exemple.fr", "http://exemple.fr"),
    ],
)
def test_french_spaces_do_not_break(typed: str, said: str) -> None:
    assert with_french_spaces(typed) == said


@pytest.mark.parametrize(
    ("language", "n", "said"),
    [("en", 0, "0 buyers"), ("en", 1, "1 buyer"), ("fr", 0, "0 acheteur"), ("fr", 2, "2 acheteurs")],
)
def test_plurals_follow_the_language(language: str, n: int, said: str) -> None:
    assert words_in(language).ngettext("%(n)s buyer", "%(n)s buyers", n, n=n) == said


def test_an_unknown_message_is_said_in_english() -> None:
    assert words_in("fr").gettext("Nobody translated %(this)s", this="this") == "Nobody translated this"


@pytest.mark.parametrize(
    ("asked", "kept", "accept", "chosen"),
    [
        ("fr", "en", "en", "fr"),
        ("xx", "fr", "en", "fr"),
        (None, None, "fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        (None, None, "de, fr;q=0.5, en;q=0.7", "en"),
        (None, None, "fr;q=0", "en"),
        (None, None, "fr;q=nonsense", "en"),
        (None, None, "", "en"),
    ],
)
def test_the_language_is_asked_for_kept_or_accepted(
    asked: str | None, kept: str | None, accept: str, chosen: str
) -> None:
    assert choose_language(asked=asked, kept=kept, accept=accept) == chosen


def _some_catalogue(folder: Path, monkeypatch: pytest.MonkeyPatch, messages: str) -> None:
    """Put a small catalogue in the place of the real ones."""
    (folder / "fr" / "LC_MESSAGES").mkdir(parents=True)
    header = (i18n.HERE / "fr" / "LC_MESSAGES" / "messages.po").read_text(encoding="utf-8").partition("\n\n")[0]
    (folder / "fr" / "LC_MESSAGES" / "messages.po").write_text(f"{header}\n\n{messages}", encoding="utf-8")
    (folder / "babel.cfg").write_text("[python: admin/**.py]\n")
    monkeypatch.setattr(i18n, "HERE", folder)
