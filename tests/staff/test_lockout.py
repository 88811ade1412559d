"""Password guessing at the admin's log-in is stopped, with a page that explains it."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import AsyncClient, Client
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext, override

from chat.connections import client_address
from chat.staff import lockout

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"
HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"


@pytest.fixture(autouse=True)
def _staff() -> None:
    for name in ("ada", "bob"):
        User.objects.create_superuser(name, password="right")


def attempt(name: str = "ada", password: str = "", address: str = HERE, **headers: str) -> Any:
    form = {"username": name, "password": password or "wrong"}
    return Client(REMOTE_ADDR=address, headers=headers).post(LOGIN, form)


def forwarded(value: str) -> dict[str, str]:
    return {"x-forwarded-for": value}


def guess(times: int, **fields: str) -> None:
    for _ in range(times):
        attempt(**fields)


def trust_proxies(settings: Any, count: int) -> None:
    settings.SECRET_ENVIRONMENT = {**settings.SECRET_ENVIRONMENT, "CHATBOT_TRUSTED_PROXIES": str(count)}


def test_nine_wrong_passwords_hurt_nobody() -> None:
    guess(9)

    assert attempt(password="right").status_code == 302


def test_ten_wrong_passwords_lock_the_account_for_their_address_alone() -> None:
    guess(9)
    assert attempt().status_code == 429

    assert attempt(password="right").status_code == 429
    assert attempt(password="right", address=ELSEWHERE).status_code == 302


def test_a_stranger_s_wrong_passwords_leave_the_colleagues_behind_the_same_address_alone() -> None:
    guess(12)

    assert attempt("bob", "right").status_code == 302


def spray(times: int, address: str = HERE, **headers: str) -> None:
    """Wrong passwords over as many accounts."""
    for number in range(times):
        attempt(f"guess{number}", address=address, **headers)


def test_twenty_wrong_passwords_over_several_accounts_lock_the_address() -> None:
    spray(19)
    assert attempt("bob", "right").status_code == 302
    assert attempt("guess19").status_code == 429

    page = attempt("bob", "right")
    assert page.status_code == 429
    assert "20 wrong passwords from this address" in page.content.decode()
    assert "Try again in 15 minutes." in page.content.decode()
    assert attempt("bob", "right", ELSEWHERE).status_code == 302


def test_a_success_forgets_one_s_own_failures_and_nobody_else_s() -> None:
    guess(9)
    assert attempt("bob", "right").status_code == 302
    assert attempt().status_code == 429  # bob's success counts for nobody else

    guess(9, name="bob")
    assert attempt("bob", "right").status_code == 302
    assert attempt("bob").status_code == 200


def test_a_success_from_elsewhere_forgets_nothing_here() -> None:
    guess(9)
    assert attempt(password="right", address=ELSEWHERE).status_code == 302

    assert attempt().status_code == 429


def test_the_page_says_when_to_try_again() -> None:
    guess(9)
    response = attempt()

    words = response.content.decode()
    assert "10 wrong passwords" in words
    assert "Try again in 15 minutes." in words
    assert 890 <= int(response["Retry-After"]) <= 900
    assert "unsafe" not in response["Content-Security-Policy"]
    assert "<script>" not in words
    assert "style=" not in words


@pytest.mark.parametrize("language", [tag for tag, _ in settings.LANGUAGES])
def test_the_page_speaks_the_browser_s_language(language: str) -> None:
    guess(10, **{"accept-language": language})
    page = attempt(**{"accept-language": f"{language}, en;q=0.5"}).content.decode()

    with override(language):
        assert gettext(lockout.TEXTS["back"]) in page
        assert escape(lockout.try_again(15).format(minutes=15)) in page
        assert escape(gettext(lockout.TEXTS["account"]).format(failures=10)) in page
    assert f'lang="{language}"' in page


def test_the_lock_ends_after_a_quarter_of_an_hour_and_trying_on_doesn_t_extend_it(mocker: Any) -> None:
    started = timezone.now()
    guess(10)
    later = mocker.patch("axes.handlers.proxy.now")
    mocker.patch("chat.staff.lockout.timezone.now", lambda: later.return_value)

    later.return_value = started + datetime.timedelta(minutes=14)
    page = attempt(password="right")
    assert page.status_code == 429
    assert "Try again in 2 minutes." in page.content.decode()

    later.return_value = started + datetime.timedelta(minutes=15, seconds=10)
    assert attempt(password="right").status_code == 302


def test_a_forged_header_doesn_t_help() -> None:
    for number in range(20):
        attempt(f"guess{number}", **forwarded(f"198.51.100.{number}"))

    assert attempt("bob", "right", **forwarded("198.51.100.99")).status_code == 429


def test_behind_a_trusted_proxy_the_address_that_it_saw_counts(settings: Any) -> None:
    trust_proxies(settings, 1)
    for number in range(20):
        attempt(f"guess{number}", **forwarded(f"198.51.100.{number}, 203.0.113.7:{number + 1000}"))

    assert attempt("bob", "right", **forwarded("198.51.100.99, 203.0.113.7")).status_code == 429
    assert attempt("bob", "right", **forwarded("203.0.113.8")).status_code == 302


def test_another_address_of_the_same_network_doesn_t_help() -> None:
    for number in range(20):
        attempt(f"guess{number}", address=f"2001:db8:1:2::{number}")

    assert attempt("bob", "right", "2001:db8:1:2:ffff::1").status_code == 429
    assert attempt("bob", "right", "2001:db8:1:3::1").status_code == 302


def test_lifting_the_chat_s_limits_leaves_this_one(settings: Any) -> None:
    settings.SECRET_ENVIRONMENT = {**settings.SECRET_ENVIRONMENT, "CHATBOT_RATE_LIMITS": "off"}
    guess(10)

    assert attempt(password="right").status_code == 429


def test_a_script_is_told_by_the_status_too() -> None:
    guess(10)
    response = attempt(**{"x-requested-with": "XMLHttpRequest"})

    assert response.status_code == 429
    assert "Access-Control-Allow-Origin" not in response


@pytest.mark.django_db(transaction=True)
async def test_the_same_over_the_asynchronous_way() -> None:
    client = AsyncClient(headers={"x-forwarded-for": "198.51.100.1"})
    for _ in range(10):
        response = await client.post(LOGIN, {"username": "ada", "password": "wrong"})

    assert response.status_code == 429
    assert "Try again in 15 minutes." in response.content.decode()


def test_a_name_longer_than_any_account_s_is_refused_in_words() -> None:
    response = attempt("n" * 5000)

    assert response.status_code == 200
    assert "Please enter the correct" in response.content.decode()
    attempts = apps.get_model("axes", "AccessAttempt").objects
    assert len(attempts.get().username) == 255  # the width of the column, which PostgreSQL enforces


def test_the_log_of_attempts_is_no_page_of_the_admin() -> None:
    client = Client()
    client.force_login(User.objects.get(username="ada"))

    assert "axes" not in client.get("/admin/").content.decode().lower()


def test_neither_names_nor_passwords_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    guess(11, name="ada", password="s3cret")

    assert "ada" not in caplog.text
    assert "s3cret" not in caplog.text


def test_the_models_have_their_migrations_and_the_checks_are_silent() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
    call_command("check", "--fail-level", "WARNING")


def test_an_unknown_address_is_none(rf: Any) -> None:
    request = rf.get("/", REMOTE_ADDR="")

    assert client_address.of_request(request) is None
