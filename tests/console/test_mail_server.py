"""``WARDKEY_EMAIL_URL`` names a mail server, or is refused without being repeated."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.mail import Mail, configuration

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("", Mail()),
        ("smtp://mail.example.com", Mail(SMTP, "mail.example.com", 587, starttls=True)),
        ("smtps://mail.example.com", Mail(SMTP, "mail.example.com", 465, tls=True)),
        ("smtp://127.0.0.1:25", Mail(SMTP, "127.0.0.1", 25)),
        ("smtp://localhost/", Mail(SMTP, "localhost", 587)),
        (
            "smtp://ada%40example.com:p%3A%2Fw@mail.example.com:2525",
            Mail(SMTP, "mail.example.com", 2525, "ada@example.com", "p:/w", starttls=True),
        ),
    ],
)
def test_an_address_says_where_mail_goes(url: str, read: Mail) -> None:
    assert configuration(url) == read


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com",
        "http://u:pass-word@mail.example.com",
        "smtp://u:pass-word@",
        "smtp://u:pass-word@host:port",
        "smtp://u:pass-word@host/path",
        "smtp://u:pass-word@host?tls=no",
        "smtp://u:pass-word@[host",
    ],
)
def test_what_is_no_address_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="WARDKEY_EMAIL_URL") as refused:
        configuration(url)
    assert "pass-word" not in str(refused.value)


def test_the_password_is_not_told_by_the_settings_repr() -> None:
    assert "p:/w" not in repr(configuration("smtp://u:p%3A%2Fw@mail.example.com"))
