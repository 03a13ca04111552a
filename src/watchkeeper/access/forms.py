"""The forms people sign in with and make access keys with."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm

from watchkeeper.access import keys, throttle
from watchkeeper.access.models import Person
from watchkeeper.access.roles import MAY, Role
from watchkeeper.ledger.installation import installation


class SignInForm(AuthenticationForm):
    """Name and password; refuses without looking at the password after too many tries."""

    error_messages = {  # noqa: RUF012 - Django's own way
        "invalid_login": "This name and password do not belong together.",
        "inactive": "This account is switched off. Ask an admin.",
        "throttled": "Too many tries. Wait fifteen minutes and try again.",
    }

    def clean(self) -> dict[str, Any]:
        """The signed-in person in `get_user()`, or one error that does not say what was wrong."""
        name = self.cleaned_data.get("username")
        password = self.cleaned_data.get("password")
        if not name or not password:
            return self.cleaned_data
        address = self.request.META.get("REMOTE_ADDR") or None if self.request else None
        if not throttle.attempt(name, address, installation().clock.now()):
            raise forms.ValidationError(self.error_messages["throttled"], code="throttled")
        self.user_cache = authenticate(self.request, username=name, password=password)
        if self.user_cache is None:
            raise self.get_invalid_login_error()
        self.confirm_login_allowed(self.user_cache)
        throttle.succeeded(name, address)
        return self.cleaned_data


class KeyForm(forms.Form):
    """An access key to be made: what it is for, what it may do, how long it is good."""

    name = forms.CharField(
        label="What is it for?",
        max_length=100,
        help_text="Names the program in the audit trail: ticketing, dashboard.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label="Role", help_text="Give it no more than it needs.")
    days = forms.TypedChoiceField(
        label="Good for",
        coerce=int,
        choices=[(days, f"{days} days") for days in (7, 30, keys.DAYS, 180, keys.LONGEST_DAYS)],
        initial=keys.DAYS,
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        """`person`: whose key it will be; it can do no more than they."""
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [  # type: ignore[attr-defined]
            (role.value, f"{role.value.capitalize()}: {_may(role)}")
            for role in keys.offered(person)
        ]


def _may(role: Role) -> str:
    return ", ".join(sorted(action.value for action in MAY[role]))
